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
	jmp nmi
	.elseif vector == VECTOR_GP || vector == VECTOR_PF
	call survive
	.elseif vector == VECTOR_MC
	jmp machine_check
	.else
	call report
	.endif
	.set vector, vector + 1
	.endr
	.org VECTORS * STUB_SIZE

	.text
	// The stub's call, the error code, RIP. An instruction of the functions from try_first to try_last may fault: the function
	// returns 0. The rest is reported.
survive:
	cmpq $try_first, 16(%rsp)
	jb report
	cmpq $try_last, 16(%rsp)
	jae report
	addq $16, %rsp
	movq $return, (%rsp)
	xorl %eax, %eax
	iretq

	.globl report
report:
	cld
	movq %rsp, %rdi
	andq $-16, %rsp
	call exception

	// Each function here is a leaf without a frame: where it faults, its caller's address is on top of the stack.
try_first:
	// uint32_t try_read_msr(uint32_t msr, uint64_t *value): 1 if it exists.
	.globl try_read_msr
try_read_msr:
	movl %edi, %ecx
	rdmsr
	movl %eax, (%rsi)
	movl %edx, 4(%rsi)
	pushq $1
	popq %rax
	ret

	// uint32_t try_write_msr(uint32_t msr, uint64_t value): 1 if it exists and takes the value.
	.globl try_write_msr
try_write_msr:
	movl %edi, %ecx
	movl %esi, %eax
	movq %rsi, %rdx
	shrq $32, %rdx
	wrmsr
	pushq $1
	popq %rax
	ret

	// void try_write_xcr(uint64_t value): XCR0, if that is allowed.
	.globl try_write_xcr
try_write_xcr:
	movl %edi, %eax
	movq %rdi, %rdx
	shrq $32, %rdx
	xorl %ecx, %ecx
	xsetbv
	ret

	// uint32_t try_read_<size>(uint64_t place, uint64_t *value): 1 if it could be read.
	.macro try_read size, instruction, register
	.globl try_read_\size
try_read_\size:
	\instruction (%rdi), \register
	movq %rax, (%rsi)
	pushq $1
	popq %rax
	ret
	.endm
	try_read 1, movzbl, %eax
	try_read 2, movzwl, %eax
	try_read 4, movl, %eax
	try_read 8, movq, %rax

	// uint32_t try_write_<size>(uint64_t place, uint64_t value): 1 if it could be written.
	.macro try_write size, instruction, register
	.globl try_write_\size
try_write_\size:
	\instruction \register, (%rdi)
	pushq $1
	popq %rax
	ret
	.endm
	try_write 1, movb, %sil
	try_write 2, movw, %si
	try_write 4, movl, %esi
	try_write 8, movq, %rsi

	// uint32_t try_clear(uint64_t place, uint64_t size): 1 if all of it could be written.
	.globl try_clear
try_clear:
	movq %rsi, %rcx
	xorl %eax, %eax
	rep stosb
	pushq $1
	popq %rax
	ret

	// uint32_t try_copy(uint8_t *to, uint64_t place, uint64_t size): 1 if all of it could be read.
	.globl try_copy
try_copy:
	movq %rdx, %rcx
	rep movsb
	pushq $1
	popq %rax
	ret

	// void restore_legacy(const void *area): x87 and SSE. FNINIT zeroes the pointers, which FXRSTOR may leave.
	.globl restore_legacy
restore_legacy:
	fxrstor64 (%rdi)
	fninit
	ret

	// void try_restore(const void *area), try_restore_supervisor: XRSTOR, XRSTORS of all components, if that is allowed.
	.globl try_restore, try_restore_supervisor
try_restore:
	orl $-1, %eax
	orl $-1, %edx
	xrstor64 (%rdi)
	ret
try_restore_supervisor:
	orl $-1, %eax
	orl $-1, %edx
	xrstors64 (%rdi)
return:
	ret
try_last:

	.section .rodata.tables, "a"
	.globl gdt, idt
	.balign 8
gdt:
	.quad 0, 0
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
