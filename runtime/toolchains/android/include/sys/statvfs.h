#pragma once
#include <sys/cdefs.h>
#include_next <sys/statvfs.h>

#ifndef __LP64__
// Their types were not compared with those of 32 bits: using one is an error of the linker.
__BEGIN_DECLS
int statvfs(const char* path, struct statvfs* found) __asm__("statvfs_was_not_compared");
int fstatvfs(int file, struct statvfs* found) __asm__("fstatvfs_was_not_compared");
__END_DECLS
#endif
