/* SPDX-License-Identifier: Apache-2.0 OR MIT */
// From reset to C. Every CPU of the cell comes in at the same time, in real mode, without a stack.
// EDI tells where a CPU comes from (0 reset, 1 start-up IPI) until it reaches C.
#include "jailhouse-layout.h"

#define CODE32 0x08
#define DATA 0x10
#define CODE64 0x18

#define PAGE_SIZE 0x1000
#define TABLE_ENTRIES 512
#define GIBIBYTES 4
#define LARGE_PAGE_SHIFT 21
#define LEAF_APIC_ID 1
// MXCSR after a reset, and what the ABI has at a program's start: every exception masked, rounded to nearest (AMD64 manual, volume 1,
// section 4.2.2).
#define MXCSR_DEFAULT 0x1f80
#define APIC_ID_SHIFT 24

// Where the entry from reset lies in the page of 16-bit code.
#define RESET_OFFSET 8
// Something in that page as 16-bit code in the image's segment sees it; a number, so that no 16-bit relocation is needed.
#define IN_SEGMENT(symbol) ((symbol) - boot_page + JH_BOOT_PAGE - JH_IMAGE_BASE)

	.section .jh.reset, "ax"
	.code16
	.globl jh_reset
jh_reset:
	ljmp $JH_IMAGE_SEGMENT, $(JH_BOOT_PAGE - JH_IMAGE_BASE + RESET_OFFSET)
	// At 0xffff0 nothing lies behind, so the image ends with these bytes.
	.balign 16, 0

	.section .jh.boot, "ax"
	.code16
boot_page:
	// A start-up IPI enters here, with CS = the page's segment: make addresses relative to the image again.
	ljmp $JH_IMAGE_SEGMENT, $IN_SEGMENT(from_sipi)
	.org RESET_OFFSET
	xorl %edi, %edi
	jmp to_protected_mode
from_sipi:
	movl $1, %edi
to_protected_mode:
	cli
	lgdtl %cs:IN_SEGMENT(gdt_pointer)
	movl %cr0, %eax
	andl $~(JH_CR0_CD | JH_CR0_NW), %eax
	orl $JH_CR0_PE, %eax
	movl %eax, %cr0
	ljmpl $CODE32, $protected_mode

	.code32
protected_mode:
	movw $DATA, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %fs
	movw %ax, %gs
	movw %ax, %ss
	testl %edi, %edi
	jnz enable_mtrrs

	// The first CPU runs the program; the others leave their APIC id and wait for a start-up IPI.
	movl $1, %esi
	lock xaddl %esi, JH_START_COUNTER
	cmpl $JH_MAX_CPUS, %esi
	jae park
	movl $LEAF_APIC_ID, %eax
	cpuid
	shrl $APIC_ID_SHIFT, %ebx
	movl %ebx, jh_apic_ids(, %esi, 4)
	lock incl JH_READY_COUNTER
	testl %esi, %esi
	jz first
park:
	cli
	hlt
	jmp park

first:
	// Initialised variables are copied out of the image; the others, the heap and the page tables start as zeros.
	cld
	movl $jh_data_load, %esi
	movl $jh_data_start, %edi
	movl $jh_data_end, %ecx
	subl %edi, %ecx
	rep movsb
	xorl %eax, %eax
	movl $jh_bss_start, %edi
	movl $JH_HEAP_END, %ecx
	subl %edi, %ecx
	shrl $2, %ecx
	rep stosl
	movl $first_stack_end, jh_next_stack
#ifdef __x86_64__
	movl $(page_directory_pointers + JH_PTE_PRESENT + JH_PTE_WRITABLE), page_map
	// One entry for each GiB, then one large page after the other.
	movl $(page_directories + JH_PTE_PRESENT + JH_PTE_WRITABLE), %eax
	xorl %ecx, %ecx
1:	movl %eax, page_directory_pointers(, %ecx, 8)
	addl $PAGE_SIZE, %eax
	incl %ecx
	cmpl $GIBIBYTES, %ecx
	jne 1b
	xorl %ecx, %ecx
2:	movl %ecx, %eax
	shll $LARGE_PAGE_SHIFT, %eax
	orl $(JH_PTE_PRESENT | JH_PTE_WRITABLE | JH_PTE_LARGE), %eax
	movl %eax, page_directories(, %ecx, 8)
	incl %ecx
	cmpl $(GIBIBYTES * TABLE_ENTRIES), %ecx
	jne 2b
#endif
	xorl %edi, %edi

enable_mtrrs:
	// Until this bit is set, memory is uncached.
	movl $JH_MSR_MTRR_DEF_TYPE, %ecx
	rdmsr
	orl $JH_MTRR_DEF_TYPE_ENABLE, %eax
	wrmsr

	// x87 and SSE, as a program for this width finds them: INIT has left the registers of both as they were.
	movl %cr0, %eax
	andl $~(JH_CR0_EM | JH_CR0_TS), %eax
	orl $(JH_CR0_MP | JH_CR0_NE), %eax
	movl %eax, %cr0
	movl %cr4, %eax
	orl $(JH_CR4_OSFXSR | JH_CR4_OSXMMEXCPT), %eax
	movl %eax, %cr4
	fninit
	ldmxcsr jh_mxcsr
#ifdef __x86_64__
	movl %cr4, %eax
	orl $JH_CR4_PAE, %eax
	movl %eax, %cr4
	movl $page_map, %eax
	movl %eax, %cr3
	movl $JH_MSR_EFER, %ecx
	rdmsr
	orl $JH_EFER_LME, %eax
	wrmsr
	movl %cr0, %eax
	orl $JH_CR0_PG, %eax
	movl %eax, %cr0
	ljmpl $CODE64, $long_mode

	.code64
long_mode:
#endif
	movl jh_next_stack, %esp
	xorl %ebp, %ebp
	testl %edi, %edi
	jnz 3f
	call jh_start_first
3:	call jh_start_next

	// "Accessed" is set already: the CPU must not write to the image.
	.balign 8
gdt:
	.quad 0
	.quad 0x00cf9b000000ffff
	.quad 0x00cf93000000ffff
	.quad 0x00af9b000000ffff
gdt_end:
gdt_pointer:
	.word gdt_end - gdt - 1
	.long gdt
	.globl jh_mxcsr
	.balign 4
jh_mxcsr:
	.long MXCSR_DEFAULT

	.bss
	.globl jh_next_stack, jh_apic_ids
	.balign 4
// The stack of the CPU that comes next; the first CPU writes it for each of the others.
jh_next_stack:
	.skip 4
	.section .jh.stack, "aw", @nobits
	.balign JH_STACK_SIZE
	.skip JH_STACK_SIZE
first_stack_end:
	// Outside of what the first CPU clears: the others may have been faster.
	.section .jh.kept, "aw", @nobits
	.balign 4
jh_apic_ids:
	.skip 4 * JH_MAX_CPUS
#ifdef __x86_64__
	.section .jh.tables, "aw", @nobits
	.balign PAGE_SIZE
page_map:
	.skip PAGE_SIZE
page_directory_pointers:
	.skip PAGE_SIZE
page_directories:
	.skip GIBIBYTES * PAGE_SIZE
#endif
	.section .note.GNU-stack, "", @progbits
