// From multiboot, or a start-up IPI, to 64-bit C. The first 4 GiB are mapped to themselves; main.c adds the hypervisor.
#include "loader.h"

#define MULTIBOOT_MAGIC 0x1badb002
// The header has addresses, since the kernel is not ELF.
#define MULTIBOOT_FLAGS 0x00010000
#define LARGE_PAGE_SHIFT 21
#define TABLE_ENTRIES 512
#define GIBIBYTES 4
#define LEAF_APIC_ID 1
#define APIC_ID_SHIFT 24

	.section .multiboot, "ax"
	.balign 4
multiboot:
	.long MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
	.long multiboot, image_start, data_end, bss_end, first

	.text
	.code32
first:
	movl %ebx, boot_info
	movl $(page_directory_pointers + PTE_PRESENT + PTE_WRITABLE), page_map
	movl $(page_directories + PTE_PRESENT + PTE_WRITABLE), %eax
	xorl %ecx, %ecx
1:	movl %eax, page_directory_pointers(, %ecx, 8)
	addl $0x1000, %eax
	incl %ecx
	cmpl $GIBIBYTES, %ecx
	jne 1b
	xorl %ecx, %ecx
2:	movl %ecx, %eax
	shll $LARGE_PAGE_SHIFT, %eax
	orl $(PTE_PRESENT | PTE_WRITABLE | PTE_LARGE), %eax
	movl %eax, page_directories(, %ecx, 8)
	incl %ecx
	cmpl $(GIBIBYTES * TABLE_ENTRIES), %ecx
	jne 2b
	lgdtl gdt_pointer
	ljmpl $CODE32, $protected_mode

	// Copied to TRAMPOLINE.
	.code16
	.globl trampoline, trampoline_end
trampoline:
	cli
	lgdtl %cs:trampoline_gdt_pointer - trampoline
	movl $CR0_PE, %eax
	movl %eax, %cr0
	ljmpl $CODE32, $protected_mode
	.balign 4
trampoline_gdt_pointer:
	.word gdt_end - gdt - 1
	.long gdt
trampoline_end:

	.code32
protected_mode:
	movw $DATA, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movl $(CR4_PAE | CR4_PGE), %eax
	movl %eax, %cr4
	movl $page_map, %eax
	movl %eax, %cr3
	movl $MSR_EFER, %ecx
	rdmsr
	orl $(EFER_LME | EFER_NXE), %eax
	wrmsr
	movl $(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_PG), %eax
	movl %eax, %cr0
	ljmpl $CODE64, $long_mode

	.code64
long_mode:
	movl $LEAF_APIC_ID, %eax
	cpuid
	shrl $APIC_ID_SHIFT, %ebx
	movl %ebx, %edi
	leal 1(%rbx), %eax
	imull $STACK_SIZE, %eax, %eax
	leaq stacks(%rax), %rsp
	call cpu_main
1:	hlt
	jmp 1b

	// Exceptions end the test; NMIs, by which the hypervisor stops CPUs, are nothing to us.
	.globl vectors
	.balign STUB_SIZE
vectors:
	.set vector, 0
	.rept VECTORS
	.balign STUB_SIZE
	.if vector == VECTOR_NMI
	iretq
	.else
	call fault_entry
	.endif
	.set vector, vector + 1
	.endr
fault_entry:
	movq %rsp, %rdi
	andq $-16, %rsp
	call fault

	.section .rodata
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

	.data
	.globl boot_info
boot_info:
	.long 0

	.bss
	.balign 4096
	.globl page_map
page_map:
	.skip 4096
page_directory_pointers:
	.skip 4096
page_directories:
	.skip 4096 * GIBIBYTES
stacks:
	.skip STACK_SIZE * MAX_CPUS
	.section .note.GNU-stack, "", @progbits
