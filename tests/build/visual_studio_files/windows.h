#include_next <windows.h>
#include <intrin.h> /* Microsoft's declares some of them itself */
#if !defined(NOMINMAX) && !defined(max) /* MinGW's has these in C alone */
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
