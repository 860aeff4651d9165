; 32-bit code at level 0: the instructions that 64-bit code does not have, those that load segment registers with an address, and those
; that no processor without a hypervisor executes. Operands and flags are swept; each try prints what is left.
;
; Left out, because QEMU 7.2 has them not: RDPMC, INT1. What the manuals leave undefined of flags is not compared.
%include "common.inc"

CODE0   equ 0x08
DATA0   equ 0x10
CODE3   equ 0x18
DATA3   equ 0x20
TSS     equ 0x28
STACK0  equ 0x8000
STACK3  equ 0x7000
CF      equ 0x01
PF      equ 0x04
AF      equ 0x10
ZF      equ 0x40
SF      equ 0x80
OF      equ 0x800
ALL     equ CF | PF | AF | ZF | SF | OF

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
        call make_idt
        lidt [idtr]
        mov ax, TSS
        ltr ax
        call decimal
        call adjustments
        call arithmetic
        call frames
        call pushes
        call pointers
        call refused
        call fast_calls
        mov al, 0
        out EXIT, al
        hlt

; --- Faults -------------------------------------------------------------------------------------------------------

make_idt:
        mov edi, idt
        mov eax, stubs
        mov ecx, 32
.fill:  mov [edi], ax
        mov word [edi + 2], CODE0
        mov word [edi + 4], 0x8e00
        mov edx, eax
        shr edx, 16
        mov [edi + 6], dx
        add edi, 8
        add eax, STUB
        loop .fill
        ret

%include "stubs.inc"

; Prints vector, error code and how far the instruction is from the try's start; goes on at its end.
faulted:
        mov ax, DATA0
        mov ds, ax
        PUT '#'
        PUTHEX [esp + 4]
        PUTHEX [esp + 8]
        mov eax, [esp + 8]
        sub eax, [origin]
        call puthex
        mov esp, [resume_esp]
        jmp [resume]

%macro TRY 1+
        mov dword [resume], %%end
        mov [resume_esp], esp
        mov dword [origin], %%try
%%try:  %1
%%end:
%endmacro

; The flags of %1, and EAX.
%macro SHOW 1
        pushfd
        push eax
        call puthex
        mov eax, [esp + 4]
        and eax, %1
        call puthex
        pop eax
        add esp, 4
%endmacro

; --- BCD ----------------------------------------------------------------------------------------------------------

; Runs %1 with EBX in EAX and the flags in ESI, and shows the flags %2.
%macro BCD 2+
        push esi
        popfd
        mov eax, ebx
        %1
        SHOW %2
%endmacro

decimal:
        xor ebx, ebx
.value: mov ebp, 4              ; all pairs of CF and AF
.flags: xor esi, esi
        lea eax, [ebp - 1]
        test al, 1
        jz .no_carry
        or esi, CF
.no_carry:
        test al, 2
        jz .no_adjust
        or esi, AF
.no_adjust:
        or esi, 2
        BCD daa, CF | PF | AF | ZF | SF
        BCD das, CF | PF | AF | ZF | SF
        BCD aaa, CF | AF
        BCD aas, CF | AF
        BCD {db 0xd6}, ALL      ; SALC
        dec ebp
        jnz .flags
        call putline
        add ebx, 0x101
        cmp ebx, 0x10000
        jb .value
        ret

; AAM and AAD with several bases, the first of which AAM cannot divide by.
adjustments:
        xor ebx, ebx
.value:
%assign base 0
%rep 4
        mov eax, ebx
        TRY db 0xd4, base
        SHOW PF | ZF | SF
        mov eax, ebx
        db 0xd5, base
        SHOW PF | ZF | SF
%assign base base * 3 + 10
%endrep
        call putline
        add ebx, 0x3b7
        cmp ebx, 0x10000
        jb .value
        ret

; 82: as 80.
arithmetic:
        mov ebx, 0x80
