; A cell that tries every MSR that a permission map can have, and those of SMCA: reads it, writes back what it has read, and asks the
; hypervisor's counter whether that cost an exit. Prints to COM2, where the outcome changes from one MSR to the next: r or w, the
; first MSR of the outcome, and a digit: 1 = #GP, 2 = an exit, added. Not written: what would be a violation, and the x2APIC.
; Entered at 0 in real mode, on CPU 2. msr-sweep.ts holds the assembled bytes; a test compares.
        org 0
        bits 16
GP       equ 13
OWN_CPU  equ 2
GET_INFO equ 7
MSR_EXITS equ 1010
COM2     equ 0x2f8
READ     equ 0
WRITE    equ 1
SKIPPED  equ 7
        jmp start
        times GP * 4 - ($ - $$) db 0
        dw fault, 0
ranges: dd 0, 0x2000, 0xc0000000, 0x3000, 0xc0010000, 0x2000, 0, 0
value:  dd 0, 0
last:   dd 0
before: db 0xff, 0xff
letter: db 'rw'
faulted: db 0
amd:    db 0

start:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7000
        xor eax, eax
        cpuid
        cmp ebx, 'Auth'
        sete [amd]
        call exits
        mov si, ranges
range:  mov ebx, [si]
        mov ebp, [si + 4]
        test ebp, ebp
        jz done
        mov word [before], 0xffff
next:   mov ecx, ebx
        xor eax, eax
        xor edx, edx
        mov byte [faulted], 0
        rdmsr
        mov [value], eax
        mov [value + 4], edx
        mov di, READ
        call outcome
        mov al, SKIPPED
        mov di, WRITE
        cmp ebx, 0x1b
        je .skip
        lea ecx, [ebx - 0x200]
        cmp ecx, 0x78
        jb .skip
        lea ecx, [ebx - 0x800]
        cmp ecx, 0x40
        jb .skip
        mov ecx, ebx
        mov eax, [value]
        mov edx, [value + 4]
        mov byte [faulted], 0
        wrmsr
        call outcome
        jmp .end
.skip:  call note
.end:   inc ebx
        dec ebp
        jnz next
        add si, 8
        jmp range
done:   mov al, '.'
        call put
stop:   hlt
        jmp stop

; #GP: goes on behind RDMSR or WRMSR.
fault:  push bp
        mov bp, sp
        add word [bp + 2], 2
        mov byte [faulted], 1
        pop bp
        iret

; EAX: how often this CPU has left its guest for an MSR.
exits:  push esi
        push edi
        mov eax, GET_INFO
        mov edi, OWN_CPU
        mov esi, MSR_EXITS
        cmp byte [amd], 0
        je .intel
        vmmcall
        jmp .end
.intel: vmcall
.end:   pop edi
        pop esi
        ret

; Notes what came of the access DI.
outcome:
        call exits
        mov ecx, eax
        sub ecx, [last]
        mov [last], eax
        mov al, [faulted]
        jecxz note
        or al, 2
; Notes outcome AL of the access DI to MSR EBX.
note:   cmp al, [before + di]
        je .end
        mov [before + di], al
        push ax
        mov al, [letter + di]
        call put
        mov edx, ebx
        mov cx, 8
.digit: rol edx, 4
        mov al, dl
        and al, 15
        cmp al, 10
        jb .put
        add al, 'a' - '0' - 10
.put:   add al, '0'
        call put
        loop .digit
        pop ax
        add al, '0'
        call put
        mov al, 10
        call put
.end:   ret

; Prints AL.
put:    push dx
        push ax
        mov dx, COM2 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        pop ax
        mov dx, COM2
        out dx, al
        pop dx
        ret
