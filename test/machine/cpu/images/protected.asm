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

; --- Tasks --------------------------------------------------------------------------------------------------------

tasks:
        mov dword [origin], 0
        mov dword [tss1 + 0x20], task_body
        mov ebx, 0x12345678
        call far [task_pointer]
        PUTHEX ebx
        call task_state
        mov dword [tss1 + 0x20], task_body
        call far [task_gate_pointer]
        PUTHEX ebx
        call task_state
        mov dword [tss1 + 0x20], task_body
        int 0x60                ; task gate in the IDT
        call task_state
        mov dword [tss1 + 0x20], task_jump
        jmp far [task_pointer]
        ; comes back here by a jump to TSS0
        call task_state
        ret
task_body:
        PUT 'T'
        PUTHEX eax
        PUTHEX esp
        mov eax, cs
        call puthex
        mov eax, ss
        call puthex
        mov eax, gs
        call puthex
        str ax
        movzx eax, ax
        call puthex
        pushfd
        pop eax
        and eax, FLAGS
        call puthex
        mov eax, cr0
        call puthex
        clts
        iretd
task_jump:
        PUT 'J'
        jmp far [task_back_pointer]
; Prints the link, the saved registers' part of both TSSs, and their busy bits.
task_state:
        call putline
        PUTHEX [tss1]
        PUTHEX [tss0 + 0x34]
        PUTHEX [tss0 + 0x4c]
        mov eax, [tss0 + 0x24]
        and eax, FLAGS
        call puthex
        mov eax, [tss1 + 0x24]
        and eax, FLAGS
        call puthex
        PUTHEX [gdt + TSS0 + 4]
        PUTHEX [gdt + TSS1 + 4]
        str ax
        movzx eax, ax
        call puthex
        mov eax, cr0
        call puthex
        clts
        call putline
        ret

; --- Virtual-8086 mode --------------------------------------------------------------------------------------------------

%macro VIRTUAL 2
        mov dword [resume], %%end
        mov [resume_esp], esp
        mov dword [resume_cs], CODE0
        mov dword [origin], %2 - 0x10000
        push dword 0x4444       ; GS, FS, DS, ES
        push dword 0x3333
        push dword 0x1000
        push dword 0x1111
        push dword 0x0          ; SS:SP
        push dword STACK3
        push dword 0x20002 | (%1)
        push dword 0x1000
        push dword %2 - 0x10000
        iretd
%%end:
        call putline
%endmacro
virtual:
        mov dword [tss0 + 4], STACK0 - 0x200
        VIRTUAL 0x3000, virtual_body
        VIRTUAL 0x0000, virtual_body
        VIRTUAL 0x0000, virtual_cli
        VIRTUAL 0x0000, virtual_pushf
        VIRTUAL 0x0000, virtual_popf
        VIRTUAL 0x0000, virtual_iret
        VIRTUAL 0x0000, virtual_int
        VIRTUAL 0x3000, virtual_int
        VIRTUAL 0x3000, virtual_popf
        VIRTUAL 0x3000, virtual_iret
        VIRTUAL 0x3000, virtual_port
        VIRTUAL 0x3000, virtual_hlt
        VIRTUAL 0x3000, virtual_sldt
        mov dword [tss0 + 4], STACK0 - 0x400
        ret
        bits 16
virtual_body:
        mov ax, ds
        call puthex16
        mov ax, gs
        call puthex16
        mov ax, ss
        call puthex16
        mov ax, 0x2345
        mov es, ax
        mov ax, es
        call puthex16
        ud2
virtual_cli:
        cli
        ud2
virtual_pushf:
        pushf
        ud2
virtual_popf:
        push word 0x7202
        popf
        pushf
        pop ax
        and ax, 0x7700
        call puthex16
        ud2
virtual_iret:
        push word 0x0202
        push cs
        push word virtual_body - 0x10000
        iret
virtual_int:
        int 0x48
        ud2
virtual_port:
        in al, 0x80
        ud2
virtual_hlt:
        hlt
virtual_sldt:
        sldt ax
        bits 32

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

