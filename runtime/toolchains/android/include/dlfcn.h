// Of 32 bits, flags and special handles have other numbers.
#pragma once
#include_next <dlfcn.h>

#ifndef __LP64__
#undef RTLD_NOW
#undef RTLD_GLOBAL
#undef RTLD_DEFAULT
#undef RTLD_NEXT
#define RTLD_NOW 0
#define RTLD_GLOBAL 2
#define RTLD_DEFAULT ((void*)0xffffffff)
#define RTLD_NEXT ((void*)0xfffffffe)
#endif
