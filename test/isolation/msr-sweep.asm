; A cell that tries every MSR that a permission map can have, and those of SMCA: reads it, writes back what it has read, and asks the
; hypervisor's counter whether that cost an exit. A byte for each MSR says what came of the read at 0x10000, of the write at 0x20000:
; 1 = #GP, 2 = an exit, added, or 7 for what is not written: what would be a violation, and the x2APIC. Then says "." on COM2 and,
; for those who cannot read its memory, first for reads and then for writes, each index where the outcome changes and the outcome, "/", and
; at last "!".
; Entered at 0 in real mode, on CPU 2. msr-sweep.ts holds the assembled bytes; a test compares.
        org 0
        bits 16
GP       equ 13
OWN_CPU  equ 2
GET_INFO equ 7
MSR_EXITS equ 1010
COM2     equ 0x2f8
READ     equ 0
WRITE    equ 2
SKIPPED  equ 7
        jmp start
        times GP * 4 - ($ - $$) db 0
        dw fault, 0
ranges: dd 0, 0x2000, 0xc0000000, 0x3000, 0xc0010000, 0x2000, 0, 0
value:  dd 0, 0
last:   dd 0
index:  dw 0
segments: dw 0x1000, 0x2000
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
.end:   inc word [index]
        inc ebx
        dec ebp
        jnz next
        add si, 8
        jmp range
done:   mov al, '.'
        call put
        mov ax, 0x1000
        call tell
        mov ax, 0x2000
        call tell
        mov al, '!'
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
; Notes outcome AL of the access DI to the present MSR.
note:   push es
        mov cx, [segments + di]
        mov es, cx
        mov cx, di
        mov di, [index]
        stosb
        mov di, cx
        pop es
        ret

; Tells the changes in the outcomes at segment AX.
tell:   mov es, ax
        xor di, di
        mov ah, 0xff
.next:  mov al, [es:di]
        cmp al, ah
        je .same
        mov ah, al
        mov dx, di
        mov cx, 4
.digit: rol dx, 4
        mov al, dl
        and al, 15
        call hex
        loop .digit
        mov al, ah
        call hex
        mov al, ' '
        call put
.same:  inc di
        cmp di, [index]
        jne .next
        mov al, '/'
; Prints AL, waiting for the line.
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
; Prints digit AL.
hex:    cmp al, 10
        jb .put
        add al, 'a' - '0' - 10
.put:   add al, '0'
        jmp put
