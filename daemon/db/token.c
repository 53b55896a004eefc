/* Tokens that mails carry; see token.h. */
#include "db/token.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#define TOKEN_BYTES 20 /* five bits a character, none left over */

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567"; /* base32, RFC 4648 */

void token_new(char ret_text[TOKEN_TEXT_SIZE])
{
    unsigned char random[TOKEN_BYTES];
    unsigned bits = 0, n_bits = 0;
    size_t len = 0;

    randombytes_buf(random, sizeof(random));
    for (size_t i = 0; i < sizeof(random); i++) {
        bits = bits << 8 | random[i];
        for (n_bits += 8; n_bits >= 5; n_bits -= 5)
            ret_text[len++] = alphabet[bits >> (n_bits - 5) & 31];
    }
    ret_text[len] = '\0';
}

int token_digest(const char *text, char ret_hex[2 * HASH_SIZE + 1])
{
    char token[TOKEN_TEXT_SIZE];
    unsigned char digest[HASH_SIZE];

    if (strlen(text) != sizeof(token) - 1)
        return -EINVAL;
    for (size_t i = 0; i < sizeof(token); i++)
        token[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
    if (strspn(token, alphabet) != sizeof(token) - 1)
        return -EINVAL;
    if (digest_text(token, sizeof(token) - 1, digest) < 0)
        return -EIO;
    hash_to_hex(digest, ret_hex);
    return 0;
}
