#pragma once
#include <sys/cdefs.h>
#include_next <sys/resource.h>

#ifndef __LP64__
// Limits of 64 bits.
__BEGIN_DECLS
int getrlimit(int resource, struct rlimit* limit) __asm__("getrlimit64");
int setrlimit(int resource, const struct rlimit* limit) __asm__("setrlimit64");
int prlimit(pid_t process, int resource, const struct rlimit* limit, struct rlimit* old) __asm__("prlimit64");
__END_DECLS
#endif
