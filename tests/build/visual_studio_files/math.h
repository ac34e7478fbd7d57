/* What Microsoft's has as numbers and as functions, and MinGW's as objects and macros. */
#include_next <math.h>
#undef INFINITY
#undef NAN
#undef HUGE_VAL
#undef HUGE_VALF
#define INFINITY __builtin_inff()
#define NAN __builtin_nanf("")
#define HUGE_VAL __builtin_inf()
#define HUGE_VALF __builtin_inff()
#ifdef __cplusplus
#undef isfinite
#undef isinf
#undef isnan
#undef isnormal
#undef signbit
#undef fpclassify
#undef isgreater
#undef isgreaterequal
#undef isless
#undef islessequal
#undef islessgreater
#undef isunordered
extern "C++" {
template <class T> inline bool isfinite(T x) { return __builtin_isfinite(x); }
template <class T> inline bool isinf(T x) { return __builtin_isinf(x); }
template <class T> inline bool isnan(T x) { return __builtin_isnan(x); }
template <class T> inline bool isnormal(T x) { return __builtin_isnormal(x); }
template <class T> inline bool signbit(T x) { return __builtin_signbit(x); }
template <class T> inline int fpclassify(T x) {
  return __builtin_fpclassify(FP_NAN, FP_INFINITE, FP_NORMAL, FP_SUBNORMAL, FP_ZERO, x);
}
template <class T> inline bool isgreater(T x, T y) { return __builtin_isgreater(x, y); }
template <class T> inline bool isgreaterequal(T x, T y) { return __builtin_isgreaterequal(x, y); }
template <class T> inline bool isless(T x, T y) { return __builtin_isless(x, y); }
template <class T> inline bool islessequal(T x, T y) { return __builtin_islessequal(x, y); }
template <class T> inline bool islessgreater(T x, T y) { return __builtin_islessgreater(x, y); }
template <class T> inline bool isunordered(T x, T y) { return __builtin_isunordered(x, y); }
}
#endif