; --- Paging -------------------------------------------------------------------------------------------------------

; Identity map of 4 MiB with a large user page at entry 0; the page under test is at 8 MiB, frame 0x300000.
PAGE    equ 0x800000
FRAME   equ 0x300000
paging:
        mov edi, TABLES
        mov ecx, 0x2000
        xor eax, eax
        rep stosd
        mov dword [TABLES], 0x87
        mov dword [TABLES + 4], 0x400083
        mov eax, cr4
        or al, 0x10
        mov cr4, eax
        mov eax, TABLES
        mov cr3, eax
        mov byte [FRAME], 0xc3  ; RET, so that the page can be called
        mov byte [FRAME + 0xfff], 0xc3
        mov dword [write_protect], 0
.protect:
        mov eax, cr0
        and eax, ~0x10000
        or eax, [write_protect]
        or eax, 0x80000000
        mov cr0, eax
        xor ebx, ebx            ; bits 2 to 0: page table entry, 5 to 3: directory entry
.next:
        PUTHEX ebx
        mov dword [level], CODE0
        call page_tries
        mov dword [level], CODE3 | 3
        call page_tries
        call putline
        inc ebx
        cmp ebx, 64
        jb .next
        xor dword [write_protect], 0x10000
        jnz .protect
        ; accesses that cross into an absent page
        mov dword [TABLES + 8], TABLES + 0x1007
        mov dword [TABLES + 0x1000], FRAME | 7
        mov dword [TABLES + 0x1004], 0
        mov eax, cr3
        mov cr3, eax
        OP 'x', mov eax, [PAGE + 0xffd]
        OP 'x', mov [PAGE + 0xffe], eax
        call putline
        ret

; Read, write and call, at the level in [level].
page_tries:
        mov esi, page_ops
.next:  mov edx, [esi]
        mov eax, ebx
        and eax, 7
        or eax, FRAME
        mov [TABLES + 0x1000], eax
        mov eax, ebx
        shr eax, 3
        or eax, TABLES + 0x1000
        mov [TABLES + 8], eax
        mov eax, cr3
        mov cr3, eax
        mov dword [resume], .end
        mov [resume_esp], esp
        mov dword [resume_cs], CODE0
        mov dword [origin], edx
        test dword [level], 3
        jnz .user
        push dword landed
        jmp edx
.user:
        mov dword [STACK3 - 4], landed
        push dword DATA3 | 3
        push dword STACK3 - 4
        push dword 0x3002
        push dword CODE3 | 3
        push edx
        iretd
.end:
        ; accessed and dirty bits
        mov eax, [TABLES + 8]
        and eax, 0xfff
        call puthex
        mov eax, [TABLES + 0x1000]
        and eax, 0xfff
        call puthex
        add esi, 4
        cmp esi, page_ops_end
        jb .next
        ret
; A try that did not fault ends here, at either level.
landed:
        PUT '='
        mov eax, cs
        test al, 3
        jz recover
        int 0xfe
page_read:
        mov eax, [ss:PAGE]
        ret
page_write:
        mov byte [ss:PAGE], 0xc3
        ret
page_call:
        mov eax, PAGE
        jmp eax

; --- Interrupt table ----------------------------------------------------------------------------------------------------

%assign number 0
%rep 32
stub %+ number:
%if number != 8 && number != 10 && number != 11 && number != 12 && number != 13 && number != 14 && number != 17
        push dword 0x99
%endif
        push dword number
        jmp faulted
%assign number number + 1
%endrep
interrupt:
        PUT 'I'
        mov eax, cs
        call puthex
        mov eax, ss
        call puthex
        mov eax, esp
        call puthex
        mov eax, [esp + 8]
        and eax, FLAGS
        call puthex
        pushfd
        pop eax
        and eax, FLAGS
        call puthex
        jmp recover

%define OFFSET(x) ((x - $$) & 0xffff)
%define AT(x) (x - $$ + 0x10000)
; Exceptions get 32-bit interrupt gates of level 0, 0x40 to 0x57 one gate of each kind.
make_idt:
        mov edi, idt
        mov esi, stubs
        mov ecx, 32
