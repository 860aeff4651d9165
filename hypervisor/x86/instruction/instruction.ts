// An instruction that accesses memory-mapped registers, as fetched (fetch.ts) and decoded (decode.ts).

/** Longest instruction in bytes. */
export const INSTRUCTION_MAX: u32 = 15;

/** Operations 0 to 7 are the ALU's in encoding order. */
export const OP_ADD: u32 = 0;
export const OP_OR: u32 = 1;
export const OP_ADC: u32 = 2;
export const OP_SBB: u32 = 3;
export const OP_AND: u32 = 4;
export const OP_SUB: u32 = 5;
export const OP_XOR: u32 = 6;
export const OP_CMP: u32 = 7;
/** First of the eight shifts in encoding order: ROL ROR RCL RCR SHL SHR SAL SAR. */
export const OP_SHIFT: u32 = 8;
/** First of the four bit operations in encoding order: BT BTS BTR BTC. */
export const OP_BIT: u32 = 16;
export const OP_MOV: u32 = 20;
export const OP_TEST: u32 = 21;
export const OP_NOT: u32 = 22;
export const OP_NEG: u32 = 23;
export const OP_INC: u32 = 24;
export const OP_DEC: u32 = 25;
export const OP_XCHG: u32 = 26;
export const OP_XADD: u32 = 27;
export const OP_CMPXCHG: u32 = 28;

/** Memory op= register. */
export const FORM_MEMORY_REGISTER: u32 = 0;
/** Register op= memory. */
export const FORM_REGISTER_MEMORY: u32 = 1;
/** Memory op= immediate (sign-extended), or memory alone. */
export const FORM_MEMORY_IMMEDIATE: u32 = 2;
/** Memory op= CL. */
export const FORM_MEMORY_CL: u32 = 3;

/** An instruction: what `fetch.ts` has read of it, and what `decode` found. One per CPU. */
@unmanaged
export class Instruction {
  /** The first 8 bytes. */
  low: u64;
  /** The other 8 (one of them never used). */
  high: u64;
  /** A page table entry, while it is looked at. */
  entry: u64;
  /** The CPU and its cell. */
  cpu: u32;
  cell: u32;
  /** Bytes fetched so far. */
  available: u32;
  /** Bytes decoded so far; in the end the instruction's length. */
  length: u32;
  /** Size of the code segment: 2, 4 or 8 bytes. */
  mode: u32;
  /** OP_*. */
  operation: u32;
  /** FORM_*. */
  form: u32;
  /** Bytes of the memory operand and of the register. */
  width: u32;
  registerWidth: u32;
  /** Register number; bit 8..15 of that register if `highByte`. */
  register: u32;
  highByte: bool;
  /** Whether a narrower memory operand is sign-extended. */
  signed: bool;
  /** Sign-extended immediate. */
  immediate: u64;
  operandSize: bool;
  addressSize: bool;
  rex: u32;
  /** Where the last instruction read began: linear page, CR3 then, and guest-physical page. */
  lastLinear: u64;
  lastRoot: u64;
  lastPage: u64;
}
