// What every shared library has: a handle of its own, and a destructor that runs what was registered by it. Else the
// end of the process would call code that dlclose has taken away.
#include "own_functions.h"

__attribute__((visibility("hidden"))) void* __dso_handle = &__dso_handle;

void __cxa_finalize(void*);
__attribute__((destructor)) static void Finish(void) { __cxa_finalize(&__dso_handle); }
