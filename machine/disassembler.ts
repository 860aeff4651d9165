// Instructions as text: the emulated CPU's own table, without a machine.
import { Pc } from "./pc.ts";

/** Where the bytes lie, and where the text goes; both far from anything that a reset has put there. */
const CODE = 0x20000;
const TEXT = 0x30000;
const TEXT_SIZE = 64;
const MEMORY = 2 ** 20;

/** Text of the first instruction in `bytes`, code of that size; undefined for what no instruction begins with. */
export type Disassemble = (bytes: Uint8Array, bits: 16 | 32 | 64) => string | undefined;

/** A disassembler with the compiled module of the CPU. */
export function makeDisassembler(cpu: WebAssembly.Module): Disassemble {
  const pc = new Pc({ cpu, cpus: 1, memory: MEMORY, pool: MEMORY });
  return (bytes, bits) => {
    pc.ram.fill(0, CODE, TEXT);
    pc.writeRam(CODE, bytes);
    const length = pc.exports.disassemble(0, BigInt(CODE), MODES[bits], pc.ramBase + TEXT);
    if (length === 0 || length > bytes.length) return undefined;
    const text = pc.ram.subarray(TEXT, TEXT + TEXT_SIZE);
    return new TextDecoder("latin1").decode(text.subarray(0, text.indexOf(0)));
  };
}

const MODES = { 16: 0, 32: 1, 64: 2 } as const;
