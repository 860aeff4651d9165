; AMD-V (AMD64 APM volume 2, chapter 15) in 64-bit mode: guests that exit, fault, are refused or are given events. Each case begins with a
; fresh control block, changes some of it, enters the guest and prints what its exit has left: exit code, facts, the event that was being
; delivered, the distance of RIP from the guest's first byte, RAX, R15 (the vector that the guest's own handler has seen), RFLAGS, what is
; on top of the stack, the interrupt shadow; and, where the processor has it, the distance of the next RIP.
;
; The files that are included are one group of cases each. Left out for all: IOIO's address size and segment (QEMU 7.2 and Bochs 2.7 have
; other bits there), and ICEBP (QEMU does not know INT1); they are in svm.test.ts.
%include "common.inc"

CODE32  equ 0x08
DATA0   equ 0x10
CODE0   equ 0x18
TSS0    equ 0x20
ABSENT  equ 0x30
LDT0    equ 0x38
STACK0  equ 0x9000              ; the host's
TABLES  equ 0x20000             ; the host's, and guests' without others: 1 GiB of identity
CONTROL equ 0x30000             ; control block
HSAVE   equ 0x31000
IOMAP   equ 0x32000             ; three pages
MSRMAP  equ 0x35000             ; two
OTHER   equ 0x37000             ; a page for VMLOAD and VMSAVE
NESTED  equ 0x40000             ; nested tables: the first 2 MiB in pages of 4 KiB
GSTACK  equ 0x68000             ; the guest's stack
GTABLES equ 0x60000             ; tables of the guest's own
TESTED  equ 0x70000             ; a page under test

EFER    equ 0xc0000080
VM_HSAVE equ 0xc0010117
SVME    equ 0x1000

; Offsets in a control block.
C_CR    equ 0x000
C_EXCP  equ 0x008
C_1     equ 0x00c
C_2     equ 0x010
C_IOMAP equ 0x040
C_MSRMAP equ 0x048
C_TSC   equ 0x050
C_ASID  equ 0x058
C_TLB   equ 0x05c
C_VINTR equ 0x060
C_SHADOW equ 0x068
C_CODE  equ 0x070
C_INFO1 equ 0x078
C_INFO2 equ 0x080
C_INTINFO equ 0x088
C_NESTED equ 0x090
C_EVENT equ 0x0a8
C_NCR3  equ 0x0b0
C_NEXT  equ 0x0c8
S_ES    equ 0x400
S_CS    equ 0x410
S_SS    equ 0x420
S_DS    equ 0x430
S_GDTR  equ 0x460
S_IDTR  equ 0x480
S_CPL   equ 0x4cb
S_EFER  equ 0x4d0
S_CR4   equ 0x548
S_CR3   equ 0x550
S_CR0   equ 0x558
S_DR7   equ 0x560
S_DR6   equ 0x568
S_FLAGS equ 0x570
S_RIP   equ 0x578
S_RSP   equ 0x5d8
S_RAX   equ 0x5f8
S_CR2   equ 0x640
S_PAT   equ 0x668

main16:
        lgdt [gdtr - 0x10000]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword CODE32:main32

        bits 32
main32:
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK0
        mov edi, TABLES
        mov ecx, 0x3000 / 4
        xor eax, eax
        rep stosd
        mov dword [TABLES], TABLES + 0x1007
        mov dword [TABLES + 0x1000], TABLES + 0x2007
        mov edi, TABLES + 0x2000
        mov eax, 0x87
        mov ecx, 512
.fill:  mov [edi], eax
        add edi, 8
        add eax, 0x200000
        loop .fill
        mov eax, cr4
        or eax, 0x620           ; PAE, OSFXSR, OSXMMEXCPT
        mov cr4, eax
        mov eax, TABLES
        mov cr3, eax
        mov ecx, EFER
        mov eax, 0x900 | SVME   ; NXE, LME, SVME
        xor edx, edx
        wrmsr
        mov eax, cr0
        and eax, ~0x60000000    ; caches on
        or eax, 0x80000002      ; PG, MP
        mov cr0, eax
        jmp CODE0:main64

%include "print64.inc"

; --- Cases ------------------------------------------------------------------------------------------------------------

