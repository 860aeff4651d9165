// Exceptions in the hypervisor's own code. There is one privilege level and one stack, so no task state segment is needed.
#include "image.h"

#define INTERRUPT_GATE 0x8e00
#define MIDDLE(address) ((address) >> 16 & 0xffff)
#define HIGH(address) ((address) >> 32 & 0xffffffff)

	// At a fixed place behind the header, so that the gates are constants.
	.section .vectors, "ax"
	.globl vectors
vectors:
	.set vector, 0
	.rept VECTORS
	.org vector * STUB_SIZE
	.if vector == VECTOR_NMI
	// Whoever sent it wanted this CPU out of its guest, where it is already.
	iretq
	.elseif vector == VECTOR_GP
	jmp general_protection
	.else
	call report
	.endif
	.set vector, vector + 1
	.endr
	.org VECTORS * STUB_SIZE

	.text
general_protection:
	// What may fault goes on behind, with 0 as its result.
	addq $8, %rsp
	xorl %eax, %eax
	.irp name, rdmsr, wrmsr, xsetbv
	cmpq $try_\name, (%rsp)
	jne 1f
	movq $tried_\name, (%rsp)
	iretq
1:
	.endr
	subq $8, %rsp
	call report_general_protection
report_general_protection:
	movq $vectors + VECTOR_GP * STUB_SIZE + CALL_SIZE, (%rsp)
report:
	cld
	movq %rsp, %rdi
	andq $-16, %rsp
	call exception

	// uint32_t try_read_msr(uint32_t msr, uint64_t *value): 1 if it exists.
	.globl try_read_msr
try_read_msr:
	movl %edi, %ecx
try_rdmsr:
	rdmsr
	movl %eax, (%rsi)
	movl %edx, 4(%rsi)
	movl $1, %eax
tried_rdmsr:
	ret

	// uint32_t try_write_msr(uint32_t msr, uint64_t value): 1 if it exists and takes the value.
	.globl try_write_msr
try_write_msr:
	movl %edi, %ecx
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
try_wrmsr:
	wrmsr
	movl $1, %eax
tried_wrmsr:
	ret

	// void try_write_xcr(uint64_t value): XCR0, if that is allowed.
	.globl try_write_xcr
try_write_xcr:
	movl %edi, %eax
	movq %rdi, %rdx
	shrq $32, %rdx
	xorl %ecx, %ecx
try_xsetbv:
	xsetbv
tried_xsetbv:
	ret

	.section .rodata.tables, "a"
	.globl gdt, idt
	.balign 8
gdt:
	.quad 0
	// Code: 64 bits, present, accessed already so that the processor need not write.
	.quad 0x00af9b000000ffff
idt:
	.set vector, 0
	.rept VECTORS
	.set at, STUBS + vector * STUB_SIZE
	.word at, CODE_SELECTOR, INTERRUPT_GATE, MIDDLE(VIRTUAL_BASE)
	.long HIGH(VIRTUAL_BASE), 0
	.set vector, vector + 1
	.endr
	.section .note.GNU-stack, "", @progbits
