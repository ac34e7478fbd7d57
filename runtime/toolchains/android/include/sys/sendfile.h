#pragma once
#include <sys/cdefs.h>
#include_next <sys/sendfile.h>

#ifndef __LP64__
// Their types were not compared with those of 32 bits: using one is an error of the linker.
__BEGIN_DECLS
ssize_t sendfile(int to, int from, off_t* offset, size_t size) __asm__("sendfile_was_not_compared");
__END_DECLS
#endif
