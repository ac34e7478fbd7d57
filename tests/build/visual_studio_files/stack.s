# Touches each page of the rax bytes that a function is about to take from the stack.
.globl __chkstk
__chkstk:
  push %rcx
  push %rax
  lea 24(%rsp), %rcx
1: cmp $0x1000, %rax
  jb 2f
  sub $0x1000, %rcx
  test %rcx, (%rcx)
  sub $0x1000, %rax
  jmp 1b
2: sub %rax, %rcx
  test %rcx, (%rcx)
  pop %rax
  pop %rcx
  ret
