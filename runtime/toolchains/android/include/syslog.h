// Of the C library's own log, what libc++abi calls when it ends a process.
#pragma once

#include <stdarg.h>

#define LOG_CRIT 2
#define LOG_USER (1 << 3)

#ifdef __cplusplus
extern "C" {
#endif
void closelog(void);
void openlog(const char* name, int options, int facility);
void syslog(int priority, const char* format, ...);
void vsyslog(int priority, const char* format, va_list arguments);
#ifdef __cplusplus
}
#endif
