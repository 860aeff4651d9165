// From reset to C. Every CPU of the cell comes in at the same time, in real mode, without a stack.
// EDI tells where a CPU comes from (0 reset, 1 start-up IPI) until it reaches C.
#include "abi.h"

#define CODE32 0x08
#define DATA 0x10
#define CODE64 0x18

#define PAGE_SIZE 0x1000
#define TABLE_ENTRIES 512
#define GIBIBYTES 4
#define LARGE_PAGE_SHIFT 21
#define LEAF_APIC_ID 1
#define APIC_ID_SHIFT 24

// Where the entry from reset lies in the page of 16-bit code.
#define RESET_OFFSET 8
// Something in that page as 16-bit code in the image's segment sees it; a number, since there are no 16-bit relocations.
#define IN_SEGMENT(symbol) ((symbol) - boot_page + BOOT_PAGE - IMAGE_BASE)

	.section .reset, "ax"
	.code16
	ljmp $IMAGE_SEGMENT, $(BOOT_PAGE - IMAGE_BASE + RESET_OFFSET)
	// Nothing lies behind the reset vector, so the image ends with these bytes.
	.balign 16, 0

	.section .boot, "ax"
	.code16
boot_page:
	// A start-up IPI enters here, with CS = 0xff00: make addresses relative to the image again.
	ljmp $IMAGE_SEGMENT, $IN_SEGMENT(from_sipi)
	.org RESET_OFFSET
	xorl %edi, %edi
	jmp to_protected_mode
from_sipi:
	movl $1, %edi
to_protected_mode:
	cli
	lgdtl %cs:IN_SEGMENT(gdt_pointer)
	movl %cr0, %eax
	andl $~(CR0_CD | CR0_NW), %eax
	orl $CR0_PE, %eax
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

	// The first CPU runs the inmate; the others leave their APIC id and wait for a start-up IPI.
	movl $1, %esi
	lock xaddl %esi, START_COUNTER
	cmpl $MAX_CPUS, %esi
	jae park
	movl $LEAF_APIC_ID, %eax
	cpuid
	shrl $APIC_ID_SHIFT, %ebx
	movl %ebx, apic_ids(, %esi, 4)
	lock incl READY_COUNTER
	testl %esi, %esi
	jz clear
park:
	cli
	hlt
	jmp park

clear:
	// Variables and heap start as zeros, whatever an earlier run left.
	cld
	xorl %eax, %eax
	movl $bss_start, %edi
	movl $HEAP_END, %ecx
	subl %edi, %ecx
	shrl $2, %ecx
	rep stosl
	movl $first_stack_end, ap_stack
#ifdef __x86_64__
	movl $(page_directory_pointers + PTE_PRESENT + PTE_WRITABLE), page_map
	// One entry for each GiB, then one large page after the other.
	movl $(page_directories + PTE_PRESENT + PTE_WRITABLE), %eax
	xorl %ecx, %ecx
1:	movl %eax, page_directory_pointers(, %ecx, 8)
	addl $PAGE_SIZE, %eax
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
#endif
	xorl %edi, %edi

enable_mtrrs:
	// Until this bit is set, memory is uncached (ABI section 4).
	movl $MSR_MTRR_DEF_TYPE, %ecx
	rdmsr
	orl $MTRR_DEF_TYPE_ENABLE, %eax
	wrmsr
#ifdef __x86_64__
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
	ljmpl $CODE64, $long_mode

	.code64
long_mode:
	movl ap_stack, %esp
	xorl %ebp, %ebp
	testl %edi, %edi
	jnz 1f
	call start_first_cpu
1:	call start_next_cpu
#else
	movl ap_stack, %esp
	xorl %ebp, %ebp
	testl %edi, %edi
	jnz 1f
	call start_first_cpu
1:	call start_next_cpu
#endif

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

	.bss
	.globl ap_stack, apic_ids
	.balign 4
// The stack of the CPU that comes next; the first CPU writes it for each of the others.
ap_stack:
	.skip 4
	.section .stack, "aw", @nobits
	.balign STACK_SIZE
	.skip STACK_SIZE
first_stack_end:
	// Outside of what the first CPU clears: the others may have been faster.
	.section .kept, "aw", @nobits
	.balign 4
apic_ids:
	.skip 4 * MAX_CPUS
#ifdef __x86_64__
	.section .tables, "aw", @nobits
	.balign PAGE_SIZE
page_map:
	.skip PAGE_SIZE
page_directory_pointers:
	.skip PAGE_SIZE
page_directories:
	.skip GIBIBYTES * PAGE_SIZE
#endif
	.section .note.GNU-stack, "", @progbits