; A fresh control block in CONTROL, maps without a bit, nested tables of identity, an empty stack.
fresh:
        mov edi, CONTROL
        mov ecx, 0x1000 / 8
        xor eax, eax
        rep stosq
        mov edi, IOMAP
        mov ecx, 0x5000 / 8
        rep stosq
        mov edi, GSTACK - 0x800
        mov ecx, 0x1000 / 8
        mov rax, 0x5555
        rep stosq
        call fresh_tables
        mov ebx, CONTROL
        mov dword [rbx + C_1], 0x80000000       ; SHUTDOWN
        mov dword [rbx + C_2], 3                ; VMRUN, VMMCALL
        mov qword [rbx + C_IOMAP], IOMAP
        mov qword [rbx + C_MSRMAP], MSRMAP
        mov dword [rbx + C_ASID], 1
        mov byte [rbx + C_TLB], 1
        mov dword [rbx + S_CS], CODE0 | (0xa9b << 16)
        mov dword [rbx + S_CS + 4], 0xffffffff
        mov dword [rbx + S_SS], DATA0 | (0xc93 << 16)
        mov dword [rbx + S_SS + 4], 0xffffffff
        mov dword [rbx + S_DS], DATA0 | (0xc93 << 16)
        mov dword [rbx + S_DS + 4], 0xffffffff
        mov dword [rbx + S_ES], DATA0 | (0xc93 << 16)
        mov dword [rbx + S_ES + 4], 0xffffffff
        mov dword [rbx + S_GDTR + 4], gdt_end - gdt - 1
        mov qword [rbx + S_GDTR + 8], gdt
        mov dword [rbx + S_IDTR + 4], 0xfff
        mov qword [rbx + S_IDTR + 8], guest_idt
        mov qword [rbx + S_EFER], 0xd00 | SVME
        mov rax, cr0
        mov [rbx + S_CR0], rax
        mov qword [rbx + S_CR3], TABLES
        mov rax, cr4
        mov [rbx + S_CR4], rax
        mov eax, 0xffff0ff0
        mov [rbx + S_DR6], rax
        mov qword [rbx + S_DR7], 0x400
        mov qword [rbx + S_FLAGS], 2
        mov qword [rbx + S_RSP], GSTACK
        mov rax, 0x0007040600070406
        mov [rbx + S_PAT], rax
        xor eax, eax
        xor ecx, ecx
        xor edx, edx
        xor ebp, ebp
        xor esi, esi
        xor edi, edi
        xor r15d, r15d
        ret

; Nested tables: identity, the first 2 MiB in small pages.
fresh_tables:
        mov edi, NESTED
        mov ecx, 0x3000 / 8
        xor eax, eax
        rep stosq
        mov qword [NESTED], NESTED + 0x1007
        mov qword [NESTED + 0x1000], NESTED + 0x2007
        mov edi, NESTED + 0x2000
        mov eax, 0x87
        mov ecx, 512
.large: stosq
        add eax, 0x200000
        loop .large
        mov qword [NESTED + 0x2000], NESTED + 0x3007
        mov edi, NESTED + 0x3000
        mov eax, 7
        mov ecx, 512
.small: stosq
        add eax, 0x1000
        loop .small
        ret

; Enters the guest at RAX, and prints what comes of it.
enter:
        mov [origin], rax
        mov [CONTROL + S_RIP], rax
        mov qword [recover], refused
        mov [recover_rsp], rsp
        mov qword [CONTROL + C_CODE], 0x77777777
        mov eax, CONTROL
        vmrun
        mov eax, [CONTROL + C_CODE]     ; QEMU writes -1 as 32 bits
        call puthex
        cmp eax, -1
        je .done
        mov rax, [CONTROL + C_INFO1]
        cmp dword [CONTROL + C_CODE], 0x7b
        jne .info
        and rax, ~0x1f80        ; address size and segment
.info:  call puthex
        mov rax, [CONTROL + C_INFO2]
        cmp dword [CONTROL + C_CODE], 0x7b
        jne .info2
        sub rax, [origin]
.info2: call puthex
        mov rax, [CONTROL + C_INTINFO]
        test eax, eax                   ; only what is valid
        js .event
        xor eax, eax
.event: call puthex
        mov rax, [CONTROL + S_RIP]
        sub rax, [origin]
        cmp rax, 0x1000
        jb .near
        mov eax, 0xbad          ; in a handler, whose place says nothing
.near:  call puthex
        mov rax, [CONTROL + S_RAX]
        call puthex
        mov rax, r15
        call puthex
        mov rax, [CONTROL + S_FLAGS]
        and eax, 0x3f7700       ; without those of arithmetic
        call puthex
        mov rax, [CONTROL + S_RSP]
        mov rax, [rax]
        cmp rax, 0x10000
        jb .top
        mov eax, 0xadd
.top:   call puthex
        mov rax, [CONTROL + C_SHADOW]
        and eax, 1
        call puthex
        cmp byte [has_next], 0
        je .done
        mov eax, [CONTROL + C_CODE]     ; what is no instruction has none, for which Bochs leaves what there was
        cmp eax, 0x40
        jb .instruction
        cmp eax, 0x65
        jb .done
        cmp eax, 0x90
        jae .done
.instruction:
        mov rax, [CONTROL + C_NEXT]
        test rax, rax
        jz .next
        sub rax, [origin]
.next:  PUT 'n'
        call puthex
.done:  ret
refused:
        PUT '!'
        ret

; Prints the text that the call is followed by, which ends with a NUL.
put_text:
        xchg rsi, [rsp]
        push rax
.next:  lodsb
        test al, al
        jz .done
        out CONSOLE, al
        jmp .next
.done:  pop rax
        xchg rsi, [rsp]
        ret

; TAG names the next case for svm.test.ts, which knows what another emulator does there against the manual.
%macro TAG 1
%define tag %1
%endmacro
; BEGIN is followed by changes of the control block at RBX and of registers, GUEST by the guest's code, END ends the case.
%assign case 0
%macro BEGIN 0
        call putline
        PUTHEX case
