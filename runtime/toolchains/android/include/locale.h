#pragma once
#include_next <locale.h>

#undef LC_ALL_MASK
#define LC_ALL_MASK 0x1fbf
