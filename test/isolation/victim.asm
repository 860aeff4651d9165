; A cell that shows any disturbance: it mixes what it reads from its timer, the PM timer, the TSC and its memory into a running
; sum, keeps a log of it in memory, prints through the hypervisor, and takes timer interrupts all the while.
; Entered at 0 in real mode. victim.ts holds the assembled bytes; a test compares.
        org 0
        bits 16
PM_TIMER equ 0x608
LOG      equ 0x2000
LOG_SIZE equ 0x4000
VECTOR   equ 0x20
        jmp start
        times VECTOR * 4 - ($ - $$) db 0
        dw tick, 0
start:  xor ax, ax
        mov ds, ax
        mov ss, ax
        mov es, ax
        mov sp, 0x1f00
        mov ecx, 0x80f                  ; SVR: enable
        mov eax, 0x1ff
        xor edx, edx
        wrmsr
        mov ecx, 0x83e                  ; timer: divide by 1
        mov eax, 0xb
        wrmsr
        mov ecx, 0x832                  ; LVT timer: periodic
        mov eax, 0x20000 | VECTOR
        wrmsr
        mov ecx, 0x838                  ; initial count
        mov eax, 7001
        wrmsr
        mov di, LOG
        mov ebx, 0x12345678
        sti
main:   mov eax, ebx                    ; xorshift32
        shl eax, 13
        xor ebx, eax
        mov eax, ebx
        shr eax, 17
        xor ebx, eax
        mov eax, ebx
        shl eax, 5
        xor ebx, eax
        mov dx, PM_TIMER
        in eax, dx
        call log
        rdtsc
        call log
        inc ebp
        test ebp, 0x3f
        jnz main
        mov eax, 8                      ; DEBUG_CONSOLE_PUTC
        push edi
        movzx edi, bl
        and edi, 0x1f
        add edi, 'A'
        vmmcall
        pop edi
        call log
        hlt
        jmp main
log:    add ebx, eax
        mov [di], ebx
        add di, 4
        cmp di, LOG + LOG_SIZE
        jb .done
        mov di, LOG
.done:  ret
tick:   push eax
        push ecx
        push edx
        rdtsc
        add ebx, eax
        inc dword [0x1ffc]
        mov ecx, 0x80b                  ; EOI
        xor eax, eax
        xor edx, edx
        wrmsr
        pop edx
        pop ecx
        pop eax
        iret
