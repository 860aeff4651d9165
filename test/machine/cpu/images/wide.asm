; 64-bit code at level 0: what shows or changes the system's state, and what loads or stores segment registers there; x87's words as FNSTENV
; and FNSAVE store them.
;
; Left out: RDPMC and RDPID, which QEMU 7.2 has not, bases that are not canonical, which it does not refuse, and LSS and its kin with REX.W, where
; it reads 32 bits; the values of a TSC, of which only is compared that they rise; the pointers to the last x87 instruction.
%include "common.inc"

CODE0   equ 0x08                ; 64-bit
DATA0   equ 0x10
CODE32  equ 0x18
STACK0  equ 0x8000
TABLES  equ 0x400000
BASE    equ 0x123456789abc

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
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, STACK0
        ; identity map: 1 GiB in pages of 2 MiB
        mov edi, TABLES
        mov ecx, 0x3000 / 4
        xor eax, eax
        rep stosd
        mov dword [TABLES], TABLES + 0x1003
        mov dword [TABLES + 0x1000], TABLES + 0x2003
        mov edi, TABLES + 0x2000
        mov eax, 0x83
        mov ecx, 512
.fill:  mov [edi], eax
        add edi, 8
        add eax, 0x200000
        loop .fill
        mov eax, cr4
        or eax, 0x620           ; PAE, OSFXSR, OSXMMEXCPT
        mov cr4, eax
        mov eax, TABLES
        mov cr3, eax
        mov ecx, 0xc0000080
        mov eax, 0x100
        xor edx, edx
        wrmsr
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        jmp CODE0:main64

%include "print64.inc"

main64:
        mov esp, STACK0
        call make_idt
        lidt [idtr]
        call bases
        call selectors
        call counters
        call extended
        call x87
        mov al, 0
        out EXIT, al
        hlt

; --- Faults -------------------------------------------------------------------------------------------------------

make_idt:
        mov edi, idt
        mov eax, stubs
        mov ecx, 32
.fill:  mov [rdi], ax
        mov word [rdi + 2], CODE0
        mov word [rdi + 4], 0x8e00
        mov edx, eax
        shr edx, 16
        mov [rdi + 6], dx
        mov qword [rdi + 8], 0
        add edi, 16
        add eax, STUB
        loop .fill
        ret

%include "stubs.inc"

; Prints vector, error code and how far the instruction is from the try's start; goes on at its end.
faulted:
        push rax
        mov al, '#'
        out CONSOLE, al
        pop rax
        PUTHEX [rsp + 8]
        PUTHEX [rsp + 16]
        mov rax, [rsp + 16]
        sub rax, [origin]
        call puthex
        mov rsp, [resume_rsp]
        jmp [resume]

%macro TRY 1+
        mov qword [resume], %%end
        mov [resume_rsp], rsp
        mov qword [origin], %%try
%%try:  %1
%%end:
%endmacro

; --- FSGSBASE -----------------------------------------------------------------------------------------------------

%macro EACH_BASE 1              ; %1: fs or gs
        mov rax, BASE
        TRY wr%1base rax
        mov rbx, -1
        TRY rd%1base rbx
        PUTHEX rbx
        mov rbx, -1
        TRY rd%1base ebx
        PUTHEX rbx
        mov rax, 0x8765432112345678
        TRY wr%1base eax
        mov r9, -1
        TRY rd%1base r9
        PUTHEX r9
        call putline
%endmacro
bases:
        EACH_BASE fs            ; #UD: CR4.FSGSBASE is clear
        EACH_BASE gs
        mov rax, cr4
        or eax, 0x10000
        mov cr4, rax
        EACH_BASE fs
        EACH_BASE gs
        mov eax, data + 8
        wrgsbase rax
        PUTHEX [gs:-8]
        swapgs
        rdgsbase rbx
        PUTHEX rbx
        swapgs
        ; the MSRs are the same registers
        mov ecx, 0xc0000101
        rdmsr
        call puthex
        jmp putline

; --- Segment registers ----------------------------------------------------------------------------------------------

