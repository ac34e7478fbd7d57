#include_next <sys/stat.h>
#undef S_ISBLK /* of POSIX, MinGW's */
#undef S_ISCHR
#undef S_ISDIR
#undef S_ISFIFO
#undef S_ISREG
