// From the start state to 64-bit C. The CPU that comes in first since the gate was opened writes down every register before
// it changes it; one that comes when it is closed goes to wait_for_turn.
#include "probe.h"

	.macro save register, at
	movl %\register, found + 8 * (\at)
	.endm
	.macro save_system register, at
	movl %\register, %eax
	movl %eax, found + 8 * (\at)
	.endm
	.macro save_segment register, at
	movw %\register, %ax
	movw %ax, found + 8 * (\at)
	.endm

	.section .entry, "ax"
	.code16
	lock btsl $0, gate
	jc later
	save eax, FOUND_GENERAL + 0
	save ecx, FOUND_GENERAL + 1
	save edx, FOUND_GENERAL + 2
	save ebx, FOUND_GENERAL + 3
	save esp, FOUND_GENERAL + 4
	save ebp, FOUND_GENERAL + 5
	save esi, FOUND_GENERAL + 6
	save edi, FOUND_GENERAL + 7
	save_system cr0, FOUND_CR0
	save_system cr2, FOUND_CR2
	save_system cr3, FOUND_CR3
	save_system cr4, FOUND_CR4
	save_system dr0, FOUND_DR0 + 0
	save_system dr1, FOUND_DR0 + 1
	save_system dr2, FOUND_DR0 + 2
	save_system dr3, FOUND_DR0 + 3
	save_system dr6, FOUND_DR6
	save_system dr7, FOUND_DR7
	save_segment es, FOUND_SEGMENTS + 0
	save_segment cs, FOUND_SEGMENTS + 1
	save_segment ss, FOUND_SEGMENTS + 2
	save_segment ds, FOUND_SEGMENTS + 3
	save_segment fs, FOUND_SEGMENTS + 4
	save_segment gs, FOUND_SEGMENTS + 5
	sgdtl found + 8 * FOUND_GDTR
	sidtl found + 8 * FOUND_IDTR
	movl $MSR_EFER, %ecx
	rdmsr
	save eax, FOUND_EFER
	movl $probe_stack_end, %esp
	jmp to_long_mode
later:
	movl $later_stack_end, %esp
to_long_mode:
	lgdtl gdt_pointer
	movl %cr0, %eax
	andl $~(CR0_CD | CR0_NW), %eax
	orl $CR0_PE, %eax
	movl %eax, %cr0
	ljmpl $CODE32, $1f
	.code32
1:	movw $DATA, %ax
	movw %ax, %ss
	movl %cr4, %eax
	orl $CR4_PAE, %eax
	movl %eax, %cr4
	movl $page_map, %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $EFER_LME, %eax
	wrmsr
	movl %cr0, %eax
	orl $CR0_PG, %eax
	movl %eax, %cr0
	ljmpl $CODE64, $1f
	.code64
1:	cmpl $later_stack_end, %esp
	je 2f
	.set register, 8
	.irp name, r8, r9, r10, r11, r12, r13, r14, r15
	movq %\name, found + 8 * (FOUND_R8 + register - 8)
	.set register, register + 1
	.endr
	call probe
2:	call wait_for_turn

	// #GP: the instruction is stepped over, and told.
	.globl general_protection, tried_faulted
general_protection:
	movl $1, tried_faulted
	addq $TRIED_BYTES, 8(%rsp)
	addq $8, %rsp
	iretq

	.balign 8
gdt:
	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
gdt_pointer:
	.word . - gdt - 1
	.long gdt

	.data
	.globl found, gate
	.balign 8
found:
	.skip 8 * FOUND_END
gate:
	.long 0
tried_faulted:
	.long 0
	// One large page: the cell's RAM, and its communication page.
	.balign 4096
page_map:
	.quad page_directory_pointers + PTE_PRESENT + PTE_WRITABLE
	.balign 4096
page_directory_pointers:
	.quad page_directory + PTE_PRESENT + PTE_WRITABLE
	.balign 4096
page_directory:
	.quad PTE_PRESENT + PTE_WRITABLE + PTE_LARGE
	.balign 4096

	.bss
	.balign 16
	.skip STACK_SIZE
probe_stack_end:
	.skip STACK_SIZE
later_stack_end:
	.section .note.GNU-stack, "", @progbits
