; A hand-made inmate that follows the original's conventions and shares nothing with ours: linked at 0 and entered there by
; all CPUs of the cell, command line at 0x1000, communication region at 0x100000, hypercall console, 64-bit, x2APIC MSRs
; whatever the machine's APIC. It reports its command line, survives an exception, takes three timer interrupts, starts
; the other CPUs with INIT and start-up IPIs, interrupts each of them, and says that it has shut down.
; Bytes: test/inmates/images.ts.  nasm -f bin
bits 16
org 0

COMMAND_LINE    equ 0x1000
COMM            equ 0x100000
COMM_STATE      equ COMM + 0x08
COMM_CPUS       equ COMM + 0x42
COMM_TSC_KHZ    equ COMM + 0x44
ABI_REVISION    equ 2
SHUT_DOWN       equ 2
COMM_MISMATCH   equ 4
PUTC            equ 8

PAGE_MAP        equ 0x3000
POINTERS        equ 0x4000
DIRECTORY       equ 0x5000
LARGE_PAGES     equ 512
INTERRUPTS      equ 0x6000
STACK           equ 0x10000
STACK_SIZE      equ 0x1000

MTRR_DEF_TYPE   equ 0x2ff
MTRR_ENABLE     equ 0x800
EFER            equ 0xc0000080
EFER_LME        equ 0x100
CR4_PAE         equ 0x20
CR0_PG          equ 0x80000000
CR0_CACHE_OFF   equ 0x60000000

X2APIC_TPR      equ 0x808
X2APIC_EOI      equ 0x80b
X2APIC_SVR      equ 0x80f
X2APIC_ICR      equ 0x830
X2APIC_LVTT     equ 0x832
X2APIC_INITIAL  equ 0x838
X2APIC_DIVIDE   equ 0x83e
DIVIDE_BY_16    equ 3
ONE_MS          equ 62500               ; at 1 GHz / 16
TICKS           equ 3
INVALID_OPCODE  equ 6
TIMER_VECTOR    equ 32
IPI_VECTOR      equ 40
ICR_INIT        equ 0x4500
ICR_SIPI        equ 0x4600              ; vector 0: this image

        jmp     short start
        align 8
gdt:    dq      0
        dq      0x00cf9b000000ffff      ; 0x08: 32-bit code
        dq      0x00cf93000000ffff      ; 0x10: data
        dq      0x00af9b000000ffff      ; 0x18: 64-bit code
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
        mov     eax, 0x10
        mov     ds, eax
        mov     es, eax
        mov     ss, eax
        mov     ecx, MTRR_DEF_TYPE
        rdmsr
        or      eax, MTRR_ENABLE
        wrmsr
        cmp     dword [other_entry], 0
        jne     enter_long_mode         ; a start-up IPI
        mov     eax, 1
        cpuid
        shr     ebx, 24
        mov     eax, 1
        lock xadd [arrived], eax
        mov     [apic_ids + eax * 4], ebx
        lock inc dword [ready]
        test    eax, eax
        jz      first
wait_for_sipi:
        cli
        hlt
        jmp     wait_for_sipi
first:
        mov     dword [PAGE_MAP], POINTERS + 3
        mov     dword [POINTERS], DIRECTORY + 3
        xor     ecx, ecx
        mov     eax, 0x83               ; present, writable, large
.next:  mov     [DIRECTORY + ecx * 8], eax
        add     eax, 0x200000
        inc     ecx
        cmp     ecx, LARGE_PAGES
        jb      .next
enter_long_mode:
        mov     eax, CR4_PAE
        mov     cr4, eax
        mov     eax, PAGE_MAP
        mov     cr3, eax
        mov     ecx, EFER
        rdmsr
        or      eax, EFER_LME
        wrmsr
        mov     eax, cr0
        and     eax, ~CR0_CACHE_OFF
        or      eax, CR0_PG
        mov     cr0, eax
        jmp     0x18:long_mode

bits 64
long_mode:
        mov     eax, STACK_SIZE
        lock xadd [next_stack], eax
        mov     esp, eax
        lidt    [interrupts_pointer]
        mov     rax, [other_entry]
        test    rax, rax
        jz      main
        jmp     rax

main:
        cmp     dword [COMM], 'JHCO'
        jne     mismatch
        cmp     dword [COMM + 4], 'MM' + (ABI_REVISION << 16)
        je      understood
mismatch:
        mov     dword [COMM_STATE], COMM_MISMATCH
        jmp     halted
