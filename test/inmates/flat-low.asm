; A hand-made inmate for the reset address 0: to be loaded at 0 and entered there. It goes to protected mode with its own
; segments and prints one line: on the hypervisor's console when Jailhouse is below it, else on COM1. Then it says in the
; communication region that it has shut down.
; Bytes: test/inmates/images.ts.  nasm -f bin
bits 16
org 0

COM1            equ 0x3f8
CELL_STATE      equ 0x100008
SHUT_DOWN       equ 2
PUTC            equ 8
STACK           equ 0x9000

        jmp     short start
        align 8
gdt:    dq      0
        dq      0x00cf9b000000ffff      ; 0x08: code
        dq      0x00cf93000000ffff      ; 0x10: data
gdt_pointer:
        dw      $ - gdt - 1
        dd      gdt
start:
        o32 lgdt [cs:gdt_pointer]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     dword 0x08:protected

bits 32
protected:
        mov     ax, 0x10
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, STACK
        mov     eax, 0x40000000
        cpuid
        mov     ebp, put_on_com1
        cmp     ebx, 'Jail'
        jne     print
        xor     eax, eax
        cpuid
        mov     ebp, put_by_vmmcall
        cmp     ebx, 'Auth'             ; AuthenticAMD
        je      print
        mov     ebp, put_by_vmcall
print:
        mov     esi, text
next:
        lodsb
        test    al, al
        jz      done
        movzx   edi, al
        call    ebp
        jmp     next
done:
        mov     dword [CELL_STATE], SHUT_DOWN
halted:
        cli
        hlt
        jmp     halted

put_by_vmmcall:
        mov     eax, PUTC
        vmmcall
        ret
put_by_vmcall:
        mov     eax, PUTC
        vmcall
        ret
put_on_com1:
        mov     dx, COM1
        out     dx, al
        ret
text:   db      "Flat image at address zero", 13, 10, 0
