; Real mode: the interrupt table, exceptions without error codes, flags, far transfers, segments that keep their limits after a
; visit to protected mode, and 16-bit protected mode with 16-bit gates.
;
; Left out, because QEMU 7.2 does not do what the manuals say: limits.
%include "common.inc"

FLAGS   equ 0x7700              ; what is compared of FLAGS: no arithmetic flags
CODE    equ 0x08
DATA    equ 0x10
FLAT    equ 0x18
CODE3   equ 0x20
DATA3   equ 0x28
TSS     equ 0x30
GATE0   equ 0x38
START      equ 0x10000

%macro PUT 1
        push ax
        mov al, %1
        out CONSOLE, al
        pop ax
%endmacro
%macro PUTHEX 1
        push ax
        mov ax, %1
        call puthex16
        pop ax
%endmacro

main16:
        ; all vectors to stubs
        xor ax, ax
        mov es, ax
        xor di, di
        mov ax, stub0 - START
        mov cx, 32
.fill:  stosw
        mov word [es:di], 0x1000
        add di, 2
        add ax, STUB
        loop .fill
        sti
        pushf
        pop ax
        and ax, FLAGS
        call puthex16
        cli

%macro TRY 2+
        PUT %1
        mov word [resume - START], %%end - START
        mov [resume_sp - START], sp
        mov word [origin - START], %%try - START
%%try:  %2
        PUT '='
%%end:
%endmacro
        TRY 'i', int 0x1e
        TRY '3', int3
        TRY 'o', call do_into
        TRY 'd', call do_divide
        TRY 'u', ud2
        TRY 'b', call do_bound
        TRY 'g', call do_lldt
        TRY 't', call do_ltr
        TRY 'v', call do_verr
        TRY 'a', call do_arpl
        TRY 's', call do_popf
        TRY 'c', call do_call
        TRY 'r', call do_iret
        TRY 'w', call do_iret32
        TRY 'm', call do_smsw
        TRY 'x', call do_segments
        PUT 10
        call big
        call small
        mov al, 0
        out EXIT, al
        hlt

do_into:
        mov al, 0x7f
        add al, 1
        into
        ret
do_divide:
        xor cx, cx
        div cx
        ret
do_bound:
        mov ax, 9
        bound ax, [bounds - START]
        ret
do_lldt:
        lldt ax
        ret
do_ltr:
        ltr ax
        ret
do_verr:
        verr ax
        ret
do_arpl:
        db 0x63, 0xc0
        ret
do_popf:
        push word 0xffff
        popf
        pushf
        pop ax
        and ax, FLAGS & ~0x100
        call puthex16
        push word 2
        popf
        ret
do_call:
        call 0x1000:.far - START
        PUTHEX ax
        ret
.far:   mov bp, sp
        mov ax, [bp]
        sub ax, do_call - START
        PUTHEX ax
        PUTHEX [bp + 2]
        mov ax, 0x4321
        retf
do_iret:
        push word 0x3202
        push word 0x1000
        push word .end - START
        iret
.end:   pushf
        pop ax
        and ax, FLAGS
        call puthex16
        cli
        push word 2
        popf
        ret
do_iret32:
        push dword 0x47202
        push dword 0x1000
        push dword .end - START
        o32 iret
.end:   pushfd
        pop eax
        shr eax, 8
        and eax, 0x477
        call puthex16
        push dword 2
        popfd
        ret
do_smsw:
        smsw ax
        and ax, 0xf
        call puthex16
        sgdt [scratch - START]
        sidt [scratch - START]
        PUTHEX [scratch - START]
        ret
do_segments:
        mov ax, 0x1234
        mov gs, ax
        mov fs, ax
        push gs
        pop fs
        mov ax, fs
        call puthex16
        lds si, [far_pointer - START]
        mov ax, ds
        push ax
        mov ax, 0x1000
        mov ds, ax
        pop ax
        call puthex16
        PUTHEX si
        ret

; Prints a stub's vector, where from, and the flags pushed; leaves no frame.
common16:
        mov bp, sp
        PUT '#'
        PUTHEX [bp]
        mov ax, [bp + 2]
        sub ax, [origin - START]
        cmp ax, 32
        jb .near
        mov ax, 0xffff
.near:  call puthex16
        PUTHEX [bp + 4]
        mov ax, [bp + 6]
        and ax, FLAGS
        call puthex16
        pushf
        pop ax
        and ax, FLAGS
        call puthex16
        mov sp, [resume_sp - START]
        jmp [resume - START]