understood:
        mov     esi, greeting
        call    puts
        mov     esi, COMMAND_LINE
        call    puts
        mov     al, 10
        call    putc
        mov     edi, INTERRUPTS + INVALID_OPCODE * 16
        mov     eax, invalid_opcode
        call    set_gate
        mov     edi, INTERRUPTS + TIMER_VECTOR * 16
        mov     eax, timer
        call    set_gate
        mov     edi, INTERRUPTS + IPI_VECTOR * 16
        mov     eax, interrupted
        call    set_gate
        ud2
        call    enable_apic
        mov     ecx, X2APIC_DIVIDE
        mov     eax, DIVIDE_BY_16
        call    write_apic
        mov     ecx, X2APIC_LVTT
        mov     eax, TIMER_VECTOR
        call    write_apic
        call    restart_timer
.sleep: sti
        hlt
        cli
        cmp     dword [ticks], TICKS
        jb      .sleep
        movzx   ebx, word [COMM_CPUS]
.all:   cmp     [ready], ebx
        jb      .all
        mov     qword [other_entry], other
.next:  dec     ebx
        jz      .done
        mov     r12d, [apic_ids + rbx * 4]
        call    start_other
        jmp     .next
.done:  mov     esi, farewell
        call    puts
        mov     qword [other_entry], 0  ; so that a start without a load finds what the first one found
        mov     qword [arrived], 0
        mov     dword [ticks], 0
        mov     dword [next_stack], STACK
        mov     dword [COMM_STATE], SHUT_DOWN
halted:
        cli
        hlt
        jmp     halted

; R12D: APIC id. Starts it, and interrupts it when it is there.
start_other:
        mov     dword [answers], 0
        mov     eax, ICR_INIT
        call    send
        mov     r13d, 10000
        call    delay
        mov     eax, ICR_SIPI
        call    send
        mov     r13d, 200
        call    delay
        mov     eax, ICR_SIPI
        call    send
.here:  pause
        cmp     dword [answers], 1
        jb      .here
        mov     eax, IPI_VECTOR
        call    send
.back:  pause
        cmp     dword [answers], 2
        jb      .back
        ret

; Another CPU, from a start-up IPI.
other:
        call    enable_apic
        mov     esi, hello
        call    puts
        lock inc dword [answers]
.sleep: sti
        hlt
        jmp     .sleep

invalid_opcode:
        add     qword [rsp], 2
        mov     esi, exception
        call    puts
        iretq
timer:
        mov     esi, tick
        call    puts
        inc     dword [ticks]
        call    end_of_interrupt
        call    restart_timer
        iretq
interrupted:
        mov     esi, received
        call    puts
        call    end_of_interrupt
        lock inc dword [answers]
        iretq

enable_apic:
        mov     ecx, X2APIC_TPR
        xor     eax, eax
        call    write_apic
        mov     ecx, X2APIC_SVR
        mov     eax, 0x1ff
        jmp     write_apic
restart_timer:
        mov     ecx, X2APIC_INITIAL
        mov     eax, ONE_MS
        jmp     write_apic
end_of_interrupt:
        mov     ecx, X2APIC_EOI
        xor     eax, eax
write_apic:
        xor     edx, edx
        wrmsr
        ret
; EAX: command, R12D: APIC id.
send:
        mov     ecx, X2APIC_ICR
        mov     edx, r12d
        wrmsr
        ret
; R13D: microseconds, by the time stamp counter.
delay:
        mov     eax, [COMM_TSC_KHZ]
        mul     r13d
        mov     ecx, 1000
        div     ecx
        mov     r14d, eax
        rdtsc
        mov     r15d, eax
.wait:  pause
        rdtsc
        sub     eax, r15d
        cmp     eax, r14d
        jb      .wait
        ret

; EDI: gate, EAX: address of a handler below 64 KiB.
set_gate:
        mov     [rdi], ax
        mov     word [rdi + 2], 0x18
        mov     word [rdi + 4], 0x8e00
        ret

; ESI: text with a NUL.
puts:
        lodsb
        test    al, al
        jz      .end
        call    putc
        jmp     puts
.end:   ret
; AL: character, for the hypervisor's console; VMMCALL on an AMD processor.
putc:
        push    rbx
        movzx   edi, al
        xor     eax, eax
        cpuid
        mov     eax, PUTC
        cmp     ebx, 'Auth'
        jne     .intel
        vmmcall
        pop     rbx
        ret
.intel: vmcall
        pop     rbx
        ret

        align 8
interrupts_pointer:
        dw      (IPI_VECTOR + 1) * 16 - 1
        dq      INTERRUPTS
        align 8
other_entry:
        dq      0
arrived:
        dd      0
ready:  dd      0
ticks:  dd      0
answers:
        dd      0
next_stack:
        dd      STACK
apic_ids:
        times 8 dd 0
greeting:
        db      "Command line: ", 0
exception:
        db      "--- EXCEPTION 6 ---", 10, 0
tick:   db      "Timer fired", 10, 0
hello:  db      "Hello from another CPU!", 10, 0
received:
        db      "Received IPI", 10, 0
farewell:
        db      "Shut down", 10, 0
