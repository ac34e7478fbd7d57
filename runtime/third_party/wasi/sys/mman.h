// Declares what XNNPACK's memory.c calls for code and weights that it would map by itself, which our kernels never
// reach. There is nothing to map here.
#pragma once

#include <stddef.h>

#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_PRIVATE 2
#define MAP_ANONYMOUS 32
#define MAP_FAILED ((void*)-1)
#define MREMAP_MAYMOVE 1

void* mmap(void*, size_t, int, int, int, long long);
int munmap(void*, size_t);
int mprotect(void*, size_t, int);
void* mremap(void*, size_t, size_t, int, ...);
