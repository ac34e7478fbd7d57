#pragma once
#include_next <stdio.h>

#undef L_tmpnam
#undef FOPEN_MAX
#define L_tmpnam 4096
#define FOPEN_MAX 20
