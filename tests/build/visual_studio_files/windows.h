#include_next <windows.h>
#include <intrin.h> /* Microsoft's declares some of them itself */
