#pragma once
#include_next <errno.h>

#ifdef __cplusplus
extern "C" {
#endif
int* __errno(void) __attribute__((__const__));
#ifdef __cplusplus
}
#endif
#undef errno
#define errno (*__errno())
