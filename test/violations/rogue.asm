; One violation, committed at 0x100 in flat 32-bit code (LONG: 64-bit code) with known values in all registers.
; Assembled once for each name in programs.ts, which defines that name.
; Loaded and entered at 0.
bits 16
org 0
STACK equ 0x7000
TABLES equ 0x8000
RESULT equ 0x6000
COMM equ 0x100000

start:
        lgdt [gdtr]
%ifdef LONG
        mov eax, 0x20
        mov cr4, eax
        mov dword [TABLES], TABLES + 0x1003
        mov dword [TABLES + 0x1000], 0x83
        mov eax, TABLES
        mov cr3, eax
        mov ecx, 0xc0000080
        rdmsr
        or ah, 1
        wrmsr
        mov eax, 0x80000011
        mov cr0, eax
        jmp dword 0x18:begin
%else
        mov eax, 0x11
        mov cr0, eax
        jmp dword 0x8:begin
%endif

gdtr:
        dw 31
        dd gdt
gdt:
        dq 0
        dq 0x00cf9b000000ffff
        dq 0x00cf93000000ffff
        dq 0x00af9b000000ffff
nothing:
        dw 0
        dd 0

%ifdef LONG
bits 64
%define ACC rax
%else
bits 32
%define ACC eax
%endif
begin:
        mov eax, 0x10
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov esp, STACK
        push byte 2
%ifdef LONG
        popfq
%else
        popfd
%endif
        mov eax, 0xa1a2a3a4
        mov ebx, 0xb1b2b3b4
        mov ecx, 0xc1c2c3c4
        mov edx, 0xd1d2d3d4
        mov esi, 0x51525354
        mov edi, 0xd15d15d1
%ifdef PORT
        mov edx, 0x3f8
%elifdef STRADDLE
        mov edx, 0x2fe
%elifdef PCI
        mov eax, 0x80000004
        mov edx, 0xcf8
        out dx, eax
        mov edx, 0xcfc
%elifdef MSR
        mov ecx, 0x1b
%elifdef MTRR
        mov ecx, 0x200
%elifdef PAT
        mov ecx, 0x277
%elifdef KEEPSAKE
        mov ecx, 0xc0000082
        rdmsr
        mov ebx, eax
        mov eax, 0x5ec2e7
        xor edx, edx
        wrmsr
        mov eax, ebx
%elifdef IPI
        mov ecx, 0x830
        mov eax, 0x4040
        xor edx, edx
%elifdef HYPERCALL
        mov eax, 0xbad
%elifdef TRIPLE
        lidt [nothing]
%elifdef CROSS
        mov ebx, COMM + 0xffe
%elifdef TABLES_IN_DEVICE
        mov ebx, COMM + 0x1000
        mov cr3, ebx
        mov ebx, 0xb1b2b3b4
        mov eax, 0x80000011
%endif
        jmp attack

        times 0x100 - ($ - $$) db 0x90
attack:
%ifdef RAM
        mov [0x3a000000], eax
%elifdef MMIO
        mov eax, [0xfed00000]
%elifdef READONLY
        mov [0x180000], ax
%elifdef CROSS
        mov [ebx], eax
%elifdef TABLES_IN_DEVICE
        mov cr0, eax
%elifdef PUSH
        push dword [0xfed00000]
%elifdef PORT
        out dx, al
%elifdef STRADDLE
        out dx, eax
%elifdef PCI
        out dx, ax
%elifdef JUMP
        mov eax, 0x80000000
        jmp ACC
%elifdef TRIPLE
        int3
%elifdef KEEPSAKE
        nop
%elifdef HYPERCALL
%ifdef INTEL
        vmcall
%else
        vmmcall
%endif
%else
        wrmsr
%endif
; What is no violation leads here: the result is left in memory.
        mov [RESULT], eax
        cli
.stay:
        hlt
        jmp .stay
