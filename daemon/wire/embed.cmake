# Writes the text of FILE to OUTPUT as the C string SYMBOL (declared in wire/interfaces.h).
file(READ "${FILE}" text)
string(REPLACE "\\" "\\\\" text "${text}")
string(REPLACE "\"" "\\\"" text "${text}")
string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
get_filename_component(name "${FILE}" NAME)
file(WRITE "${OUTPUT}"
"/* Made from ${name} by wire/embed.cmake. */
#include \"wire/interfaces.h\"

const char ${SYMBOL}[] =
    \"${text}\";
")
