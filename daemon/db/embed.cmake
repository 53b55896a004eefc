# Writes the migrations of SQL_DIR (NNNN_name.sql, in order) to OUTPUT as `migrations[]` of
# db/migrate.h. As arrays of bytes, for a string literal may be too long or hold a quote.
#   cmake -D SQL_DIR=sql -D OUTPUT=migrations.c -P daemon/db/embed.cmake
file(GLOB files "${SQL_DIR}/*.sql")
list(SORT files)
set(texts "")
set(rows "")
foreach(file IN LISTS files)
    get_filename_component(name "${file}" NAME_WLE)
    if(NOT name MATCHES "^0*([1-9][0-9]*)_[a-z0-9_]+$")
        message(FATAL_ERROR "${file}: not named NNNN_name.sql")
    endif()
    set(number ${CMAKE_MATCH_1})
    file(READ "${file}" bytes HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    if(bytes MATCHES "0x00,")
        message(FATAL_ERROR "${file}: holds a NUL byte")
    endif()
    string(APPEND texts "static const unsigned char sql_${number}[] = {\n${bytes}0x00};\n\n")
    string(APPEND rows "    {${number}, \"${name}\", (const char *)sql_${number}},\n")
endforeach()
file(WRITE "${OUTPUT}"
"/* Made from sql/ by db/embed.cmake. */
#include \"db/migrate.h\"

${texts}const struct migration migrations[] = {
${rows}    {0, NULL, NULL},
};
")
