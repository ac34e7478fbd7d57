#ifdef __LP64__
#include_next <bits/stat.h>
#else
// The kernel's stat64.
struct stat {
  unsigned long long st_dev;
  unsigned char __padding[4];
  unsigned long __st_ino;
  unsigned st_mode, st_nlink;
  uid_t st_uid;
  gid_t st_gid;
  unsigned long long st_rdev;
  unsigned char __more_padding[4];
  long long st_size;
  unsigned long st_blksize;
  unsigned long long st_blocks;
  struct timespec st_atim, st_mtim, st_ctim;
  unsigned long long st_ino;
};
#endif
