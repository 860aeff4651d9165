// Running a guest under VT-x, and giving the processor to Linux for good (SDM volume 3C, chapters 27 and 28).
//
// No NMI is missed on the way into a guest. There is no GIF: an NMI comes between any two instructions here, and nobody who sends one
// to bring this CPU out of its guest (../../stop.ts) sends a second. So:
// 1. `nmi` keeps a note of each one that comes, and nothing else but step 2 happens at it.
// 2. One that comes while RIP is from `entering` on, where the note is looked at, up to the instruction that enters the guest, changes
//    RIP to `kept_out`: what was seen of the note is out of date.
// 3. So of the two orders in which an NMI and `entering` can come, one ends at the jump behind it, the other at `kept_out`. The window
//    holds no instruction that writes to memory or moves the stack pointer, so that `kept_out` finds all as it was.
// 4. Behind the window the guest runs, which the NMI leaves (PIN_NMI), or the entry has failed; then the note is seen at the next one.
//    One at the jump behind a VMRESUME that failed, which is in the window, has it tried, and fail, once more.
// 5. After an exit by an NMI the processor holds further ones until an IRET: `end_nmi`, which comes after the note has been forgotten,
//    so that one that was held makes a note of its own.
// The same holds for machine checks, which come here as exceptions. test/metal/nmi-window.test.ts has either at every boundary.
#include "image.h"
#include "guest-registers.h"

#define FIELD(field) ((field) * 8)
#define SEGMENT_FIELD(group, segment) (((group) + (segment)) * 8)
#define ADDRESS_BITS_OF_CR3 0xfffffffffffff000
#define MCG_STATUS_RIPV 1

	.text
	// uint32_t run_guest(uint64_t registers[16], uint64_t *cr2, uint32_t is_launched): RUN_*
	.globl run_guest, vm_exit
run_guest:
	pushq %rbx
	pushq %rbp
	pushq %r12
	pushq %r13
	pushq %r14
	pushq %r15
	pushq %rsi
	pushq %rdi
	movl $VMCS_HOST_RSP, %eax
	vmwrite %rsp, %rax
	movq (%rsi), %rax
	movq %cr2, %rcx
	cmpq %rax, %rcx
	je 1f
	movq %rax, %cr2
1:	movq %rsp, %rcx
	orq $(CPU_SIZE - 1), %rcx
entering:
	cmpw $0, 1 - CPU_TOP_MACHINE_CHECK(%rcx)
	jne kept_out
	// Moves leave the flags as they are.
	testl %edx, %edx
	movq REG_RAX * REGISTER_SIZE(%rdi), %rax
	load_registers %rdi
	movq REG_RSI * REGISTER_SIZE(%rdi), %rsi
	movq REG_RDI * REGISTER_SIZE(%rdi), %rdi
	jz 1f
	vmresume
	jmp failed
1:	vmlaunch
failed:
	movl $RUN_FAILED, %eax
	jmp out
kept_out:
	movl $RUN_KEPT_OUT, %eax
	jmp out
vm_exit:
	pushq %rdi
	movq 8(%rsp), %rdi
	popq REG_RDI * REGISTER_SIZE(%rdi)
	movq %rax, REG_RAX * REGISTER_SIZE(%rdi)
	movq %rsi, REG_RSI * REGISTER_SIZE(%rdi)
	save_registers %rdi
	movq 8(%rsp), %rsi
	movq %cr2, %rax
	movq %rax, (%rsi)
	movl $RUN_EXITED, %eax
out:
	addq $16, %rsp
	popq %r15
	popq %r14
	popq %r13
	popq %r12
	popq %rbp
	popq %rbx
	ret

	// An NMI in the hypervisor's own code.
	.globl nmi
nmi:
	pushq %rax
	movq %rsp, %rax
	orq $(CPU_SIZE - 1), %rax
	movb $1, 1 - CPU_TOP_NMI(%rax)
keep_out:
	cmpq $entering, 8(%rsp)
	jb 1f
	cmpq $failed, 8(%rsp)
	jae 1f
	movq $kept_out, 8(%rsp)
1:	popq %rax
	iretq

	// A machine check there. The guest's CPU has it, if what was interrupted can go on.
	.globl machine_check
