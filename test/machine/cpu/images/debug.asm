; Breakpoints of the debug registers and single steps, in 32-bit protected mode. Each #DB prints DR6, the distance of EIP from [origin],
; and ECX; then its handler clears DR6, puts [resume] into the image of EFLAGS, and returns.
;
; Left out, because QEMU 7.2 does not do what the manuals say, and tested in debug.test.ts: RF in the images of faults and of string
; instructions, breakpoints at repeated ones (it reports each iteration), general detect, HLT under TF (it sleeps), T in a TSS, INT1 (it
; does not know it), single steps after STI and LSS (there are none), with data breakpoints, and after the second of two loads of SS; data
; breakpoints of accesses that are not aligned (it sees more than there are), of loads of SS and of frames, that are not aligned, and two
; that match at once; I/O breakpoints without CR4.DE (they match).
%include "common.inc"

CODE0   equ 0x08
DATA0   equ 0x10
TSS0    equ 0x18
TSS1    equ 0x20
STACK0  equ 0x8000
STACK1  equ 0x7000
DATA    equ 0x9000              ; what is watched
OTHER   equ 0xa000              ; what is not
UNUSED  equ 0x80                ; a port that nobody has, and those after it
RF      equ 0x10000
TF      equ 0x100

main16:
        lgdt [gdtr - 0x10000]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword CODE0:main32

%include "print32.inc"

; What EFLAGS has of TF, IF and RF.
put_flags:
        and eax, RF | TF | 0x200
        jmp puthex

debug:
        push eax
        PUT '!'
        mov eax, dr6
        call puthex
        mov eax, [esp + 4]
        sub eax, [origin]
        call puthex
        mov eax, ecx
        call puthex
        xor eax, eax
        mov dr6, eax
        mov eax, [resume]
        or [esp + 12], eax
        dec dword [left]
        jnz .done
        mov eax, 0x400
        mov dr7, eax
        and dword [esp + 12], ~TF
.done:  pop eax
        iretd

undefined:
        push eax
        PUT 'u'
        mov eax, [esp + 12]
        and eax, TF
        call puthex
        pop eax
        add dword [esp], 2      ; UD2
        iretd
breakpoint:
        push eax
        PUT 'b'
        mov eax, [esp + 4]
        sub eax, [origin]
        call puthex
        mov eax, [esp + 12]
        call put_flags
        pushfd
        pop eax
        call put_flags
        pop eax
        iretd

; Sets DR7 to %1; up to 20 traps, after which DR7 and TF are cleared.
%macro BEGIN 1
        call putline
        mov dword [left], 20
        mov dword [origin], %%start
        xor eax, eax
        mov dr6, eax
        mov eax, %1
        mov dr7, eax
%%start:
%endmacro
%macro END 0
        mov eax, 0x400
        mov dr7, eax
%endmacro
%macro ADDRESS 2
        mov eax, %2
        mov dr%1, eax
%endmacro
%macro STEP 1+
        BEGIN 0x400
        pushfd
        or dword [esp], TF
        popfd
        %1
%endmacro
%macro STOP 0
        pushfd
        and dword [esp], ~TF
        popfd
%endmacro

main32:
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, STACK0
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        lidt [idtr]
        mov ax, TSS0
        ltr ax
        call registers
        call execution
        call sweep
        call instructions
        call ports
        call steps
        call shadows
        call tasks
        mov al, 0
        out EXIT, al
        hlt

; --- The registers themselves ---------------------------------------------------------------------------------------

registers:
        mov dword [resume], 0
%assign i 0
%rep 4
        mov eax, 0x12345678 + i
        mov dr %+ i, eax
        mov eax, dr %+ i
        call puthex
%assign i i + 1
%endrep
        mov eax, 0xffffefff     ; bit 12 is reserved
        mov dr6, eax
        mov eax, dr6
        call puthex
        xor eax, eax
        mov dr6, eax
        mov eax, dr6
        call puthex
        mov eax, dr7
        call puthex
        ; Without CR4.DE 4 is 6 and 5 is 7.
        mov eax, 0x4001
        mov dr4, eax
        mov eax, dr6
        call puthex
        mov eax, 0x20000
        mov dr5, eax
        mov eax, dr7
        call puthex
        mov eax, 0x400
        mov dr7, eax
        call putline
        ret

; --- Breakpoints of instructions ---------------------------------------------------------------------------------------

execution:
        mov dword [resume], RF
        mov ecx, 3
        ADDRESS 0, .nop
        ADDRESS 1, .second
        BEGIN 0x40a
        inc ebx
.nop:   nop
        inc ebx
.second: inc edx
        END
        ADDRESS 0, .here
        BEGIN 0x404             ; the other, locally
        jmp .here
