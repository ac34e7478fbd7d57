// The members of struct sigaction stand in another order.
#pragma once
#define sigaction __other_sigaction
#include_next <signal.h>
#undef sigaction
#undef sa_handler
#undef sa_sigaction

struct sigaction {
  int sa_flags;
  union {
    void (*sa_handler)(int);
    void (*sa_sigaction)(int, siginfo_t*, void*);
  };
  sigset_t sa_mask;
  void (*sa_restorer)(void);
};

#ifdef __cplusplus
extern "C" {
#endif
int sigaction(int signal, const struct sigaction* action, struct sigaction* old);
#ifdef __cplusplus
}
#endif