machine_check:
	pushq %rax
	pushq %rcx
	pushq %rdx
	movl $MSR_MCG_STATUS, %ecx
	rdmsr
	testb $MCG_STATUS_RIPV, %al
	jz 2f
	popq %rdx
	popq %rcx
	movq %rsp, %rax
	orq $(CPU_SIZE - 1), %rax
	movb $1, 1 - CPU_TOP_MACHINE_CHECK(%rax)
	jmp keep_out
2:	popq %rdx
	popq %rcx
	popq %rax
	pushq $(VIRTUAL_BASE + STUBS + VECTOR_MC * STUB_SIZE + CALL_SIZE)
	jmp report

	// void end_nmi(void): lets NMIs come again.
	.globl end_nmi
end_nmi:
	movq %rsp, %rax
	pushq $0
	pushq %rax
	pushfq
	pushq $CODE_SELECTOR
	pushq $1f
	iretq
1:	ret

	// A table register from memory: a limit of 16 bits, and the base behind it.
	.macro load_table instruction, segment
	movl SEGMENT_FIELD(FIELD_LIMITS, \segment)(%rsi), %eax
	movw %ax, -10(%rsp)
	movq SEGMENT_FIELD(FIELD_BASES, \segment)(%rsi), %rax
	movq %rax, -8(%rsp)
	\instruction -10(%rsp)
	.endm

	.macro load_base msr, segment
	movl $\msr, %ecx
	movl SEGMENT_FIELD(FIELD_BASES, \segment)(%rsi), %eax
	movl SEGMENT_FIELD(FIELD_BASES, \segment) + 4(%rsi), %edx
	wrmsr
	.endm

	// void leave(uint64_t *fields, uint64_t *cr2, uint64_t registers[16]): never returns.
	// The guest's page table maps this code and this stack, too: it called from there. Linux has its code segment where the image
	// has its own (CODE_SELECTOR), so that an NMI finds a gate and a segment that fit at any moment: the image's until LIDT, Linux' from
	// then on, when all that Linux' handler needs is there.
	.globl leave
leave:
	movq (%rsi), %rax
	movq %rax, %cr2
	movq %rdi, %rsi
	movq %rdx, %rdi
	movq FIELD(FIELD_CR0)(%rsi), %rax
	movq %rax, %cr0
	// CR4.PCIDE can be set only while CR3 names no context.
	movq FIELD(FIELD_CR3)(%rsi), %rcx
	movq %rcx, %rax
	andq $ADDRESS_BITS_OF_CR3, %rax
	movq %rax, %cr3
	movq FIELD(FIELD_CR4)(%rsi), %rax
	movq %rax, %cr4
	movq %rcx, %cr3
	load_table lgdt, SEGMENT_GDTR
	movl SEGMENT_FIELD(FIELD_SELECTORS, SEGMENT_ES)(%rsi), %eax
	movl %eax, %es
	movl SEGMENT_FIELD(FIELD_SELECTORS, SEGMENT_DS)(%rsi), %eax
	movl %eax, %ds
	movl SEGMENT_FIELD(FIELD_SELECTORS, SEGMENT_FS)(%rsi), %eax
	movl %eax, %fs
	movl SEGMENT_FIELD(FIELD_SELECTORS, SEGMENT_GS)(%rsi), %eax
	movl %eax, %gs
	movl SEGMENT_FIELD(FIELD_SELECTORS, SEGMENT_SS)(%rsi), %eax
	movl %eax, %ss
	load_base MSR_FS_BASE, SEGMENT_FS
	load_base MSR_GS_BASE, SEGMENT_GS
	movq FIELD(FIELD_DR7)(%rsi), %rax
	movq %rax, %dr7
	load_table lidt, SEGMENT_IDTR
	pushq SEGMENT_FIELD(FIELD_SELECTORS, SEGMENT_SS)(%rsi)
	pushq FIELD(FIELD_RSP)(%rsi)
	pushq FIELD(FIELD_RFLAGS)(%rsi)
	pushq SEGMENT_FIELD(FIELD_SELECTORS, SEGMENT_CS)(%rsi)
	pushq FIELD(FIELD_RIP)(%rsi)
	pushq REG_RAX * REGISTER_SIZE(%rdi)
	load_registers %rdi
	movq REG_RSI * REGISTER_SIZE(%rdi), %rsi
	movq REG_RDI * REGISTER_SIZE(%rdi), %rdi
	popq %rax
	iretq
	.section .note.GNU-stack, "", @progbits
