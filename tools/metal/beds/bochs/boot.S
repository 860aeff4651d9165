// The boot sector of a disk for Bochs, which can load nothing by itself: notes the memory map, reads what the table says
// to where it says, and jumps in 32-bit mode with flat segments: EAX says multiboot, EBX and ESI hold the argument.
#include "boot.h"

#define BIOS_MEMORY 0x15
#define BIOS_DISK 0x13
#define MEMORY_MAP_CALL 0xe820
#define SMAP 0x534d4150
#define READ_EXTENDED 0x42
#define PACKET_SIZE 16
#define SECTOR_DWORDS (SECTOR / 4)
/** System control port A (ISA): A20, and a reset. */
#define CONTROL_A 0x92
#define A20 2
#define NO_RESET 0xfe
/** Bochs ends when this word is written here (its iodev/unmapped.cc). */
#define BOCHS_END 0x8900
#define CR0_PE 1
/** Instruction prefix (APM 3, 1.2.3). */
#define ADDRESS_SIZE 0x67

	.code16
	.globl first
first:
	cli
	cld
	ljmpw $0, $1f
1:	xorw %ax, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movw $BOOT_SECTOR, %sp
	movb %dl, drive
	sti

	// A machine that resets must not begin again.
	movl $STARTED_MAGIC, %eax
	xchgl %eax, STARTED
	cmpl $STARTED_MAGIC, %eax
	je end

	inb $CONTROL_A, %al
	orb $A20, %al
	andb $NO_RESET, %al
	outb %al, $CONTROL_A

	xorl %ebx, %ebx
	movl %ebx, MEMORY_MAP_COUNT
	movw $MEMORY_MAP, %di
map:
	movl $MEMORY_MAP_CALL, %eax
	movl $SMAP, %edx
	movl $MEMORY_MAP_ENTRY, %ecx
	int $BIOS_MEMORY
	jc read
	incl MEMORY_MAP_COUNT
	addw $MEMORY_MAP_ENTRY, %di
	cmpw $(MEMORY_MAP + MEMORY_MAP_ENTRY * MEMORY_MAP_MOST), %di
	je read
	testl %ebx, %ebx
	jnz map

read:
	movw $(extents), %si
extent:
	movl (%si), %eax
	movl 4(%si), %ebp
	movl 8(%si), %edi
	addw $12, %si
	movl %eax, packet_lba
	testl %ebp, %ebp
	jz enter
chunk:
	movl $BUFFER_SECTORS, %ecx
	cmpl %ecx, %ebp
	jae 1f
	movl %ebp, %ecx
1:	movw %cx, packet_count
	pushal
	movw $packet, %si
	movb $(READ_EXTENDED), %ah
	movb drive, %dl
	int $BIOS_DISK
	popal
	jc end
	subl %ecx, %ebp
	addl %ecx, packet_lba
	imull $SECTOR_DWORDS, %ecx
	call unreal
	pushw %si
	movl $BUFFER, %esi
	// With 32-bit addresses; clang 14 has no name for the prefix here.
	.byte ADDRESS_SIZE
	rep movsl
	popw %si
	testl %ebp, %ebp
	jnz chunk
	jmp extent

// Real mode with segments of 4 GiB: their limits stay as they were in protected mode (APM 2, 4.8 and 14.1).
unreal:
	cli
	lgdtl gdt_pointer
	movl %cr0, %eax
	orb $CR0_PE, %al
	movl %eax, %cr0
	movw $BOOT_DATA, %bx
	movw %bx, %ds
	movw %bx, %es
	andb $~CR0_PE, %al
	movl %eax, %cr0
	xorw %bx, %bx
	movw %bx, %ds
	movw %bx, %es
	sti
	ret

enter:
	cli
	lgdtl gdt_pointer
	movl %cr0, %eax
	orb $CR0_PE, %al
	movl %eax, %cr0
	ljmpl $BOOT_CODE, $protected

end:
	movw $word, %si
	movw $(word_end - word), %cx
	movw $BOCHS_END, %dx
	rep outsb
1:	hlt
	jmp 1b

	.code32
protected:
	movw $BOOT_DATA, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movl argument, %ebx
	movl %ebx, %esi
	movl $MULTIBOOT_LOADED, %eax
	jmpl *entry

	.balign 8
gdt:
	.quad 0, 0
	.quad 0x00cf9b000000ffff
	.quad 0x00cf93000000ffff
gdt_pointer:
	.word gdt_pointer - gdt - 1
	.long gdt
packet:
	.byte PACKET_SIZE, 0
packet_count:
	.word 0
	.word 0, BUFFER / 16
packet_lba:
	.quad 0
drive:
	.byte 0
word:
	.ascii "Shutdown"
word_end:

	.org TABLE
entry:
	.skip 4
argument:
	.skip 4
extents:
	.skip TABLE_END - TABLE - 8
	.word 0xaa55
	.section .note.GNU-stack, "", @progbits
