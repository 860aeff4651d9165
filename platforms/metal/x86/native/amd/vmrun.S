// Running a guest under AMD-V, and giving the processor to it for good (AMD64 manual, volume 2, sections 15.5 and 15.17).
#include "image.h"
#include "guest-registers.h"

// Offsets in the control block (appendix B): segments have selector, attributes, limit, base.
#define SEGMENT_ES 0x400
#define SEGMENT_CS 0x410
#define SEGMENT_SS 0x420
#define SEGMENT_DS 0x430
#define GDTR 0x460
#define IDTR 0x480
#define LIMIT 4
#define BASE 8
#define EFER 0x4d0
#define CR4 0x548
#define CR3 0x550
#define CR0 0x558
#define DR7 0x560
#define DR6 0x568
#define RFLAGS 0x570
#define RIP 0x578
#define RSP 0x5d8
#define RAX 0x5f8
#define CR2 0x640

#define ADDRESS_BITS_OF_CR3 0xfffffffffffff000

	.text
	// void run_guest(uint64_t control, uint64_t registers[16])
	.globl run_guest
run_guest:
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	pushq %rsi
	movq %rdi, %rax
	load_registers %rsi
	movq REG_RDI * REGISTER_SIZE(%rsi), %rdi
	movq REG_RSI * REGISTER_SIZE(%rsi), %rsi
	// Interrupts are for the guest: they stay pending until GIF is set, which VMRUN does.
	vmrun %rax
	pushq %rsi
	movq 8(%rsp), %rsi
	popq REG_RSI * REGISTER_SIZE(%rsi)
	movq %rdi, REG_RDI * REGISTER_SIZE(%rsi)
	save_registers %rsi
	popq %rsi
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	ret

	// An NMI in the hypervisor's own code: whoever sent it wanted this CPU out of its guest, where it is already.
	.globl nmi
nmi:
	iretq

	// It was held while GIF was 0, and came where an NMI is taken: between instructions. The guest's CPU has it.
	.globl machine_check
machine_check:
	pushq %rax
	movq %rsp, %rax
	orq $(CPU_SIZE - 1), %rax
	movb $1, 1 - CPU_TOP_MACHINE_CHECK(%rax)
	popq %rax
	iretq

	// A table register from memory: a limit of 16 bits, and the base behind it.
	.macro load_table instruction, table
	movl \table + LIMIT(%rsi), %eax
	movw %ax, -10(%rsp)
	movq \table + BASE(%rsi), %rax
	movq %rax, -8(%rsp)
	\instruction -10(%rsp)
	.endm

	// void leave(uint8_t *block, uint64_t registers[16]): never returns.
	// The guest's page table maps this code and this stack, too: it called from there.
	.globl leave
leave:
	xchgq %rsi, %rdi
	movq CR0(%rsi), %rax
	movq %rax, %cr0
	movq CR2(%rsi), %rax
	movq %rax, %cr2
	movq DR6(%rsi), %rax
	movq %rax, %dr6
	// CR4.PCIDE can be set only while CR3 names no context.
	movq CR3(%rsi), %rcx
	movq %rcx, %rax
	andq $ADDRESS_BITS_OF_CR3, %rax
	movq %rax, %cr3
	movq CR4(%rsi), %rax
	movq %rax, %cr4
	movq %rcx, %cr3
	load_table lgdt, GDTR
	load_table lidt, IDTR
	movl SEGMENT_ES(%rsi), %eax
	movl %eax, %es
	movl SEGMENT_DS(%rsi), %eax
	movl %eax, %ds
	// The code segment first, so that an NMI from STGI on finds what Linux' handler expects.
	movzwl SEGMENT_CS(%rsi), %eax
	pushq %rax
	pushq $1f
	lretq
1:	movzwl SEGMENT_SS(%rsi), %eax
	movl %eax, %ss
	movl %eax, %eax
	pushq %rax
	pushq RSP(%rsi)
	pushq RFLAGS(%rsi)
	movzwl SEGMENT_CS(%rsi), %eax
	pushq %rax
	pushq RIP(%rsi)
	movq DR7(%rsi), %rax
	movq %rax, %dr7
	stgi
	movl $MSR_EFER, %ecx
	movl EFER(%rsi), %eax
	andl $~EFER_SVME, %eax
	movl EFER + 4(%rsi), %edx
	wrmsr
	pushq RAX(%rsi)
	load_registers %rdi
	movq REG_RSI * REGISTER_SIZE(%rdi), %rsi
	movq REG_RDI * REGISTER_SIZE(%rdi), %rdi
	popq %rax
	iretq
	.section .note.GNU-stack, "", @progbits
