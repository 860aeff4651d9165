// The image's header, the entry at EL2 with the MMU off, the vectors, and the way back to Linux.
#include "image.h"

	.section .header, "ax"
	.globl image_start
image_start:
	.ascii "JAILHOUS"
	.quad image_size
	.quad CPU_SIZE
	.quad entry - image_start
	.quad console_page - image_start
	// Not ours: coverage data.
	.quad 0
	.globl header_max_cpus, header_online_cpus
header_max_cpus:
	.long 0
header_online_cpus:
	.long 0
	// Linux' address of the debug console, which we reach by its physical address.
	.quad 0
	// Arm's field, 16 bytes: here the version, which the driver's has to be.
1:	.asciz PROJECT_VERSION
	.skip 16 - (. - 1b)

	.text
	// Linux' stub branches here for HVC_SOFT_RESTART: X0 is the CPU's number. It returns from its HVC with X0 = 0, as a guest, or
	// with -errno, as it was; X1 to X17 are lost.
	.globl entry
entry:
	adrp x1, header_max_cpus
	ldr w1, [x1, :lo12:header_max_cpus]
	mov w0, w0
	cmp w0, w1
	b.hs 1f
	adrp x2, cpus_start
	add x2, x2, :lo12:cpus_start
	mov x3, #CPU_SIZE
	add x4, x0, #1
	madd x2, x4, x3, x2
	sub sp, x2, #CPU_TOP_SIZE
	str x30, [sp, #-16]!
	bl boot
	ldr x30, [sp], #16
	cbz w0, 2f
	sxtw x0, w0
	eret
1:	mov x0, #-EINVAL
	eret

	// What was written so far lies in memory, what follows goes through caches: nothing is read again.
2:	mrs x2, sctlr_el2
	mrs x3, vbar_el2
	mrs x4, hcr_el2
	mrs x5, vtcr_el2
	mrs x6, vttbr_el2
	mrs x7, tcr_el2
	mrs x8, mair_el2
	mrs x9, ttbr0_el2
	ldr x10, =MEMORY_TYPES
	msr mair_el2, x10
	mrs x10, id_aa64mmfr0_el1
	and x10, x10, #7
	mov x11, #5
	cmp x10, x11
	csel x10, x10, x11, lo
	ldr x11, =TRANSLATION_CONTROL & 0xffffffff
	orr x10, x11, x10, lsl #TRANSLATION_PS_SHIFT
	msr tcr_el2, x10
	adrp x10, tables
	msr ttbr0_el2, x10
	isb
	tlbi alle2
	ic iallu
	dsb nsh
	isb
	ldr x10, =SYSTEM_CONTROL
	msr sctlr_el2, x10
	isb
	stp x2, x3, [sp, #FRAME_LINUX + LINUX_SCTLR]
	stp x4, x5, [sp, #FRAME_LINUX + LINUX_HCR]
	stp x6, x7, [sp, #FRAME_LINUX + LINUX_VTTBR]
	stp x8, x9, [sp, #FRAME_LINUX + LINUX_MAIR]
	adrp x10, vectors
	add x10, x10, :lo12:vectors
	msr vbar_el2, x10
	isb
	str x30, [sp, #240]
	bl save_guest
	bl start
	sxtw x0, w0
	str x0, [sp]
	cbz x0, resume
	b leave

	// Saves the guest's state but for X0, X1 and X30 at the stack pointer.
save_guest:
	stp x2, x3, [sp, #16]
	stp x4, x5, [sp, #32]
	stp x6, x7, [sp, #48]
	stp x8, x9, [sp, #64]
	stp x10, x11, [sp, #80]
	stp x12, x13, [sp, #96]
	stp x14, x15, [sp, #112]
	stp x16, x17, [sp, #128]
	stp x18, x19, [sp, #144]
	stp x20, x21, [sp, #160]
	stp x22, x23, [sp, #176]
	stp x24, x25, [sp, #192]
	stp x26, x27, [sp, #208]
	stp x28, x29, [sp, #224]
	mrs x0, sp_el0
	mrs x1, sp_el1
	stp x0, x1, [sp, #FRAME_SP]
	mrs x0, elr_el2
	mrs x1, spsr_el2
	stp x0, x1, [sp, #FRAME_PC]
	ret

	// The guest goes on with the state at the stack pointer.
resume:
	ldp x0, x1, [sp, #FRAME_SP]
	msr sp_el0, x0
	msr sp_el1, x1
	ldp x0, x1, [sp, #FRAME_PC]
	msr elr_el2, x0
	msr spsr_el2, x1
	ldp x2, x3, [sp, #16]
	ldp x4, x5, [sp, #32]
	ldp x6, x7, [sp, #48]
	ldp x8, x9, [sp, #64]
	ldp x10, x11, [sp, #80]
	ldp x12, x13, [sp, #96]
	ldp x14, x15, [sp, #112]
	ldp x16, x17, [sp, #128]
	ldp x18, x19, [sp, #144]
	ldp x20, x21, [sp, #160]
	ldp x22, x23, [sp, #176]
	ldp x24, x25, [sp, #192]
	ldp x26, x27, [sp, #208]
	ldp x28, x29, [sp, #224]
	ldr x30, [sp, #240]
	ldp x0, x1, [sp]
	eret
	// No speculation past it.
	dsb nsh
	isb

	// Gives this CPU's EL2 back to Linux as it was, and goes on with the state at the top of the stack. Never returns.
	.globl leave
leave:
	mov x0, sp
	orr x0, x0, #(CPU_SIZE - 1)
	sub x0, x0, #(CPU_TOP_SIZE - 1)
	mov sp, x0
	// It is read without caches.
	mov x1, #(CPU_TOP_SIZE / 16)
1:	dc civac, x0
	add x0, x0, #16
	subs x1, x1, #1
	b.ne 1b
	dsb sy
	ldp x2, x3, [sp, #FRAME_LINUX + LINUX_SCTLR]
	ldp x4, x5, [sp, #FRAME_LINUX + LINUX_HCR]
	ldp x6, x7, [sp, #FRAME_LINUX + LINUX_VTTBR]
	ldp x8, x9, [sp, #FRAME_LINUX + LINUX_MAIR]
	msr sctlr_el2, x2
	isb
	tlbi vmalls12e1
	dsb nsh
	msr hcr_el2, x4
	msr vtcr_el2, x5
	msr vttbr_el2, x6
	msr tcr_el2, x7
	msr mair_el2, x8
	msr ttbr0_el2, x9
	isb
	tlbi alle2
	tlbi alle1
	dsb nsh
	msr vbar_el2, x3
	isb
	b resume
	.ltorg

	.macro unexpected number
	.balign 0x80
	mov w0, #\number
	b exception
	.endm

	.macro trapped
	.balign 0x80
	stp x0, x1, [sp]
	str x30, [sp, #240]
	bl save_guest
	bl guest_trapped
	b resume
	.endm

	// D1.3.1.5: from EL2 with SP_EL0, from EL2, from AArch64 below, from AArch32 below; each synchronous, IRQ, FIQ, SError.
	.section .vectors, "ax"
	.balign 0x800
	.globl vectors
vectors:
	unexpected 0
	unexpected 1
	unexpected 2
	unexpected 3
	unexpected 4
	unexpected 5
	unexpected 6
	unexpected 7
	trapped
	unexpected 9
	unexpected 10
	unexpected 11
	trapped
	unexpected 13
	unexpected 14
	unexpected 15
	.section .note.GNU-stack, "", @progbits
