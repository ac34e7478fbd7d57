#pragma once
#include_next <stdio.h>
#include <sys/cdefs.h>

#undef L_tmpnam
#undef FOPEN_MAX
#define L_tmpnam 4096
#define FOPEN_MAX 20

#ifndef __LP64__
// Offsets of 64 bits.
__BEGIN_DECLS
FILE* fopen(const char* path, const char* mode) __asm__("fopen64");
FILE* freopen(const char* path, const char* mode, FILE* file) __asm__("freopen64");
FILE* tmpfile(void) __asm__("tmpfile64");
int fseeko(FILE* file, off_t offset, int from) __asm__("fseeko64");
off_t ftello(FILE* file) __asm__("ftello64");
int fgetpos(FILE* file, fpos_t* position) __asm__("fgetpos64");
int fsetpos(FILE* file, const fpos_t* position) __asm__("fsetpos64");
__END_DECLS
#endif
