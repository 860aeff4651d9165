; 32-bit protected mode: every kind of descriptor loaded in every way at levels 0 and 3, every kind of gate, task switches,
; all combinations of page rights. Each try prints what happened and goes on.
;
; Left out, because QEMU 7.2 does not do what the manuals say: limits (of data, stacks, and code entered by CALL, RET, IRET and
; gates), JMP through a gate to absent code, the RPL of CS after a gate to conforming code, the accessed bit of code, faults
; of a new task, the P bit of reserved-bit faults, the W bit of faults of read-modify-write instructions.
%include "common.inc"

CODE0   equ 0x08
DATA0   equ 0x10
CODE3   equ 0x18
DATA3   equ 0x20
TSS0    equ 0x28
TSS1    equ 0x30
LAST    equ 0x118
FLAGS   equ 0x67700             ; what is compared of EFLAGS: no arithmetic flags, no RF
STACK0  equ 0x8000
STACK3  equ 0x7000
TABLES  equ 0x400000

main16:
        lgdt [gdtr - 0x10000]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword CODE0:main32

%include "print32.inc"

main32:
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, STACK0
        lidt [idtr]
        call make_idt
        mov ax, TSS0
        ltr ax
        ; Level 0, then 3: the sweeps run at whatever level they are called.
        PUT '0'
        call putline
        call sweep_selectors
        call sweep_gates
        push dword DATA3 | 3
        push dword STACK3
        push dword 2
        push dword CODE3 | 3
        push dword user
        iretd
user:
        mov ax, DATA3 | 3
        mov ds, ax
        mov es, ax
        PUT '3'
        call putline
        call sweep_selectors
        call sweep_gates
        call sweep_privileged
        int 0xff                ; back to level 0
back:
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov esp, STACK0
        call tasks
        call virtual
        call dump_gdt
        call paging
        call wide_paging
        mov al, 0
        out EXIT, al
        hlt

; --- Faults and their end -----------------------------------------------------------------------------------------

; Entered from all vectors with vector and error code on the stack.
faulted:
        push eax
        push ds
        mov ax, DATA0
        mov ds, ax
        PUT '#'
        PUTHEX [esp + 12]
        PUTHEX [esp + 16]
        mov eax, [esp + 16]
        sub eax, [origin]
        cmp eax, 64
        jb .near
        mov eax, 0xffffffff
.near:  call puthex
        mov eax, [esp + 20]
        and eax, 0xffff
        call puthex
        mov eax, [esp + 24]
        and eax, FLAGS
        call puthex
        cmp dword [esp + 8], 14
        jne .done
        mov eax, cr2
        call puthex
.done:  jmp recover

; Code that a far transfer can reach prints where it is.
landing:
        push eax
        PUT '@'
        mov eax, cs
        call puthex
        mov eax, ss
        call puthex
        mov eax, esp
        call puthex
        pushfd
        pop eax
        and eax, FLAGS
        call puthex
        ; falls through

; Goes to [resume] at the level in [resume_cs], whatever this one is.
recover:
        cld
        mov eax, cs
        test al, 3
        jnz .user
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK0 - 0x400
        push dword 2
        popfd
        test dword [resume_cs], 3
        jnz .outward
        mov esp, [resume_esp]
        jmp far [resume]
.outward:
        push dword DATA3 | 3
        push dword [resume_esp]
        push dword 2
        push dword [resume_cs]
        push dword [resume]
        mov ax, DATA3 | 3
        mov ds, ax
        mov es, ax
        iretd
.user:
        mov ax, DATA3 | 3
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, [resume_esp]
        jmp far [resume]

; --- Selectors ----------------------------------------------------------------------------------------------------

; Runs one try on the selector in EBX: the operation's letter, the instructions, then a line's part of the output.
%macro OP 2+
        PUT %1
        mov dword [resume], %%end
        mov [resume_esp], esp
        mov eax, cs
        mov [resume_cs], eax
        mov dword [origin], %%try
        mov eax, ebx
%%try:
        %2
        PUT '='
%%end:
%endmacro

sweep_selectors:
        xor ebx, ebx
