#pragma once
#include <sys/cdefs.h>
#include_next <sys/mman.h>

#ifndef __LP64__
// Offsets of 64 bits.
__BEGIN_DECLS
void* mmap(void* at, size_t size, int protection, int flags, int file, off_t offset) __asm__("mmap64");
__END_DECLS
#endif
