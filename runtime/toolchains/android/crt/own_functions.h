// Functions that the C library has each file define for itself, because they need to know whose they are.

extern void* __dso_handle;
int __cxa_atexit(void (*)(void*), void*, void*);
int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void*);

__attribute__((visibility("hidden"))) int atexit(void (*function)(void)) {
  return __cxa_atexit((void (*)(void*))function, 0, &__dso_handle);
}

__attribute__((visibility("hidden"))) int pthread_atfork(void (*prepare)(void), void (*parent)(void),
                                                         void (*child)(void)) {
  return __register_atfork(prepare, parent, child, &__dso_handle);
}

// Says which level of the system's interface the file is for.
__asm__(
    ".section .note.android.ident,\"a\",%note\n.balign 4\n.long 8\n.long 4\n.long 1\n.asciz \"Android\"\n"
    ".long 24\n.previous\n");