.next:
        PUTHEX ebx
        OP 'e', mov es, ax
        call put_es
        OP 's', mov ss, ax
        mov ax, ds
        mov ss, ax
        OP 'l', call do_lar
        OP 'm', call do_lsl
        OP 'r', call do_verr
        OP 'w', call do_verw
        mov [pointer + 4], bx
        mov dword [pointer], landing
        ; Tasks that can be switched to have a part of their own.
        mov eax, ebx
        and eax, ~3
        cmp eax, TSS1
        je .returns
        cmp eax, 0xa0
        je .returns
        OP 'j', jmp far [pointer]
        OP 'c', call far [pointer]
.returns:
        OP 't', call do_retf
        OP 'i', call do_iret
        call putline
        inc ebx
        ; RPLs 0 and 3 only
        mov eax, ebx
        and eax, 3
        cmp eax, 1
        jne .ok
        add ebx, 2
.ok:    cmp ebx, LAST + 8
        jb .next
        ret

put_es:
        push eax
        mov eax, es
        call puthex
        mov ax, ds
        mov es, ax
        pop eax
        ret
do_lar:
        mov ecx, 0x55555555
        lar ecx, eax
        pushfd
        and ecx, 0x00f0ff00     ; bits 19 to 16 are undefined
        popfd
        jmp put_result
do_lsl:
        mov ecx, 0x55555555
        lsl ecx, eax
        jmp put_result
do_verr:
        xor ecx, ecx
        verr ax
        jmp put_result
do_verw:
        xor ecx, ecx
        verw ax
put_result:
        setz al
        movzx eax, al
        call puthex
        mov eax, ecx
        call puthex
        ret
do_retf:
        push dword DATA3 | 3
        push dword STACK3 - 0x400
        push eax
        push dword landing
        retf
do_iret:
        push dword DATA3 | 3
        push dword STACK3 - 0x400
        push dword 0x2
        push eax
        push dword landing
        iretd

; --- Gates --------------------------------------------------------------------------------------------------------

sweep_gates:
%assign vector 0x40
%rep 24
        xor ebx, ebx
        OP 'n', int vector
        call putline
%assign vector vector + 1
%endrep
        OP '3', int3
        call putline
        OP 'o', call do_into
        call putline
        OP 'u', ud2
        call putline
        OP 'd', call do_divide
        call putline
        ret
do_into:
        mov al, 0x7f
        add al, 1
        into
        ret
do_divide:
        xor edx, edx
        xor ecx, ecx
        div ecx
        ret

; --- Privileged instructions at level 3 ---------------------------------------------------------------------------------

sweep_privileged:
        OP 'p', hlt
        OP 'p', cli
        OP 'p', sti
        OP 'p', mov eax, cr0
        OP 'p', mov cr3, eax
        OP 'p', mov eax, dr0
        OP 'p', clts
        OP 'p', lgdt [gdtr]
        OP 'p', lidt [idtr]
        OP 'p', lldt ax
        OP 'p', ltr ax
        OP 'p', lmsw ax
        OP 'p', invlpg [eax]
        OP 'p', wbinvd
        OP 'p', rdmsr
        OP 'p', wrmsr
        OP 'p', in al, 0x80
        OP 'p', out 0x80, al
        OP 'p', in ax, 0xe8
        OP 'p', in al, 0xe8
        OP 'p', call do_popf
        OP 'p', smsw ecx
        OP 'p', sgdt [pointer]
        OP 'p', sldt cx
        OP 'p', str cx
        call putline
        ret
do_popf:
        push dword 0x3302
        popfd
        pushfd
        pop eax
        and eax, FLAGS
        call puthex
        ret

%include "protected-tasks.inc"

; --- Tables at the end ----------------------------------------------------------------------------------------------------

dump_gdt:
        xor esi, esi
.next:  PUTHEX [gdt + esi]
        PUTHEX [gdt + esi + 4]
        call putline
        add esi, 8
        cmp esi, LAST + 8
        jb .next
        ret

%include "protected-paging.inc"

%include "protected-tables.inc"
FINISH
