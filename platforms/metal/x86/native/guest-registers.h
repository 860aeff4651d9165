// A guest's general registers in memory (REG_* order), but for RAX, RSP, RSI and RDI: those of a vendor's own code. Moves leave the flags
// as they are.
#define REGISTER_SIZE 8

	.macro load_registers from
	movq REG_RCX * REGISTER_SIZE(\from), %rcx
	movq REG_RDX * REGISTER_SIZE(\from), %rdx
	movq REG_RBX * REGISTER_SIZE(\from), %rbx
	movq REG_RBP * REGISTER_SIZE(\from), %rbp
	movq REG_R8 * REGISTER_SIZE(\from), %r8
	movq (REG_R8 + 1) * REGISTER_SIZE(\from), %r9
	movq (REG_R8 + 2) * REGISTER_SIZE(\from), %r10
	movq (REG_R8 + 3) * REGISTER_SIZE(\from), %r11
	movq (REG_R8 + 4) * REGISTER_SIZE(\from), %r12
	movq (REG_R8 + 5) * REGISTER_SIZE(\from), %r13
	movq (REG_R8 + 6) * REGISTER_SIZE(\from), %r14
	movq (REG_R8 + 7) * REGISTER_SIZE(\from), %r15
	.endm

	.macro save_registers to
	movq %rcx, REG_RCX * REGISTER_SIZE(\to)
	movq %rdx, REG_RDX * REGISTER_SIZE(\to)
	movq %rbx, REG_RBX * REGISTER_SIZE(\to)
	movq %rbp, REG_RBP * REGISTER_SIZE(\to)
	movq %r8, REG_R8 * REGISTER_SIZE(\to)
	movq %r9, (REG_R8 + 1) * REGISTER_SIZE(\to)
	movq %r10, (REG_R8 + 2) * REGISTER_SIZE(\to)
	movq %r11, (REG_R8 + 3) * REGISTER_SIZE(\to)
	movq %r12, (REG_R8 + 4) * REGISTER_SIZE(\to)
	movq %r13, (REG_R8 + 5) * REGISTER_SIZE(\to)
	movq %r14, (REG_R8 + 6) * REGISTER_SIZE(\to)
	movq %r15, (REG_R8 + 7) * REGISTER_SIZE(\to)
	.endm
