#pragma once
#include <sys/cdefs.h>
#include_next <sys/statfs.h>

#ifndef __LP64__
// Their types were not compared with those of 32 bits: using one is an error of the linker.
__BEGIN_DECLS
int statfs(const char* path, struct statfs* found) __asm__("statfs_was_not_compared");
int fstatfs(int file, struct statfs* found) __asm__("fstatfs_was_not_compared");
__END_DECLS
#endif