.next:  lodsd
        mov edx, eax
        and eax, 0xffff
        or eax, CODE0 << 16
        stosd
        mov eax, edx
        and eax, 0xffff0000
        or eax, 0x8e00
        stosd
        loop .next
        mov esi, gates
        mov edi, idt + 0x40 * 8
        mov ecx, 24 * 2
        rep movsd
        mov dword [idt + 0x60 * 8], TSS1 << 16
        mov dword [idt + 0x60 * 8 + 4], 0x8500
        mov dword [idt + 0xff * 8], (CODE0 << 16) | OFFSET(back)
        mov dword [idt + 0xff * 8 + 4], 0x1ee00
        mov dword [idt + 0xfe * 8], (CODE0 << 16) | OFFSET(recover)
        mov dword [idt + 0xfe * 8 + 4], 0x1ee00
        ret
        align 4
stubs:
%assign number 0
%rep 32
        dd stub %+ number
%assign number number + 1
%endrep
%macro GATE 3
        dw OFFSET(%1), %2, %3, 1
%endmacro
gates:
        GATE interrupt, CODE0, 0x8e00           ; 40 interrupt gate of level 0
        GATE interrupt, CODE0, 0xee00           ; 41 of level 3
        GATE interrupt, CODE0, 0xef00           ; 42 trap gate of level 3
        GATE interrupt, CODE0, 0x6e00           ; 43 absent
        GATE interrupt, 0, 0xee00               ; 44 null
        GATE interrupt, DATA0, 0xee00           ; 45 data
        GATE interrupt, 0x1000, 0xee00          ; 46 beyond the table
        GATE interrupt, CODE3 | 3, 0xee00       ; 47 level 3
        GATE interrupt, 0x40, 0xee00            ; 48 conforming
        GATE interrupt, 0x68, 0xee00            ; 49 absent code
        GATE interrupt, CODE0, 0xec00           ; 4a call gate
        GATE interrupt, CODE0, 0xe900           ; 4b TSS
        GATE interrupt, CODE0, 0xfe00           ; 4c S bit
        GATE interrupt, CODE0, 0x0000           ; 4d empty
        GATE interrupt, 0x4c, 0xee00            ; 4e local
        GATE interrupt, CODE0 | 3, 0xee00       ; 4f RPL 3
        GATE $$, 0, 0xe500                 ; 50 task gate to null
        GATE interrupt, 0x78, 0xee00            ; 51 other code
        GATE interrupt, 0x88, 0xee00            ; 52 level 1
        GATE interrupt, CODE0, 0xeeff           ; 53 reserved bits
        GATE interrupt, TSS0, 0xe500            ; 54 task gate to a busy task
        GATE interrupt, CODE0, 0xe500           ; 55 task gate to code
        GATE interrupt, CODE0, 0x6500           ; 56 absent task gate
        GATE interrupt, CODE0, 0x8f00           ; 57 trap gate of level 0

; --- Data -----------------------------------------------------------------------------------------------------------------

        align 8
%macro DESC 3                   ; base, limit, attributes
        dw (%2) & 0xffff, (%1) & 0xffff
        db ((%1) >> 16) & 0xff, (%3) & 0xff
        db (((%2) >> 16) & 0xf) | (((%3) >> 4) & 0xf0), ((%1) >> 24) & 0xff
%endmacro
%macro CALLGATE 4               ; target, selector, attributes, parameters
        dw OFFSET(%1), %2
        db %4, %3
        dw 1
