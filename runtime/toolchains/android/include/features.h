// Marks the C library as Android's for what asks by macros, libc++ among it.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#define __BIONIC__ 1
#include <android/api-level.h>
#include_next <features.h>
