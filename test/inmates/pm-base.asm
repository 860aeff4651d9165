; Does for QEMU's q35 what firmware does: gives the PM timer its port, then enters the image's 16-bit code.
; Loaded at 0x8000. Bytes: test/inmates/images.ts.  nasm -f bin
bits 16
org 0x8000
        mov     eax, 0x8000f840         ; ICH9 LPC bridge 00:1f.0, register 0x40: PMBASE
        mov     dx, 0xcf8
        out     dx, eax
        mov     dx, 0xcfc
        mov     eax, 0x601
        out     dx, eax
        mov     eax, 0x8000f844         ; register 0x44: ACPI_CNTL, bit 7 enables
        mov     dx, 0xcf8
        out     dx, eax
        mov     dx, 0xcfc
        mov     al, 0x80
        out     dx, al
        xor     eax, eax
        xor     edx, edx
        jmp     0xf000:0xf008
