// The image's header, and the entry that the driver calls on every CPU (System V ABI, interrupts off).
#include "image.h"

	.section .header, "ax"
	.ascii "JAILHOUS"
	.quad image_size
	.quad CPU_SIZE
	.quad entry - VIRTUAL_BASE
	.quad console_page - VIRTUAL_BASE
	// Not ours: coverage data.
	.quad 0
	.globl header_max_cpus, header_online_cpus
header_max_cpus:
	.long 0
header_online_cpus:
	.long 0
	// Linux' address of the debug console, which is a port or reached by its physical address.
	.quad 0
	// Arm's field, 16 bytes: here the version, which the driver's has to be.
1:	.asciz PROJECT_VERSION
	.skip 16 - (. - 1b)

	.text
	// int entry(unsigned cpu): the CPU goes on as a guest with result 0, or everything is as it was and the result -errno.
	.globl entry
entry:
	movl $-EINVAL, %eax
	cmpl header_max_cpus, %edi
	jae 1f
	leal 1(%rdi), %edx
	imulq $CPU_SIZE, %rdx, %rdx
	leaq cpus_start - CPU_TOP_SIZE(%rdx), %rdx
	movq %rbx, LINUX_RBX * 8(%rdx)
	movq %rbp, LINUX_RBP * 8(%rdx)
	movq %r12, LINUX_R12 * 8(%rdx)
	movq %r13, LINUX_R13 * 8(%rdx)
	movq %r14, LINUX_R14 * 8(%rdx)
	movq %r15, LINUX_R15 * 8(%rdx)
	pushfq
	popq LINUX_RFLAGS * 8(%rdx)
	popq LINUX_RIP * 8(%rdx)
	movq %rsp, LINUX_RSP * 8(%rdx)
	movq %rdx, %rsp
	movq %rdx, %rbx
	cld
	call start
	movq LINUX_RSP * 8(%rbx), %rsp
	pushq LINUX_RIP * 8(%rbx)
	movq LINUX_RBP * 8(%rbx), %rbp
	movq LINUX_R12 * 8(%rbx), %r12
	movq LINUX_R13 * 8(%rbx), %r13
	movq LINUX_R14 * 8(%rbx), %r14
	movq LINUX_R15 * 8(%rbx), %r15
	movq LINUX_RBX * 8(%rbx), %rbx
1:	ret

	// Empties this CPU's stack and runs guests on it; never returns.
	.globl restart
restart:
	orq $(CPU_SIZE - 1), %rsp
	addq $(1 - CPU_TOP_SIZE), %rsp
	xorl %ebp, %ebp
	call run_cpu
	.section .note.GNU-stack, "", @progbits
