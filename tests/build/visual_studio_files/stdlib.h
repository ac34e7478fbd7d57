#include_next <stdlib.h>
#ifdef __cplusplus
extern "C" void* aligned_alloc(size_t, size_t); /* libc++ wants a name */
#define _strtold_l(text, end, locale) _strtod_l(text, end, locale) /* long double is double here */
#endif
