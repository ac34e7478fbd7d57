// How a program begins: the C library is told where main is, and sets everything else up. The dynamic linker has run
// the constructors; what is to be done at the end is registered here.
#include "own_functions.h"

typedef void (*Function)(void);
typedef struct {
  Function *preinit, *init, *fini;
} Structors;

__attribute__((noreturn)) void __libc_init(void* stack, Function at_exit, int (*run)(int, char**, char**),
                                           const Structors* structors);
int main(int, char**, char**);

extern Function __fini_array_start[] __attribute__((visibility("hidden"), weak));
extern Function __fini_array_end[] __attribute__((visibility("hidden"), weak));

__attribute__((visibility("hidden"))) void* __dso_handle = 0;

static void Finish(void) {
  for (Function* next = __fini_array_end; next != __fini_array_start;) (*--next)();
}

static int Run(int argc, char** argv, char** environment) {
  atexit(Finish);
  return main(argc, argv, environment);
}

__attribute__((visibility("hidden"), noreturn, used)) void MtcStart(void* stack) {
  static const Structors kNone = {0, 0, 0};
  __libc_init(stack, 0, Run, &kNone);
}

#if defined(__aarch64__)
__asm__(
    ".text\n.globl _start\n.type _start,%function\n_start:\n  mov x29, #0\n  mov x30, #0\n  mov x0, sp\n  b "
    "MtcStart\n");
#elif defined(__arm__)
__asm__(
    ".text\n.arm\n.globl _start\n.type _start,%function\n_start:\n  mov fp, #0\n  mov lr, #0\n  mov r0, sp\n  b "
    "MtcStart\n");
#elif defined(__x86_64__)
__asm__(
    ".text\n.globl _start\n.type _start,%function\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n"
    "  and $-16, %rsp\n  call MtcStart\n");
#endif
