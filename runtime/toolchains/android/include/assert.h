// May be included again, with another NDEBUG.
#include <features.h>

#ifdef __cplusplus
extern "C" {
#endif
void __assert2(const char* file, int line, const char* function, const char* message) __attribute__((__noreturn__));
#ifdef __cplusplus
}
#endif

#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) ((condition) ? (void)0 : __assert2(__FILE__, __LINE__, __func__, #condition))
#endif
#if !defined(__cplusplus) && !defined(static_assert)
#define static_assert _Static_assert
#endif
