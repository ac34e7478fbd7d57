#pragma once
#include <sys/cdefs.h>
#include_next <sys/uio.h>

#ifndef __LP64__
// Their types were not compared with those of 32 bits: using one is an error of the linker.
__BEGIN_DECLS
ssize_t preadv(int file, const struct iovec* parts, int count, off_t offset) __asm__("preadv_was_not_compared");
ssize_t pwritev(int file, const struct iovec* parts, int count, off_t offset) __asm__("pwritev_was_not_compared");
__END_DECLS
#endif
