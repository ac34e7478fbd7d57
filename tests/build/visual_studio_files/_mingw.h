/* MinGW's, which takes a compiler without __GNUC__ for one without attributes. */
#include_next <_mingw.h>
#undef __attribute__
#undef __extension__
#undef __MINGW_ATTRIB_DEPRECATED
#define __MINGW_ATTRIB_DEPRECATED
#undef __MINGW_ATTRIB_MALLOC
#define __MINGW_ATTRIB_MALLOC
#undef __MINGW_ATTRIB_NORETURN
#define __MINGW_ATTRIB_NORETURN __attribute__((noreturn))
#undef __MINGW_NOTHROW
#define __MINGW_NOTHROW
