; A cell with two CPUs, 2 and 3, in real mode. CPU 2 starts CPU 3 by INIT and SIPI, the two exchange interrupts, then
; CPU 2 obeys COM2: p = exchange once more, f = let CPU 3 fail, i = INIT and SIPI again, x = fail itself, others = echo.
; Entered by both CPUs at 0x1000 (data below).
bits 16
org 0
PING equ 0x40
PONG equ 0x41
FAIL equ 0x42
ROUNDS equ 3
SECONDARY equ 2
COM2 equ 0x2f8
FOREIGN_PORT equ 0x3f8
ICR equ 0x830
ID equ 0x802
SVR equ 0x80f
EOI equ 0x80b

        times PING * 4 db 0
        dw ping, 0
        dw pong, 0
        dw fail, 0
        times 0x1000 - ($ - $$) db 0

start:
        xor eax, eax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7000
        mov ecx, ID
        rdmsr
        cmp al, 2
        je primary
        cli
.wait:
        hlt
        jmp .wait

primary:
        call enable
        mov al, 'S'
        call print
        call wake
.answer:
        cmp byte [ready], 1
        jne .answer
        call exchange
        mov byte [rounds], ROUNDS - 1
.round:
        call exchange
        dec byte [rounds]
        jnz .round
        mov al, '!'
        call print

obey:
        mov dx, COM2 + 5
        in al, dx
        test al, 1
        jz obey
        mov dx, COM2
        in al, dx
        cmp al, 'p'
        je .ping
        cmp al, 'f'
        je .fail
        cmp al, 'i'
        je .init
        cmp al, 'x'
        je .exit
        call print
        jmp obey
.ping:
        call exchange
        jmp obey
.fail:
        mov eax, 0x4000 | FAIL
        call send
        jmp obey
.init:
        call wake
        mov al, 'i'
        call print
        jmp obey
.exit:
        jmp fail

; INIT and SIPI for CPU 3.
wake:
        mov eax, 0x4500
        call send
        mov eax, 0x4600 | SECONDARY
        jmp send

; Sends an interrupt to CPU 3 and waits for the answer.
exchange:
        cli
        mov byte [answered], 0
        mov eax, 0x4000 | PING
        call send
        sti
.wait:
        hlt
        cmp byte [answered], 1
        jne .wait
        mov al, 'a'
        jmp print

; Writes EAX to the ICR, for CPU 3.
send:
        mov edx, 3
send_to:
        mov ecx, ICR
        wrmsr
        ret

; Enables the local APIC.
enable:
        mov ecx, SVR
        mov eax, 0x1ff
        xor edx, edx
        wrmsr
        ret

; Sends AL over COM2.
print:
        push ax
        mov dx, COM2 + 5
.full:
        in al, dx
        test al, 0x20
        jz .full
        pop ax
        mov dx, COM2
        out dx, al
        ret

finish:
        mov ecx, EOI
        xor eax, eax
        xor edx, edx
        wrmsr
        ret

; On CPU 3: answers.
ping:
        call finish
        mov eax, 0x4000 | PONG
        mov edx, 2
        call send_to
        iret

; On CPU 2.
pong:
        pushad
        call finish
        mov byte [answered], 1
        popad
        iret

fail:
        mov dx, FOREIGN_PORT
        out dx, al
        jmp $

answered: db 0
ready:  db 0
rounds: db 0

        times (SECONDARY << 12) - ($ - $$) db 0
; CPU 3 after its SIPI: CS is 0x200, so leave it.
secondary:
        jmp 0:.flat
.flat:
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x6000
        call enable
        mov al, 's'
        call print
        mov byte [ready], 1
        sti
.wait:
        hlt
        jmp .wait
