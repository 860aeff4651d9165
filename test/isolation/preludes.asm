; How a random program gets into its mode. Each prelude is entered at 0 in real mode and goes on at BODY. The page tables of
; the 64-bit one (4 GiB in 1 GiB pages) are part of the image: PML4 at 0x8000, PDPT at 0x9000.
BODY    equ 0x100
        org 0
%ifdef REAL
        bits 16
        mov sp, 0x7f00
        jmp BODY
%else
        bits 16
        mov sp, 0x7f00
        lgdt [gdtr]
%ifdef LONG
        mov eax, cr4
        or al, 0x20
        mov cr4, eax
        mov eax, 0x8000
        mov cr3, eax
        mov ecx, 0xc0000080
        rdmsr
        or ah, 1
        wrmsr
        mov eax, cr0
        or eax, 0x80000001
        mov cr0, eax
        jmp 0x18:BODY
%else
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 0x08:flat
        bits 32
flat:   mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        jmp BODY
%endif
        align 8
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff
gdtr:   dw 31
        dd gdt
%endif