; A segment loaded in protected mode keeps its limit: 4 GiB in real mode.
big:
        lgdt [gdtr - START]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, FLAT
        mov fs, bx
        and al, ~1
        mov cr0, eax
        mov eax, 0x200000
        mov dword [fs:eax], 0x5aa51234
        mov ax, [fs:eax]
        call puthex16
        mov bx, 0x1000
        mov fs, bx
        mov ax, [fs:resume - START]
        sub ax, [resume - START]
        call puthex16
        PUT 10
        ret

; 16-bit protected mode at levels 0 and 3, with 16-bit gates and TSS.
small:
        cli
        lidt [idtr - START]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp CODE:.protected - START
.protected:
        mov ax, DATA
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov ax, TSS
        ltr ax
        mov ax, 0x1111
        int 0x08
        call GATE0:0
        ; out to level 3 and back through a call gate and an interrupt gate
        push word DATA3 | 3
        push word 0xfc00
        push word 0x3002
        push word CODE3 | 3
        push word .user - START
        iret
.user:
        mov ax, DATA3 | 3
        mov ds, ax
        mov ax, cs
        call puthex16
        PUTHEX sp
        push word 0x7777
        push word 0x8888
        call GATE0 | 3:0
        PUTHEX sp
        int 0x09
        PUTHEX sp
        pushf
        pop ax
        and ax, FLAGS
        call puthex16
        ; the end: back to real mode through a last gate
        int 0x0a
.leave:
        mov ax, DATA
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0xf000
        lidt [real_idtr - START]
        mov eax, cr0
        and al, ~1
        mov cr0, eax
        jmp 0x1000:.real - START
.real:  mov ax, 0x1000
        mov ds, ax
        mov ss, ax
        mov word [resume - START], .done - START
        mov [resume_sp - START], sp
        mov word [origin - START], .origin - START
.origin:
        int 0x1d
.done:
        mov al, 0
        out EXIT, al
        hlt

; Handlers of 16-bit gates print their frame.
gate_handler:
        mov bp, sp
        PUT 'G'
        mov cx, 6
        jmp put_frame
interrupt_handler:
        mov bp, sp
        PUT 'I'
        mov cx, 3
        call put_words
        iret
user_handler:
        mov bp, sp
        PUT 'U'
        mov cx, 5
        call put_words
        iret
put_frame:
        call put_words
        retf 4
put_words:
        push ax
        mov ax, cs
        call puthex16
        mov ax, ss
        call puthex16
        PUTHEX bp
.next:  PUTHEX [bp]
        add bp, 2
        loop .next
        pop ax
        ret

%assign number 0
stub0:
%rep 32
        push word number
        jmp strict near common16
%assign number number + 1
%endrep
STUB    equ 5

%define HERE(x) (x - $$)
        align 8
gdt:    dq 0
        dw 0xffff, 0, 0x9b01, 0         ; 08 code 0, base 0x10000
        dw 0xffff, 0, 0x9301, 0         ; 10 data 0
        dw 0xffff, 0, 0x9300, 0xcf      ; 18 4 GiB
        dw 0xffff, 0, 0xfb01, 0         ; 20 code 3
        dw 0xffff, 0, 0xf301, 0         ; 28 data 3
        dw 0x2b, HERE(tss), 0x8101, 0   ; 30 16-bit TSS
        dw HERE(gate_handler), CODE, 0xe402, 0  ; 38 16-bit call gate, two parameters
gdt_end:
gdtr:   dw gdt_end - gdt - 1
        dd gdt
idt:    times 8 dq 0
        dw HERE(interrupt_handler), CODE, 0x8600, 0     ; 08 interrupt gate
        dw HERE(user_handler), CODE, 0xe700, 0          ; 09 trap gate of level 3
        dw HERE(small.leave), CODE, 0xe600, 0           ; 0a the end
idt_end:
idtr:   dw idt_end - idt - 1
        dd idt
real_idtr:
        dw 0x3ff
        dd 0
tss:    dw 0, 0xe000, DATA
        times 0x2c - ($ - tss) db 0
far_pointer:
        dw 0x5678, 0x9abc
bounds: dw 10, 20
resume: dw 0
resume_sp: dw 0
origin: dw 0
scratch: times 10 db 0
FINISH
