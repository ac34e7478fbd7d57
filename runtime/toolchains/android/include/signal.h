// The members of struct sigaction stand in another order, of 64 bits and of 32.
#pragma once
#define sigaction __other_sigaction
#include_next <signal.h>
#undef sigaction
#undef sa_handler
#undef sa_sigaction

struct sigaction {
#ifdef __LP64__
  int sa_flags;
#endif
  union {
    void (*sa_handler)(int);
    void (*sa_sigaction)(int, siginfo_t*, void*);
  };
  sigset_t sa_mask;
#ifndef __LP64__
  int sa_flags;
#endif
  void (*sa_restorer)(void);
};

#ifdef __cplusplus
extern "C" {
#endif
int sigaction(int signal, const struct sigaction* action, struct sigaction* old);
#ifdef __cplusplus
}
#endif