.here:  nop
        END
        ADDRESS 0, .loop
        BEGIN 0x402
.loop:  inc ebx
        loop .loop
        END
        ; A breakpoint that its handler does not step over: it comes 20 times.
        mov dword [resume], 0
        ADDRESS 0, .again
        BEGIN 0x402
.again: nop
        END
        ; An image with RF set passes it once, and so does nothing else.
        mov dword [resume], RF
        ADDRESS 0, .passed
        BEGIN 0x402
        mov ecx, 2
.pass:  push dword RF | 2
        push dword CODE0
        push dword .passed
        cmp ecx, 2
        je .image
        mov dword [esp + 8], 2
.image: iretd
.passed: nop
        nop
        loop .pass
        END
        ; POPF and PUSHF do not know RF.
        push dword RF | 2
        BEGIN 0x402
        popfd
        pushfd
        pop eax
        call put_flags
        END
        ; A fault behind a breakpoint.
        ADDRESS 0, .undefined
        BEGIN 0x402
.undefined: ud2
        END
        ; Two at one place, and one of those that is not enabled.
        ADDRESS 0, .both
        ADDRESS 1, .both
        BEGIN 0x40a
.both:  nop
        END
        ; Code that is written after it was executed, with a breakpoint in its page.
        ADDRESS 0, .written
        mov ecx, 2
        BEGIN 0x402
.rewrite: mov byte [.written], 0x43
.written: inc eax
        mov byte [.written], 0x41
        dec ecx
        jnz .rewrite
        END
        PUTHEX ebx
        ret

%include "debug-data.inc"

; --- Ports ------------------------------------------------------------------------------------------------------------

ports:
        ADDRESS 0, UNUSED
        ADDRESS 1, UNUSED + 4
        mov eax, cr4
        or eax, 8               ; DE
        mov cr4, eax
        mov dword [resume], 0
        BEGIN 0x00e2040a        ; one port; four
        mov edx, UNUSED
        out dx, al
        out dx, eax
        out UNUSED + 1, al
        out UNUSED + 2, eax
        mov edx, UNUSED - 1
        out dx, ax
        in al, UNUSED
        mov ecx, 0
        END
        ret

; --- Single steps -------------------------------------------------------------------------------------------------------

steps:
        mov dword [resume], 0
        mov ecx, 3
        mov edi, OTHER
        mov esi, OTHER
        STEP nop
        nop
        inc ebx
        rep movsb
        jmp .there
        nop
.there: pushfd
        pop eax
        STOP
        call put_flags
        STEP cmp eax, eax
        je .equal
        nop
.equal: int3
        STOP
        STEP nop
        xor eax, eax
        into
        ud2
        mov al, 0x7f
        add al, 0x7f
        STOP
        ; IRET sets and clears TF.
        BEGIN 0x400
        push dword TF | 2
        push dword CODE0
        push dword .one
        iretd
.one:   nop
        push dword 2
        push dword CODE0
        push dword .two
        iretd
.two:   nop
        ret

; --- After loads of SS ---------------------------------------------------------------------------------------------------

shadows:
        mov dword [resume], 0
        mov edx, DATA0
        STEP mov ss, edx
        nop
        nop
        push ss
        pop ss
        nop
        nop
        STOP
        ret

; --- Tasks ----------------------------------------------------------------------------------------------------------------

tasks:
        mov dword [resume], 0
        ADDRESS 0, DATA
        ADDRESS 1, OTHER
        BEGIN 0x00dd0409        ; local, global
        call TSS1:0
        mov eax, dr7
        call puthex
        mov [DATA], eax
        mov [OTHER], eax
        END
        ret
task:   mov [DATA], eax
        mov [OTHER], eax
        iretd

; --- Tables ---------------------------------------------------------------------------------------------------------------

        align 8
gdt:    dq 0
        dq 0x00cf9b000000ffff
        dq 0x00cf93000000ffff
        dw 0x67, tss0 - $$, 0x8901, 0
        dw 0x67, tss1 - $$, 0x8901, 0
gdtr:   dw gdtr - gdt - 1
        dd gdt
%macro GATE 1
        dw (%1 - $$) & 0xffff, CODE0, 0x8e00, 1
%endmacro
idt:    dq 0
        GATE debug
        dq 0
        GATE breakpoint
        GATE breakpoint
        dq 0
        GATE undefined
idtr:   dw idtr - idt - 1
        dd idt
        align 4
tss0:   times 26 dd 0
tss1:   times 8 dd 0
        dd task, 2, 0, 0, 0, 0, STACK1, 0, 0, 0
        dd DATA0, CODE0, DATA0, DATA0, DATA0, DATA0, 0, 0
origin: dd 0
left:   dd 0
resume: dd 0
control: dd 0
counted: dd 0
zero:   dd 0
        FINISH
