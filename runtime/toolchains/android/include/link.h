#pragma once
#include_next <link.h>

#ifdef __arm__
// Where the tables of the unwinder are.
#include <sys/cdefs.h>
__BEGIN_DECLS
typedef unsigned long* _Unwind_Ptr;
_Unwind_Ptr dl_unwind_find_exidx(_Unwind_Ptr at, int* count);
__END_DECLS
#endif
