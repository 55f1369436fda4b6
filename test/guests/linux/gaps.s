# Prints, at most once a millisecond, a line `NOW GAP`: the guest's monotonic clock, and the largest step that clock took between
# two rounds of a tight loop since the line before; nanoseconds, 16 hexadecimal digits each. Ends when it cannot write.
.globl _start
_start:
    call now
    movq %rax, %r12
    movq %rax, %r13
    xorl %r14d, %r14d
again:
    call now
    movq %rax, %rbx
    subq %r12, %rbx
    movq %rax, %r12
    cmpq %r14, %rbx
    cmovaq %rbx, %r14
    subq %r13, %rax
    cmpq $1000000, %rax
    jb again
    movq %r12, %r13
    movq %r12, %rax
    leaq line(%rip), %rdi
    call print
    incq %rdi
    movq %r14, %rax
    call print
    xorl %r14d, %r14d
    movl $1, %eax
    movl $1, %edi
    leaq line(%rip), %rsi
    movl $34, %edx
    syscall
    testq %rax, %rax
    jg again
    movl $60, %eax
    movl $1, %edi
    syscall

# CLOCK_MONOTONIC in nanoseconds.
now:
    movl $228, %eax
    movl $1, %edi
    leaq time(%rip), %rsi
    syscall
    imulq $1000000000, time(%rip), %rax
    addq time+8(%rip), %rax
    ret

# 16 digits of RAX to where RDI points, which is moved on.
print:
    movl $16, %ecx
digit:
    rolq $4, %rax
    movl %eax, %edx
    andl $15, %edx
    movb digits(%rdx), %dl
    movb %dl, (%rdi)
    incq %rdi
    decl %ecx
    jnz digit
    ret

.data
digits:
    .ascii "0123456789abcdef"
line:
    .ascii "0000000000000000 0000000000000000\n"
time:
    .quad 0, 0
