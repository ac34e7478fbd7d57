// The types whose size or alignment is another one; the macros keep the header behind this one from defining them.
// No guard: each standard header includes it with other macros.

#undef __LP64_OR
#ifdef __LP64__
#define __LP64_OR(a, b) a
#else
#define __LP64_OR(a, b) b
#endif

#if defined(__NEED_pthread_t) && !defined(__DEFINED_pthread_t)
typedef long pthread_t;
#define __DEFINED_pthread_t
#endif
#if defined(__NEED_pthread_key_t) && !defined(__DEFINED_pthread_key_t)
typedef int pthread_key_t;
#define __DEFINED_pthread_key_t
#endif
#if defined(__NEED_pthread_spinlock_t) && !defined(__DEFINED_pthread_spinlock_t)
typedef struct {
  long __bionic[8 / sizeof(long)];
} pthread_spinlock_t;
#define __DEFINED_pthread_spinlock_t
#endif
#if defined(__NEED_pthread_mutexattr_t) && !defined(__DEFINED_pthread_mutexattr_t)
typedef long pthread_mutexattr_t;
#define __DEFINED_pthread_mutexattr_t
#endif
#if defined(__NEED_pthread_condattr_t) && !defined(__DEFINED_pthread_condattr_t)
typedef long pthread_condattr_t;
#define __DEFINED_pthread_condattr_t
#endif
#if defined(__NEED_pthread_rwlockattr_t) && !defined(__DEFINED_pthread_rwlockattr_t)
typedef long pthread_rwlockattr_t;
#define __DEFINED_pthread_rwlockattr_t
#endif
#if defined(__NEED_pthread_mutex_t) && !defined(__DEFINED_pthread_mutex_t)
typedef struct {
  int __bionic[__LP64_OR(10, 1)];
} pthread_mutex_t;
#define __DEFINED_pthread_mutex_t
#endif
#if defined(__NEED_pthread_cond_t) && !defined(__DEFINED_pthread_cond_t)
typedef struct {
  int __bionic[__LP64_OR(12, 1)];
} pthread_cond_t;
#define __DEFINED_pthread_cond_t
#endif
#if defined(__NEED_pthread_rwlock_t) && !defined(__DEFINED_pthread_rwlock_t)
typedef struct {
  int __bionic[__LP64_OR(14, 10)];
} pthread_rwlock_t;
#define __DEFINED_pthread_rwlock_t
#endif
#if defined(__NEED_sigset_t) && !defined(__DEFINED_sigset_t)
typedef unsigned long sigset_t;
#define __DEFINED_sigset_t
#endif
#if defined(__NEED_mbstate_t) && !defined(__DEFINED_mbstate_t)
typedef struct {
  unsigned char __sequence[__LP64_OR(8, 4)];
} mbstate_t;
#define __DEFINED_mbstate_t
#endif
#if defined(__NEED_blksize_t) && !defined(__DEFINED_blksize_t)
typedef long blksize_t;
#define __DEFINED_blksize_t
#endif
#if defined(__x86_64__) && defined(__NEED_nlink_t) && !defined(__DEFINED_nlink_t)
typedef unsigned nlink_t;
#define __DEFINED_nlink_t
#endif
#ifndef __LP64__
// Of 32 bits, time has them too. Offsets in files have 64, and functions on them are those named so: see the headers
// that declare them.
#if defined(__NEED_time_t) && !defined(__DEFINED_time_t)
typedef long time_t;
#define __DEFINED_time_t
#endif
#if defined(__NEED_suseconds_t) && !defined(__DEFINED_suseconds_t)
typedef long suseconds_t;
#define __DEFINED_suseconds_t
#endif
#if defined(__NEED_pthread_barrier_t) && !defined(__DEFINED_pthread_barrier_t)
typedef struct {
  int __bionic[8];
} pthread_barrier_t;
#define __DEFINED_pthread_barrier_t
#endif
#if defined(__NEED_pthread_attr_t) && !defined(__DEFINED_pthread_attr_t)
typedef struct {
  int __bionic[6];
} pthread_attr_t;
#define __DEFINED_pthread_attr_t
#endif
#if defined(__NEED_dev_t) && !defined(__DEFINED_dev_t)
typedef unsigned dev_t;
#define __DEFINED_dev_t
#endif
#endif
#include_next <bits/alltypes.h>
#undef _REDIR_TIME64  // the names of another C library
#undef __USE_TIME_BITS64