%macro SEGMENT 1
        mov qword [rsp - 8], -1
        push %1
        PUTHEX [rsp + 8]
        pop %1
        o16 push %1
        mov ax, [rsp]
        movzx eax, ax
        call puthex
        o16 pop %1
        mov rax, rsp
        call puthex
        push qword 0xfff8
        TRY pop %1
        mov esp, STACK0 - 8
        mov eax, DATA0
        mov %1, eax
        call putline
%endmacro
%macro POINTER 2
        mov rax, -1
        TRY %1 eax, [pointer]
        call puthex
        mov rax, -1
        TRY o16 %1 ax, [pointer16]
        call puthex
        mov eax, %2
        call puthex
        TRY %1 eax, [wrong]
        call puthex
        mov eax, DATA0
        mov %2, eax
        call putline
%endmacro
selectors:
        SEGMENT fs
        SEGMENT gs
        POINTER lfs, fs
        POINTER lgs, gs
        POINTER lss, ss
        ret

; --- Time and processor ---------------------------------------------------------------------------------------------

%macro RISES 1
        %1
        shl rdx, 32
        or rax, rdx
        mov rbx, rax
        %1
        shl rdx, 32
        or rax, rdx
        cmp rax, rbx
        setae al
        movzx eax, al
        call puthex
%endmacro
counters:
        RISES rdtsc
        mov ecx, 0xc0000103     ; TSC_AUX
        mov eax, 0x89abcdef
        xor edx, edx
        wrmsr
        mov rcx, -1
        RISES rdtscp
        PUTHEX rcx
        call putline
        ; CPUID clears the upper halves; the maker's name, and that the leaf beyond is none
        mov rax, 0xffffffff00000000
        mov rcx, -1
        mov rdx, -1
        mov rbx, -1
        cpuid
        shr rax, 32
        call puthex
        mov rax, rbx
        call puthex
        mov rax, rcx
        call puthex
        mov rax, rdx
        call puthex
        jmp putline

; --- XCR0 -----------------------------------------------------------------------------------------------------------

extended:
        xor ecx, ecx
        TRY xgetbv              ; #UD: CR4.OSXSAVE is clear
        TRY xsetbv
        mov rax, cr4
        or eax, 0x40000
        mov cr4, rax
        mov rax, -1
        mov rdx, -1
        TRY xgetbv
        call puthex
        mov rax, rdx
        call puthex
%assign value 0
%rep 4
        mov eax, value
        xor edx, edx
        TRY xsetbv
        xgetbv
        call puthex
%assign value value + 1
%endrep
        xor edx, edx
        mov eax, 1
        mov ecx, 7
        TRY xsetbv
        mov ecx, 7
        TRY xgetbv
        jmp putline

; --- x87 ------------------------------------------------------------------------------------------------------------

%macro WORDS 1
        movzx eax, word [data]
        call puthex
        movzx eax, word [data + %1]
        call puthex
        movzx eax, word [data + 2 * %1]
        call puthex
%endmacro
x87:
        fninit
        fld1
        fldpi
        fldz
        fstp st2
        fnstenv [data]
        WORDS 4
        fnstcw [data]           ; FNSTENV has masked all
        movzx eax, word [data]
        call puthex
        fldcw [control]
        o16 fnstenv [data]
        WORDS 2
        fld1
        fnsave [data]
        WORDS 4
%assign i 0
%rep 8
        PUTHEX [data + 28 + i * 10]
        movzx eax, word [data + 28 + i * 10 + 8]
        call puthex
%assign i i + 1
%endrep
        call putline
        ; FNSAVE has initialised the unit
        fnstenv [data]
        WORDS 4
        fldpi
        o16 fnsave [data]
        WORDS 2
        PUTHEX [data + 14]
        jmp putline

        align 8
gdt:    dq 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cf9b000000ffff
gdtr:   dw $ - gdt - 1
        dd gdt
idtr:   dw 32 * 16 - 1
        dq idt
control: dw 0x77f
pointer:   dd 0x12345678
        dw DATA0
pointer16: dw 0x9abc
        dw DATA0
wrong:  dd 0x11111111
        dw 0xfff8
        align 8
resume: dq 0
resume_rsp: dq 0
origin: dq 0
data:   dq 0x1122334455667788
        times 128 db 0
        align 8
idt:    times 32 * 16 db 0
        FINISH
