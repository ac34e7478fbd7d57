#pragma once

#if defined(__aarch64__) || defined(__arm__)
#define FE_INVALID 1
#define FE_DIVBYZERO 2
#define FE_OVERFLOW 4
#define FE_UNDERFLOW 8
#define FE_INEXACT 16
#ifdef __aarch64__
#define FE_DENORMAL 128
#define FE_ALL_EXCEPT 0x9f
#else
#define FE_ALL_EXCEPT 0x1f
#endif
#define FE_TONEAREST 0
#define FE_UPWARD 1
#define FE_DOWNWARD 2
#define FE_TOWARDZERO 3

typedef unsigned fexcept_t;
#ifdef __aarch64__
typedef struct {
  unsigned __control, __status;
} fenv_t;
#else
typedef unsigned fenv_t;
#endif

#define FE_DFL_ENV (&__fe_dfl_env)
#ifdef __cplusplus
extern "C" {
#endif
extern const fenv_t __fe_dfl_env;
#ifdef __cplusplus
}
#endif
#else
#define fexcept_t __other_fexcept_t
#include_next <bits/fenv.h>
#undef fexcept_t
typedef unsigned fexcept_t;
#endif
