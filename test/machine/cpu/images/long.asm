; Long mode: the way there and back, exceptions with error codes, interrupt stacks, levels, compatibility mode, system calls,
; canonical addresses, all combinations of page rights with no-execute. Each try prints what happened and goes on.
;
; Left out, because QEMU 7.2 does not do what the manuals say: error codes that name a vector (it counts 16 bytes each), a null
; SS with the wrong RPL, handlers that are not canonical, #SS for stack addresses that are not, accesses that cross into
; such, the W bit of faults of read-modify-write instructions. MOV from CR1 at level 3: the manuals do not say what comes first.
%include "common.inc"

CODE0   equ 0x08                ; 64-bit
DATA0   equ 0x10
CODE32  equ 0x18                ; 32-bit, level 0
DATA3   equ 0x20
CODE3   equ 0x28                ; 64-bit, level 3
CODE332 equ 0x30                ; 32-bit, level 3
TSS     equ 0x38                ; 16 bytes
SWEPT   equ 0x48
LAST    equ 0xb8
FLAGS   equ 0x67700
STACK0  equ 0x8000
STACK3  equ 0x7000
STACKI  equ 0x6000
TABLES  equ 0x400000

main16:
        lgdt [gdtr - 0x10000]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword CODE32:main32

        bits 32
main32:
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK0
        ; identity map: 1 GiB in user pages of 2 MiB
        mov edi, TABLES
        mov ecx, 0x5000 / 4
        xor eax, eax
        rep stosd
        mov dword [TABLES], TABLES + 0x1007
        mov dword [TABLES + 0x1000], TABLES + 0x2007
        mov edi, TABLES + 0x2000
        mov eax, 0x87
        mov ecx, 512
.fill:  mov [edi], eax
        add edi, 8
        add eax, 0x200000
        loop .fill
        ; the page under test: 8 MiB
        mov dword [TABLES + 0x2020], TABLES + 0x3007
        mov eax, cr4
        or eax, 0x20
        mov cr4, eax
        mov eax, TABLES
        mov cr3, eax
        mov ecx, 0xc0000080
        mov eax, 0x901          ; NXE, LME, SCE
        xor edx, edx
        wrmsr
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        jmp CODE0:main64

%include "print64.inc"

main64:
        mov esp, STACK0
        lidt [idtr]
        call make_idt
        mov ax, TSS
        ltr ax
        mov ecx, 0xc0000080
        rdmsr
        call puthex
        mov rax, cr0
        call puthex
        mov ecx, 0xc0000081     ; STAR
        xor eax, eax
        mov edx, (0x18 << 16) | CODE0
        wrmsr
        mov ecx, 0xc0000082     ; LSTAR
        mov eax, system_call
        xor edx, edx
        wrmsr
        mov ecx, 0xc0000084     ; SFMASK
        mov eax, 0x700
        wrmsr
        call putline
        PUT '0'
        call putline
        call sweep_selectors
        call sweep_gates
        call sweep_addresses
        call sweep_control
        push DATA3 | 3
        push STACK3
        push 2
        push CODE3 | 3
        push user
        iretq
user:
        PUT '3'
        call putline
        call sweep_selectors
        call sweep_gates
        call sweep_addresses
        call sweep_control
        ; a system call and back
        mov eax, 0x1234
        syscall
        PUT 'y'
        PUTHEX rcx
        mov rax, r11
        and rax, FLAGS
        call puthex
        mov eax, cs
        call puthex
        mov eax, ss
        call puthex
        call putline
        ; 32-bit code at level 3, whose exceptions and interrupts come to 64-bit handlers
        jmp far dword [compatible]
        bits 32
compatibility:
        mov ax, DATA3 | 3
        mov ds, ax
        mov es, ax
        mov dword [resume], .second
        mov dword [resume_rsp], STACK3
        mov dword [resume_cs], CODE332 | 3
        mov dword [origin], .first
.first: ud2
.second:
        mov dword [resume], .third
        mov dword [origin], .second
        mov ecx, 0x55aa55aa
        inc ecx                 ; would be a REX prefix in 64-bit code
        mov eax, [0x10000]
        int 0x41
.third:
        mov dword [resume], .fourth
        mov dword [origin], .third
        mov ax, 0xffff
        mov ds, ax
.fourth:
        jmp CODE3 | 3:.fifth
        bits 64
.fifth:
        PUTHEX rcx
        call putline
        int 0xff                ; back to level 0
back:
        mov esp, STACK0
        call paging
        call leave
        mov al, 0
        out EXIT, al
        hlt

