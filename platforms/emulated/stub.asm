; The resident stub that stands where Linux would: root CPUs idle in it, and each routine carries out one act of a kernel
; with the instruction that a kernel would use. Loaded at STUB (start-up vector 8). Every routine ends in the idle loop;
; its arguments are registers, set from outside. stub.ts holds the assembled bytes; a test compares.
STUB    equ 0x8000
        org STUB
        bits 16
start:                                  ; entered by a start-up IPI in real mode, CS:IP = 0800:0000
        cli
        o32 lgdt [cs:gdtr - STUB]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 0x08:flat
        align 4, db 0
gdtr:   dw gdt_end - gdt - 1
        dd gdt
        align 8, db 0
gdt:    dq 0
        dq 0x00cf9b000000ffff           ; 0x08: flat code
        dq 0x00cf93000000ffff           ; 0x10: flat data
gdt_end:
        bits 32
        align 16
flat:   mov ax, 0x10
        mov ds, ax
        mov es, ax
        mov ss, ax
        align 16
idle:   hlt
        jmp idle
        align 16
vmmcall_routine:                        ; EAX number, EDI and ESI arguments; result in EAX
        vmmcall
        jmp idle
        align 16
vmcall_routine:                         ; the same on an Intel processor
        vmcall
        jmp idle
        align 16
copy_routine:                           ; ESI source, EDI target, ECX bytes
        cld
        rep movsb
        jmp idle
        align 16
store_routine:                          ; EDI address, EAX value
        mov [edi], eax
        jmp idle
        align 16
wrmsr_routine:                          ; ECX register, EDX:EAX value
        wrmsr
        jmp idle
