// From the start state to 64-bit C, on both CPUs: the one that comes first calls first(), the other one second().
#include "xapic.h"

	.section .entry, "ax"
	.code16
	movl $first_stack_end, %esp
	lock btsl $0, gate
	jnc 1f
	movl $second_stack_end, %esp
1:	lgdtl gdt_pointer
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
1:	cmpl $second_stack_end, %esp
	je 2f
	call first
2:	call second

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
gate:
	.long 0
	// Large pages: the cell's RAM with its communication page, the IOAPIC's, the local APIC's.
	.balign 4096
page_map:
	.quad page_directory_pointers + PTE_PRESENT + PTE_WRITABLE
	.balign 4096
page_directory_pointers:
	.quad page_directory + PTE_PRESENT + PTE_WRITABLE
	.quad 0, 0
	.quad device_directory + PTE_PRESENT + PTE_WRITABLE
	.balign 4096
page_directory:
	.quad PTE_PRESENT + PTE_WRITABLE + PTE_LARGE
	.balign 4096
device_directory:
	.skip 8 * DEVICE_ENTRY
	.quad IOAPIC_PAGE + PTE_PRESENT + PTE_WRITABLE + PTE_LARGE
	.quad APIC_PAGE + PTE_PRESENT + PTE_WRITABLE + PTE_LARGE
	.balign 4096

	.bss
	.balign 16
	.skip STACK_SIZE
first_stack_end:
	.skip STACK_SIZE
second_stack_end:
	.section .note.GNU-stack, "", @progbits
