; A hand-made inmate for the reset address 0xffff0: 256 bytes, to be loaded at 0xfff00. It stays in real mode, has neither
; stack nor data of its own, ignores the communication region and prints one line on COM1.
; Bytes: test/inmates/images.ts.  nasm -f bin
bits 16
org 0xff00                              ; in the segment 0xf000

COM1            equ 0x3f8
LINE_STATUS     equ COM1 + 5
TRANSMITTER     equ 0x20

start:
        mov     si, text
next:
        cs lodsb
        test    al, al
        jz      done
        mov     ah, al
        mov     dx, LINE_STATUS
wait_for_room:
        in      al, dx
        test    al, TRANSMITTER
        jz      wait_for_room
        mov     al, ah
        mov     dx, COM1
        out     dx, al
        jmp     next
done:
        hlt
        jmp     done
text:   db      "Flat image at the reset vector", 13, 10, 0

        times 0xf0 - ($ - $$) db 0
reset:                                  ; 0xffff0
        jmp     0xf000:start
        times 0x100 - ($ - $$) db 0