%assign case case + 1
%ifdef tag
        call put_text
        db tag, " ", 0
%undef tag
%endif
        call fresh
%endmacro
%macro GUEST 0
%push case
        mov rax, %$guest
        call enter
        jmp %$end
%$guest:
%endmacro
%macro END 0
        vmmcall
%$end:
%pop
%endmacro
; Has exit code %1 intercepted.
%macro WANT 1
        or dword [rbx + (%1) / 32 * 4], 1 << ((%1) % 32)
%endmacro
; Two cases of guest code: with an intercept and without.
%macro BOTH 2+
        BEGIN
        WANT %1
        GUEST
        %2
        END
        BEGIN
        GUEST
        %2
        xor eax, eax
        xor edx, edx
        END
%endmacro
%macro ONLY 2+
        BEGIN
        WANT %1
        GUEST
        %2
        END
%endmacro

main64:
        mov ax, DATA0
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK0
        lidt [idtr]
        mov ax, TSS0
        ltr ax
        mov ecx, VM_HSAVE
        mov eax, HSAVE
        xor edx, edx
        wrmsr
        call make_idts
        mov eax, 0x8000000a
        cpuid
        shr edx, 3
        and dl, 1
        mov [has_next], dl

%include "svm-instructions.inc"
%include "svm-events.inc"
%include "svm-refusals.inc"
%include "svm-maps.inc"
%include "svm-paging.inc"
%include "svm-corners.inc"

        TAG "triple-fault"              ; Bochs ends here
        BEGIN
        mov dword [rbx + S_IDTR + 4], 0
        GUEST
        ud2
        END
        TAG "long-without-protection"   ; and would here
        REFUSE and dword [rbx + S_CR0], ~1

        call putline
        mov al, 0
        out EXIT, al
        mov dx, 0x8900                  ; Bochs ends by this word
        mov esi, shutdown
        mov ecx, 8
        rep outsb
        hlt
        jmp $
shutdown: db "Shutdown"

; --- Exceptions -------------------------------------------------------------------------------------------------------

; The host's: prints vector and error code, and goes on at [recover].
faulted:
        PUT '#'
        pop rax
        call puthex
        pop rax
        call puthex
        mov rax, [rsp]
        mov [fault_rip], rax
        mov rsp, [recover_rsp]
        jmp [recover]

%assign number 0
%rep 32
stub %+ number:
%if number != 8 && number != 10 && number != 11 && number != 12 && number != 13 && number != 14 && number != 17
        push 0x99
%endif
        push number
        jmp faulted
%assign number number + 1
%endrep
; The guest's: R15 is the vector and 0x100, and an exit.
%assign number 0
%rep 256
guest_stub %+ number:
        mov r15d, 0x100 + number
        vmmcall
        jmp $
%assign number number + 1
%endrep
guest_stub_size equ guest_stub1 - guest_stub0

; AX: low half of a handler's address, in EDX its whole; writes a gate at RDI.
put_gate:
        mov eax, edx
        and eax, 0xffff
        or eax, CODE0 << 16
        stosd
        mov eax, edx
        and eax, 0xffff0000
        or eax, 0x8e00
        stosd
        xor eax, eax
        stosq
        ret
make_idts:
        mov edi, idt
        mov esi, stubs
        mov ecx, 32
.host:  lodsd
        mov edx, eax
        call put_gate
        loop .host
        mov edi, guest_idt
        mov edx, guest_stub0
        mov ecx, 256
.guest: call put_gate
        add edx, guest_stub_size
        loop .guest
        mov byte [guest_idt + 0x81 * 16 + 5], 0x0e      ; absent
        ret
        align 4
stubs:
%assign number 0
%rep 32
        dd stub %+ number
%assign number number + 1
%endrep

        align 8
%macro DESC 3
        dw (%2) & 0xffff, (%1) & 0xffff
        db ((%1) >> 16) & 0xff, (%3) & 0xff
        db (((%2) >> 16) & 0xf) | (((%3) >> 4) & 0xf0), ((%1) >> 24) & 0xff
%endmacro
%define AT(x) (x - $$ + 0x10000)
gdt:
        dq 0
        DESC 0, 0xfffff, 0xc9b          ; 08 32-bit code
        DESC 0, 0xfffff, 0xc93          ; 10 data
        DESC 0, 0xfffff, 0xa9b          ; 18 code
        DESC AT(tss), 0x67, 0x089       ; 20 TSS
        dq 0
        DESC 0, 0xfffff, 0xc13          ; 30 absent data
        DESC 0, 0x17, 0x082             ; 38 LDT
        dq 0
gdt_end:
gdtr:   dw gdt_end - gdt - 1
        dq gdt
idtr:   dw 0x1ff
        dq idt
guest_idtr: dw 0xfff
        dq guest_idt
        align 8
origin: dq 0
recover: dq 0
recover_rsp: dq 0
fault_rip: dq 0
table:  dq 0, 0
has_next: db 0
        align 16
tss:    times 0x68 db 0
idt     equ 0x38000
guest_idt equ 0x3a000
FINISH