%endmacro
gdt:
        dq 0
        DESC 0, 0xfffff, 0xc9b          ; 08 code 0
        DESC 0, 0xfffff, 0xc93          ; 10 data 0
        DESC 0, 0xfffff, 0xcfb          ; 18 code 3
        DESC 0, 0xfffff, 0xcf3          ; 20 data 3
        DESC AT(tss0), 0xff, 0x089          ; 28 task 0
        DESC AT(tss1), 0x67, 0x089          ; 30 task 1
        DESC 0, 0xfffff, 0xc99          ; 38 execute-only code 0
        DESC 0, 0xfffff, 0xc9f          ; 40 conforming 0, readable
        DESC 0, 0xfffff, 0xc90          ; 48 read-only data 0
        DESC 0, 0xfffff, 0xcf0          ; 50 read-only data 3
        DESC 0, 0xfff, 0x496            ; 58 expand-down data 0
        DESC 0, 0xfffff, 0xc12          ; 60 absent data 0
        DESC 0, 0xfffff, 0xc1a          ; 68 absent code 0
        DESC 0, 0xfffff, 0xc72          ; 70 absent data 3
        DESC 0, 0xfffff, 0xc9b          ; 78 other code 0
        DESC 0, 0xfffff, 0xcbf          ; 80 conforming 1
        DESC 0, 0xfffff, 0xcbb          ; 88 code 1
        DESC 0, 0xfffff, 0xcb2          ; 90 data 1
        DESC AT(ldt), 0x17, 0x082           ; 98 LDT
        DESC 0, 0xffff, 0x081           ; a0 16-bit TSS
        CALLGATE landing, CODE0, 0x8c, 0        ; a8 call gate of level 0
        CALLGATE landing, CODE0, 0xec, 2        ; b0 of level 3, two parameters
        CALLGATE landing, 0x78, 0xec, 0         ; b8 to other code
        CALLGATE landing, CODE3, 0xec, 0        ; c0 to code 3
        CALLGATE landing, 0, 0xec, 0            ; c8 to null
        CALLGATE landing, DATA0, 0xec, 0        ; d0 to data
        CALLGATE landing, 0x1000, 0xec, 0       ; d8 beyond the table
        CALLGATE landing, CODE0, 0x6c, 0        ; e0 absent
        CALLGATE $$, CODE0, 0xee, 0              ; e8 interrupt gate
        DESC 0, 0xfffff, 0xcff          ; f0 conforming 3
        DESC 0, 0x0, 0x080              ; f8 type 0
        DESC AT(tss1), 0x20, 0x089          ; 100 short task
        DESC AT(tss1), 0x67, 0x009          ; 108 absent task
        DESC 0, 0xfffff, 0x892          ; 110 data 0, 16-bit stack
        CALLGATE $$, TSS1, 0x05, 0               ; 118 absent task gate
        CALLGATE $$, TSS1, 0xe5, 0               ; 120 task gate (not swept)
gdt_end:
ldt:
        dq 0
        DESC 0, 0xfffff, 0xc9b
        DESC 0, 0xfffff, 0xc93
gdtr:   dw gdt_end - gdt - 1
        dd gdt
idtr:   dw 0x7ff
        dd idt
pointer:
        dd 0
        dw 0
task_pointer:
        dd 0
        dw TSS1
task_gate_pointer:
        dd 0
        dw 0x120
task_back_pointer:
        dd 0
        dw TSS0
        align 4
; A far pointer: resume, then its selector.
resume: dd 0
resume_cs: dd 0
resume_esp: dd 0
origin: dd 0
level:  dd 0
write_protect: dd 0
page_ops:
        dd page_read, page_write, page_call
page_ops_end:
        align 16
tss0:
        dd 0, STACK0 - 0x400, DATA0
        times 0x64 - ($ - tss0) db 0
        dw 0, 0x68
        ; ports 0xe8, 0xe9 and 0xf4: only 0xe9 and 0xf4 are open
        times 0xe8 / 8 db 0xff
        db 0xfd, 0xff, 0xff
        times 0x100 - ($ - tss0) db 0xff
tss1:
        dd 0, 0, 0, 0, 0, 0, 0
        dd TABLES               ; CR3
        dd 0, 2                 ; EIP, EFLAGS
        dd 0xaaaa, 0xcccc, 0xdddd, 0xbbbb, 0x6000, 0x5555, 0x1111, 0x2222
        dd DATA0, CODE0, DATA0, DATA0, 0, DATA3
        dd 0x98
        dw 0, 0x68
        align 8
idt:    times 256 dq 0
FINISH
