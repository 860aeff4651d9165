// From 32-bit mode to a Linux kernel's 64-bit entry (Linux' x86 boot protocol, "64-bit boot protocol"). ESI: boot_params, whose
// code32_start is the entry, and which get the memory map.
#include "boot.h"

#define E820_ENTRIES 0x1e8
#define CODE32_START 0x214
#define E820_TABLE 0x2d0
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define PRESENT 1
#define WRITABLE 2
#define LARGE 0x80
#define GIBIBYTE 0x40000000
#define PAGE 4096

	.code32
	.globl first
first:
	movl %esi, %ebx
	movl MEMORY_MAP_COUNT, %eax
	movb %al, E820_ENTRIES(%esi)
	imull $MEMORY_MAP_ENTRY, %eax, %ecx
	leal E820_TABLE(%esi), %edi
	movl $MEMORY_MAP, %esi
	rep movsb
	movl %ebx, %esi

	lgdtl gdt_pointer
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
	ljmpl $BOOT_CODE, $long_mode

	.code64
long_mode:
	movl $BOOT_DATA, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	movl CODE32_START(%rsi), %eax
	jmpq *%rax

	.balign 8
gdt:
	.quad 0, 0
	.quad 0x00af9b000000ffff
	.quad 0x00cf93000000ffff
gdt_pointer:
	.word gdt_pointer - gdt - 1
	.long gdt

	.balign PAGE
page_map:
	.quad pointers + PRESENT + WRITABLE
	.balign PAGE
pointers:
	.set gibibyte, 0
	.rept 4
	.quad gibibyte * GIBIBYTE + PRESENT + WRITABLE + LARGE
	.set gibibyte, gibibyte + 1
	.endr
	.balign PAGE
	.section .note.GNU-stack, "", @progbits
