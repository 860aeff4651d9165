/* Entry of a multiboot test kernel: a stack, then C; and where the other CPUs come from real mode. */
	.set MAGIC, 0x1badb002
	.set FLAGS, 0x3

	.section .multiboot, "a"
	.align 4
	.long MAGIC, FLAGS, -(MAGIC + FLAGS)

	.text
	.code32
	.globl _start
_start:
	mov $stack_top, %esp
	push %ebx
	push %eax
	lgdt gdt_pointer
	ljmp $0x08, $1f
1:	mov $0x10, %cx
	mov %cx, %ds
	mov %cx, %es
	mov %cx, %ss
	call kernel_main
2:	hlt
	jmp 2b

	/* Copied below 1 MiB, to an address whose page is the start-up IPI's vector. */
	.globl trampoline, trampoline_end
	.code16
trampoline:
	cli
	xor %ax, %ax
	mov %ax, %ds
	lgdtl (TRAMPOLINE + trampoline_pointer - trampoline)
	mov %cr0, %eax
	or $1, %eax
	mov %eax, %cr0
	ljmpl $0x08, $other_cpu
trampoline_pointer:
	.word gdt_end - gdt - 1
	.long gdt
trampoline_end:

	.code32
other_cpu:
	mov $0x10, %cx
	mov %cx, %ds
	mov %cx, %es
	mov %cx, %ss
	/* A stack of its own: 4 KiB each, in the order of arrival. */
	mov $1, %eax
	lock xadd %eax, arrivals
	inc %eax
	shl $12, %eax
	lea other_stacks(%eax), %esp
	call other_main
3:	hlt
	jmp 3b

	.data
	.align 8
gdt:
	.quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdt_end:
gdt_pointer:
	.word gdt_end - gdt - 1
	.long gdt
	.globl arrivals
arrivals:
	.long 0

	.bss
	.align 16
	.skip 0x4000
stack_top:
	.globl other_stacks
other_stacks:
	.skip 0x10000
	.section .note.GNU-stack, "", @progbits
