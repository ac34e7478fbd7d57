#pragma once
#include_next <fcntl.h>
#include <sys/cdefs.h>

#ifndef __LP64__
// Offsets of 64 bits.
__BEGIN_DECLS
int posix_fadvise(int file, off_t offset, off_t size, int advice) __asm__("posix_fadvise64");
int posix_fallocate(int file, off_t offset, off_t size) __asm__("posix_fallocate64");
int fallocate(int file, int mode, off_t offset, off_t size) __asm__("fallocate64");
__END_DECLS
#endif
