/* As clang's intrin.h declares it, which MinGW's is at odds with. */
typedef long long jmp_buf[32];
#ifdef __cplusplus
extern "C"
#endif
int __cdecl _setjmp(jmp_buf);
