/* SPDX-License-Identifier: Apache-2.0 OR MIT */
// Interrupt and exception entries: save the registers, call jh_dispatch with a pointer to them, restore, return. The order on
// the stack is that of struct registers in start.h. x87 and SSE lie below them: handlers find them as a program does at its start, the
// interrupted code as it left them.
#include "jailhouse-layout.h"

// What FXSAVE writes, at an address divided by 16 (AMD64 manual, volume 2, section 11.4.4).
#define FXSAVE_SIZE 512

// Exceptions for which the CPU pushes an error code: 8, 10 to 14, 17, 21, 29, 30.
#define ERROR_CODE_MASK 0x60227d00

	.section .text.jh_vectors, "ax"
	.globl jh_vector_entries, jh_spurious_entry
	.set vector, 0
	.rept JH_VECTOR_COUNT
	.balign 16
	.if vector == 0
jh_vector_entries:
	.endif
	.if vector >= JH_EXCEPTION_COUNT || !((ERROR_CODE_MASK >> vector) & 1)
	push $0
	.endif
	push $vector
	jmp enter
	.set vector, vector + 1
	.endr

jh_spurious_entry:
#ifdef __x86_64__
	iretq
#else
	iretl
#endif

enter:
#ifdef __x86_64__
	push %rax
	push %rbx
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %rbp
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	cld
	mov %rsp, %rdi
	mov %rsp, %rbx
	and $-16, %rsp
	sub $FXSAVE_SIZE, %rsp
	fxsave64 (%rsp)
	fninit
	ldmxcsr jh_mxcsr
	call jh_dispatch
	fxrstor64 (%rsp)
	mov %rbx, %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rbp
	pop %rdi
	pop %rsi
	pop %rdx
	pop %rcx
	pop %rbx
	pop %rax
	add $16, %rsp
	iretq
#else
	push %eax
	push %ebx
	push %ecx
	push %edx
	push %esi
	push %edi
	push %ebp
	cld
	mov %esp, %ebx
	and $-16, %esp
	sub $FXSAVE_SIZE, %esp
	fxsave (%esp)
	fninit
	ldmxcsr jh_mxcsr
	// The argument, and the alignment that calls have.
	sub $12, %esp
	push %ebx
	call jh_dispatch
	fxrstor 16(%esp)
	mov %ebx, %esp
	pop %ebp
	pop %edi
	pop %esi
	pop %edx
	pop %ecx
	pop %ebx
	pop %eax
	add $8, %esp
	iretl
#endif
	.section .note.GNU-stack, "", @progbits