system_call:
        PUT 'Y'
        push rcx
        push r11
        call puthex
        PUTHEX rcx
        PUTHEX r11
        mov eax, cs
        call puthex
        mov eax, ss
        call puthex
        pushfq
        pop rax
        and eax, FLAGS
        call puthex
        pop r11
        pop rcx
        o64 sysret

; --- Faults and their end -------------------------------------------------------------------------------------------

; Entered from all vectors with vector and error code on the stack.
faulted:
        push rax
        PUT '#'
        PUTHEX [rsp + 8 + 8]
        mov eax, [rsp + 16]
        test eax, 2             ; names a vector: only the low bits
        jz .error
        cmp dword [rsp + 8], 14
        je .error
        and eax, 7
.error: call puthex
        mov rax, [rsp + 24]
        mov ecx, [origin]
        sub rax, rcx
        cmp rax, 64
        jb .near
        mov rax, -1
.near:  call puthex
        mov rax, [rsp + 32]
        call puthex
        mov rax, [rsp + 40]
        and eax, FLAGS
        call puthex
        mov rax, [rsp + 56]
        call puthex
        mov eax, ss
        call puthex
        mov rax, rsp
        call puthex
        cmp dword [rsp + 8], 14
        jne recover
        mov rax, cr2
        call puthex
        jmp recover
landing:
        push rax
        PUT '@'
        mov eax, cs
        call puthex
        mov eax, ss
        call puthex
        mov rax, rsp
        call puthex
        jmp recover
interrupt:
        PUT 'I'
        mov eax, cs
        call puthex
        mov eax, ss
        call puthex
        mov rax, rsp
        call puthex
        mov rax, [rsp + 24]
        call puthex
        pushfq
        pop rax
        and eax, FLAGS
        call puthex
        ; falls through

; Goes to [resume] at the level in [resume_cs], whatever this one is. The frame has the target's own kind of code.
recover:
        mov eax, cs
        test al, 3
        jnz .user
        mov eax, DATA0
        mov ss, eax
        mov esp, STACK0 - 0x800
        push 2
        popfq
        mov eax, [resume_cs]
        mov ecx, DATA0
        test al, 3
        jz .push
        mov ecx, DATA3 | 3
.push:  push rcx
        mov ecx, [resume_rsp]
        push rcx
        push 2
        push rax
        mov eax, [resume]
        push rax
        iretq
.user:
        mov esp, [resume_rsp]
        mov eax, [resume]
        jmp rax

%macro OP 2+
        PUT %1
        mov dword [resume], %%end
        mov [resume_rsp], esp
        mov eax, cs
        mov [resume_cs], eax
        mov dword [origin], %%try
        mov rax, rbx
%%try:
        %2
        PUT '='
%%end:
%endmacro

; --- Selectors ------------------------------------------------------------------------------------------------------

sweep_selectors:
        xor ebx, ebx
.next:
        PUTHEX rbx
        OP 'e', mov es, ax
        cmp ebx, 3
        je .null
        OP 's', call do_ss
.null:
        OP 'l', call do_lar
        OP 'm', call do_lsl
        OP 'w', call do_verw
        mov [pointer + 4], bx
        mov dword [pointer], landing
        OP 'j', jmp far dword [pointer]
        OP 'c', call far dword [pointer]
        OP 't', call do_retf
        OP 'i', call do_iret
        OP 'd', lldt ax
        call putline
        inc ebx
        mov eax, ebx
        and eax, 3
        cmp eax, 1
        jne .ok
        add ebx, 2
.ok:    ; 32-bit code cannot run the landing
        mov eax, ebx
        and eax, ~3
        cmp eax, CODE32
        je .skip
        cmp eax, CODE332
        jne .all
.skip:  add ebx, 8
        and ebx, ~7
.all:   cmp ebx, LAST + 8
        jb .next
        ret
; SS from EAX, and what it was before
do_ss:
        mov ecx, ss
        mov ss, ax
        mov eax, ss
        mov ss, cx
        call puthex
        ret
do_lar:
        mov ecx, 0x55555555
        lar ecx, eax
        pushfq
        and ecx, 0x00f0ff00     ; bits 19 to 16 are undefined
        popfq
        jmp put_result
do_lsl:
        mov ecx, 0x55555555
        lsl ecx, eax
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
        push DATA3 | 3
        push STACK3 - 0x400
        push rax
        push landing
        o64 retf
