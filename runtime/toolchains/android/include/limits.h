#pragma once
#include_next <limits.h>

#undef PTHREAD_STACK_MIN
#undef SEM_VALUE_MAX
#define PTHREAD_STACK_MIN 16384
#define SEM_VALUE_MAX 0x3fffffff
