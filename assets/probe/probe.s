# The guest that tells whether an accelerator executes what a 64-bit operating system needs. Bothy runs it as the only
# firmware of a virtual machine: 64 KiB at the top of the address space, and the same again below 1 MiB, where the code
# from protected mode on runs. It needs no RAM but the first 8 MiB and never returns.
#
# After each step it writes a letter to port 0xe9 (isa-debugcon); the next step is what comes after the last letter:
#   A  real mode runs                 E  SSE2 computes
#   B  protected mode runs            F  an exception is handled and returned from
#   C  long mode runs                 G  changed page tables take effect
#   D  the FPU computes               H  a long computation gives the right result
# It ends with a byte to port 0xf4 (isa-debug-exit), which makes QEMU exit with (byte << 1) | 1:
#   0x2a -> 85  everything is right   0x01 -> 3  a result was wrong
#
# scripts/build-probe.mjs builds it; core/host/probe-image.ts holds the result.

        .set    debug_port,     0xe9
        .set    exit_port,      0xf4
        .set    exit_right,     0x2a
        .set    exit_wrong,     0x01

        .set    page_map,       0x1000          # PML4
        .set    page_pointers,  0x2000          # PDPT
        .set    page_directory, 0x3000          # PD of 2 MiB pages
        .set    interrupts,     0x4000          # IDT
        .set    scratch,        0x5000
        .set    stack_top,      0x8000
        .set    first_page,     0x400000        # two physical pages that one virtual page shows in turn
        .set    second_page,    0x600000
        .set    window,         0x800000
        .set    window_entry,   page_directory + (window >> 21) * 8
        .set    present,        0x03            # present, writable
        .set    present_large,  0x83            # the same, 2 MiB

        .set    loop_count,     20000000
        .set    loop_seed,      0x2545f491
        .set    loop_result,    0x1cb45abc      # test/unit/host/probe-image.test.ts computes it anew

        .macro  stage letter
        mov     $\letter, %al
        out     %al, $debug_port
        .endm

        .text
        .globl  _start

        .code16
_start: cli
        stage   'A'
        lgdtl   %cs:(descriptor_table - _start)
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        ljmpl   $8, $protected

        .code32
protected:
        mov     $16, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $stack_top, %esp
        stage   'B'

        # Identity map of the first 8 MiB; the window after it comes later.
        cld
        xor     %eax, %eax
        mov     $page_map, %edi
        mov     $(0x4000 / 4), %ecx             # the three tables and the IDT
        rep stosl
        movl    $(page_pointers + present), page_map
        movl    $(page_directory + present), page_pointers
        movl    $(0x000000 + present_large), page_directory
        movl    $(0x200000 + present_large), page_directory + 8
        movl    $(first_page + present_large), page_directory + 16
        movl    $(second_page + present_large), page_directory + 24

        mov     %cr4, %eax
        or      $0x620, %eax                    # PAE, OSFXSR, OSXMMEXCPT
        mov     %eax, %cr4
        mov     $page_map, %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx               # EFER
        rdmsr
        or      $0x100, %eax                    # LME
        wrmsr
        mov     %cr0, %eax
        and     $~0x0c, %eax                    # no EM, no TS: floating point without traps
        or      $0x80000022, %eax               # PG, NE, MP
        mov     %eax, %cr0
        ljmpl   $24, $long

        .code64
long:   stage   'C'

        # 1 + 1
        fninit
        fld1
        fld1
        faddp
        fwait
        fistpl  scratch
        cmpl    $2, scratch
        jne     wrong
        stage   'D'

        # 7 * 7, and 16 bytes copied unaligned
        mov     $7, %ecx
        cvtsi2sd %ecx, %xmm0
        mulsd   %xmm0, %xmm0
        cvttsd2si %xmm0, %ecx
        cmp     $49, %ecx
        jne     wrong
        movdqu  descriptors + 1, %xmm1
        movdqu  %xmm1, scratch + 1
        mov     descriptors + 9, %rcx
        cmp     scratch + 9, %rcx
        jne     wrong
        stage   'E'

        # An invalid opcode; its handler steps over it.
        mov     $invalid_opcode, %ecx
        mov     %cx, interrupts + 6 * 16        # an interrupt gate: offset, selector, type, offset
        movw    $24, interrupts + 6 * 16 + 2
        movw    $0x8e00, interrupts + 6 * 16 + 4
        shr     $16, %ecx
        mov     %cx, interrupts + 6 * 16 + 6
        lidt    interrupt_table
        xor     %ebx, %ebx
        ud2
        cmp     $1, %ebx
        jne     wrong
        stage   'F'

        # The window shows the first page, the second after a reload of CR3, the first again after invlpg.
        movl    $0x11111111, first_page
        movl    $0x22222222, second_page
        movq    $(first_page + present_large), window_entry
        cmpl    $0x11111111, window
        jne     wrong
        movq    $(second_page + present_large), window_entry
        mov     %cr3, %rcx
        mov     %rcx, %cr3
        cmpl    $0x22222222, window
        jne     wrong
        movq    $(first_page + present_large), window_entry
        invlpg  window
        cmpl    $0x11111111, window
        jne     wrong
        stage   'G'

        # Milliseconds on a CPU, many seconds where every instruction is emulated one by one.
        mov     $loop_count, %ecx
        mov     $loop_seed, %edx
again:  rol     $5, %edx
        add     %ecx, %edx
        dec     %ecx
        jnz     again
        cmp     $loop_result, %edx
        jne     wrong
        stage   'H'
        mov     $exit_right, %al
        jmp     leave

wrong:  mov     $exit_wrong, %al
leave:  out     %al, $exit_port
stop:   hlt
        jmp     stop

invalid_opcode:
        inc     %ebx
        addq    $2, (%rsp)                      # ud2 has two bytes
        iretq

        .balign 8
descriptors:
        .quad   0
        .quad   0x00cf9b000000ffff              #  8: 32-bit code
        .quad   0x00cf93000000ffff              # 16: data
        .quad   0x00af9b000000ffff              # 24: 64-bit code
descriptor_table:
        .word   . - descriptors - 1
        .long   descriptors
interrupt_table:
        .word   7 * 16 - 1
        .quad   interrupts
