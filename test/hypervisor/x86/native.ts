// Executes one instruction on the processor that the tests run on: the oracle for emulated instructions.
import koffi from "koffi";

/** Registers by encoding number and RFLAGS; RSI is the address of the memory operand, RDI and RSP are not the caller's. */
export interface NativeState {
  readonly registers: bigint[];
  flags: bigint;
  memory: bigint;
}

/** Whether this machine can be the oracle. */
export const hasNative = process.platform === "linux" && process.arch === "x64";

/** Registers that an instruction under test may use. */
export const NATIVE_REGISTERS = [0, 1, 2, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15];
const FLAGS_AT = 16;
const MEMORY_AT = 17;
const BLOCK_SIZE = 18;
const PAGE = 4096;

/** MOV between register `number` and its place in the block at RDI. */
function moveBlock(opcode: number, number: number): number[] {
  return [0x48 | ((number >> 3) << 2), opcode, 0x47 | ((number & 7) << 3), number * 8];
}

const PUSHES = [0x53, 0x55, 0x41, 0x54, 0x41, 0x55, 0x41, 0x56, 0x41, 0x57];
const POPS = [0x41, 0x5f, 0x41, 0x5e, 0x41, 0x5d, 0x41, 0x5c, 0x5d, 0x5b];
const LEA_RSI = [0x48, 0x8d, 0xb7, MEMORY_AT * 8, 0, 0, 0];
const LOAD_FLAGS = [0xff, 0xb7, FLAGS_AT * 8, 0, 0, 0, 0x9d];
const STORE_FLAGS = [0x9c, 0x8f, 0x87, FLAGS_AT * 8, 0, 0, 0];
const RET = [0xc3];

function program(instruction: readonly number[]): Uint8Array {
  return Uint8Array.from([
    ...PUSHES,
    ...LEA_RSI,
    ...LOAD_FLAGS,
    ...NATIVE_REGISTERS.flatMap((number) => moveBlock(0x8b, number)),
    ...instruction,
    ...NATIVE_REGISTERS.flatMap((number) => moveBlock(0x89, number)),
    ...STORE_FLAGS,
    ...POPS,
    ...RET,
  ]);
}

/** Makes a function that executes an instruction, whose memory operand must be [RSI]. */
export function makeNative(): (instruction: readonly number[], state: NativeState) => NativeState {
  const mmap = koffi
    .load("libc.so.6")
    .func("void *mmap(void *address, size_t length, int prot, int flags, int fd, long offset)");
  const PROT_ALL = 7;
  const PRIVATE_ANONYMOUS = 0x22;
  const page = mmap(null, PAGE, PROT_ALL, PRIVATE_ANONYMOUS, -1, 0);
  const code = new Uint8Array(koffi.view(page, PAGE));
  const prototype = koffi.proto("void snippet(uint8_t *block)");
  return (instruction, state) => {
    code.set(program(instruction));
    const block = new BigUint64Array(BLOCK_SIZE);
    block.set(state.registers);
    block[FLAGS_AT] = state.flags;
    block[MEMORY_AT] = state.memory;
    koffi.call(page, prototype, new Uint8Array(block.buffer));
    const registers = state.registers.map((old, i) =>
      NATIVE_REGISTERS.includes(i) ? block[i]! : old,
    );
    return { registers, flags: block[FLAGS_AT]!, memory: block[MEMORY_AT]! };
  };
}
