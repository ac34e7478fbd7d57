#pragma once
#include_next <math.h>

#undef FP_NAN
#undef FP_INFINITE
#undef FP_ZERO
#undef FP_SUBNORMAL
#undef FP_NORMAL
#undef FP_ILOGB0
#undef FP_ILOGBNAN
#define FP_INFINITE 1
#define FP_NAN 2
#define FP_NORMAL 4
#define FP_SUBNORMAL 8
#define FP_ZERO 16
#define FP_ILOGB0 (-2147483647)
#define FP_ILOGBNAN 2147483647
