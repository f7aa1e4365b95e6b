/* entropy.c - random bytes for mbedTLS from the kernel, with no file to open */
#include <sys/random.h>

#include <mbedtls/entropy.h>

/* Declared in a header that mbedTLS keeps to itself. */
int mbedtls_hardware_poll(void *unused, unsigned char *data, size_t size,
                          size_t *got);

int mbedtls_hardware_poll(void *unused, unsigned char *data, size_t size,
                          size_t *got)
{
    ssize_t taken = getrandom(data, size, 0);
    (void)unused;
    *got = taken > 0 ? (size_t)taken : 0;
    return taken > 0 ? 0 : MBEDTLS_ERR_ENTROPY_SOURCE_FAILED;
}