do_iret:
        mov ecx, DATA0
        test al, 3
        jz .push
        mov ecx, DATA3 | 3
.push:  push rcx
        push STACK3 - 0x400
        push 2
        push rax
        push landing
        iretq

; --- Gates ----------------------------------------------------------------------------------------------------------

sweep_gates:
%assign vector 0x40
%rep 17
        OP 'n', int vector
        call putline
%assign vector vector + 1
%endrep
        OP '3', int3
        OP 'u', ud2
        OP 'd', call do_divide
        call putline
        ret
do_divide:
        xor edx, edx
        xor ecx, ecx
        div ecx
        ret

; --- Addresses ------------------------------------------------------------------------------------------------------

sweep_addresses:
        mov rbx, 0x800000000000
        OP 'a', mov eax, [rax]
        OP 'a', mov [rax], al
        OP 'a', call do_stack
        OP 'a', jmp rax
        OP 'a', call rax
        OP 'a', call do_ret
        OP 'a', call do_iret_away
        mov rbx, 0xffff800000000000
        OP 'a', mov eax, [rax]
        OP 'a', mov [rax], al
        OP 'a', jmp rax
        OP 'a', call do_gs
        call putline
        ret
do_stack:
        mov rsp, rax
        push rax
        ret
do_ret:
        push rax
        ret
do_iret_away:
        mov ecx, ss
        push rcx
        push STACK3 - 0x400
        push 2
        mov ecx, cs
        push rcx
        push rax
        iretq
do_gs:
        mov eax, [gs:rax]
        ret

; --- Control --------------------------------------------------------------------------------------------------------

%macro WRMSR 3
        mov ecx, %1
        mov edx, %2
        mov eax, %3
        wrmsr
        ret
%endmacro
sweep_control:
        OP 'p', wbinvd
        OP 'p', mov rax, cr2
        OP 'p', call write_cr0
        OP 'p', call write_cr0_high
        OP 'p', call write_cr4
        OP 'p', call write_cr4_high
        OP 'p', call write_cr3
        OP 'p', call write_lstar
        OP 'p', call write_efer
        OP 'p', call write_efer_lme
        OP 'p', call write_pat
        OP 'p', call write_nothing
        OP 'p', mov rax, dr4
        OP 'p', call write_dr7
        OP 'p', swapgs
        OP 'p', cli
        OP 'p', invlpg [rax]
        OP 'p', in al, 0x80
        OP 'p', call do_popf
        OP 'p', call do_nt
        call putline
        ret
write_cr0:                      ; paging off in 64-bit code
        mov rax, cr0
        btr rax, 31
        mov cr0, rax
        ret
write_cr0_high:
        mov rax, cr0
        bts rax, 40
        mov cr0, rax
        ret
write_cr4:                      ; PAE off in long mode
        mov rax, cr4
        btr rax, 5
        mov cr4, rax
        ret
write_cr4_high:
        mov rax, cr4
        bts rax, 31
        mov cr4, rax
        ret
write_cr3:
        mov rax, cr3
        bts rax, 60
        mov cr3, rax
        ret
write_lstar:    WRMSR 0xc0000082, 0x8000, 0
write_efer:     WRMSR 0xc0000080, 0x1, 0x901
write_efer_lme: WRMSR 0xc0000080, 0, 0x801
write_pat:      WRMSR 0x277, 0, 0x02020202
write_nothing:  WRMSR 0x12345678, 0, 0
write_dr7:
        mov eax, 1
        shl rax, 33
        mov dr7, rax
        ret
do_popf:
        push 0x3302
        popfq
        pushfq
        pop rax
        and eax, FLAGS
        push 2
        popfq
        call puthex
        ret
do_nt:                          ; IRET with NT set
        mov ecx, ss
        mov rdx, rsp
        push rcx
        push rdx
        push 2
        mov ecx, cs
        push rcx
        push .end
        push 0x4002
        popfq
        iretq
.end:   ret

%include "long-paging.inc"

; --- Back to protected mode -------------------------------------------------------------------------------------------

leave:
        jmp far dword [leaving]
        bits 32
left:
        mov eax, DATA0
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov eax, cr0
        btr eax, 31
        mov cr0, eax
        mov ecx, 0xc0000080
        rdmsr
        mov ebx, 32
.bit:   rol eax, 1
        push eax
        and al, 1
        add al, '0'
        out CONSOLE, al
        pop eax
        dec ebx
        jnz .bit
        mov al, 0
        out EXIT, al
        hlt
        bits 64

%include "long-tables.inc"
FINISH