.value:
%assign reg 0
%rep 8
        mov eax, ebx
        stc
        db 0x82, 0xc0 | reg << 3, 0x7f ; AL
        SHOW CF | PF | ZF | SF | OF
        mov [scratch], ebx
        clc
        db 0x82, 0x05 | reg << 3
        dd scratch
        db 0x91
        mov eax, [scratch]
        SHOW CF | PF | ZF | SF | OF
%assign reg reg + 1
%endrep
        call putline
        add ebx, 0x47
        cmp ebx, 0x300
        jb .value
        ret

; --- Stack --------------------------------------------------------------------------------------------------------

; PUSHA and POPA of both sizes.
frames:
        mov eax, 0x11111111
        mov ecx, 0x22222222
        mov edx, 0x33333333
        mov ebx, 0x44444444
        mov ebp, 0x55555555
        mov esi, 0x66666666
        mov edi, 0x77777777
        pushad
        call .show8
        mov eax, 0x88888888
        popad
        pushad
        call .show8
        add esp, 32
        pusha
        db 0x66
        pusha                   ; 16 bits
        call .show8
        inc word [esp + 14]
        db 0x66
        popa
        pushad
        call .show8
        add esp, 32
        popa
        jmp putline
.show8:
        mov [saved], esp
        pushad
%assign i 0
%rep 8
        mov ebx, [saved]
        PUTHEX [ebx + 4 + i * 4]
%assign i i + 1
%endrep
        call putline
        popad
        ret

; PUSH and POP of segment registers, of both sizes.
%macro SEGMENT 2                ; PUSH and POP of one
        mov dword [esp - 4], 0xeeeeeeee
        %1
        PUTHEX [esp + 4]
        %2
        db 0x66
        %1
        PUTHEX [esp + 4]
        db 0x66
        %2
        mov eax, esp
        call puthex
        ; a selector beyond the table, and one that is of code that cannot be written
        push dword 0xfff0
        TRY %2
        push dword 0
        TRY %2
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, STACK0 - 4
        call putline
%endmacro
; Called first, with nothing above its return address.
pushes:
        SEGMENT {push es}, {pop es}
        SEGMENT {push ds}, {pop ds}
        SEGMENT {push fs}, {pop fs}
        SEGMENT {push gs}, {pop gs}
        push ss
        PUTHEX [esp + 4]
        pop ss
        push cs
        PUTHEX [esp + 4]
        add esp, 4
        push dword 0xfff0
        TRY pop ss
        push dword 0
        TRY pop ss
        mov esp, STACK0 - 4
        jmp putline

; --- Pointers -----------------------------------------------------------------------------------------------------

%macro POINTER 2                ; instruction, segment register
        mov eax, 0xaaaaaaaa
        TRY %1 eax, [pointer]
        SHOW 0
        mov eax, %2
        call puthex
        mov eax, 0xaaaaaaaa
        TRY %1 ax, [pointer16]
        SHOW 0
        mov eax, %2
        call puthex
        TRY %1 eax, [wrong]
        SHOW 0
        mov eax, %2
        call puthex
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        call putline
%endmacro
pointers:
        POINTER les, es
        POINTER lfs, fs
        POINTER lgs, gs
        POINTER lss, ss
        ; LDS last: DS has no base in what is between
        mov eax, 0xaaaaaaaa
        lds eax, [pointer0]
        SHOW 0
        TRY lds eax, [wrong]
        mov ax, DATA0
        mov ds, ax
        jmp putline

%include "narrow-system.inc"

        align 8
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
        dw 0x67                 ; TSS
        dw tss - $$
        dd 0x00008901
gdtr:   dw $ - gdt - 1
        dd gdt
idtr:   dw 32 * 8 - 1
        dd idt
pointer:   dd 0x12345678
        dw DATA0
pointer16: dw 0x9abc
        dw DATA0
pointer0:  dd 0x0fedcba9
        dw DATA0
wrong:  dd 0x11111111
        dw 0xfff8
tss:    dd 0, STACK0 - 256, DATA0
        times 0x68 - 12 db 0
scratch: dd 0, 0
saved:  dd 0
resume: dd 0
resume_esp: dd 0
origin: dd 0
        align 8
idt:    times 32 * 8 db 0
        FINISH
