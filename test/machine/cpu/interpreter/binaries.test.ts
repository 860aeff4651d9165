// What compilers emitted: the code of programs of this computer, instruction by instruction, lengths and mnemonics beside iced-x86's; and that
// of what is in there nothing is missing but what CPUID does not announce.
import { existsSync, readFileSync } from "node:fs";
import { Decoder, DecoderOptions, EncodingKind, Instruction, Mnemonic } from "iced-x86";
import { describe, expect, it } from "vitest";
import { CAMPAIGN_TIMEOUT, share } from "../../../campaign.ts";
import { Guest } from "./guest.ts";

/** Instructions of each section of code. All of them: npm run campaign -- binaries --cases 100000000 */
const { cases, title } = share({ quick: 50_000, full: 300_000, seed: 1 });
const CODE = 0x1000;
const OUT = 0x4000;
const OUT_SIZE = 64;
const LONGEST = 15;
const MODE_64 = 2;
const EXECUTABLE = 4;
const PROGBITS = 1;

const LIBRARIES = ["libc.so.6", "libm.so.6", "libcrypto.so.3", "libstdc++.so.6"];
const PROGRAMS = [
  process.execPath,
  ...LIBRARIES.map((name) => `/usr/lib/x86_64-linux-gnu/${name}`),
].filter((path) => existsSync(path));

/** Our name of an instruction, and iced-x86's. */
const ALIASES = new Set([
  ...["prefetch prefetcht0", "prefetch prefetcht1", "prefetch prefetcht2", "prefetch prefetchnta"],
  ...["prefetch prefetchw", "fwait wait", "xlat xlatb", "jmpf jmp", "callf call"],
  // Hints that the manuals keep for later ones; MOV with a segment register that is none is #UD when it is executed.
  ...["nop reservednop", "nop endbr64", "mov INVALID"],
]);
/** Encodings that the PC's processors have none of: it announces neither AVX nor 3DNow! nor XOP. */
const ABSENT_ENCODINGS = new Set([
  EncodingKind.VEX,
  EncodingKind.EVEX,
  EncodingKind.XOP,
  EncodingKind.D3NOW,
]);
/** The same of legacy encodings: transactions, protection keys; RSM, which is for system management; what is undefined on purpose. */
const ABSENT = /^(x(begin|end|abort|test)|(rd|wr)pkru|femms|rsm|ud[012]|INVALID)$/;

/** Executable sections of a 64-bit ELF file (System V ABI, chapter 4). */
function codeOf(path: string): Uint8Array[] {
  const file = readFileSync(path);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const [size, count] = [view.getUint16(58, true), view.getUint16(60, true)];
  const first = Number(view.getBigUint64(40, true));
  return Array.from({ length: count }, (_, i) => first + i * size)
    .filter((header) => view.getUint32(header + 4, true) === PROGBITS)
    .filter((header) => (view.getUint32(header + 8, true) & EXECUTABLE) !== 0)
    .map((header) => {
      const offset = Number(view.getBigUint64(header + 24, true));
      return file.subarray(offset, offset + Number(view.getBigUint64(header + 32, true)));
    });
}

/** What we say of an instruction's bytes. */
function disassemble(guest: Guest, bytes: Uint8Array): { length: number; name: string } {
  guest.write(CODE, bytes);
  const out = guest.ram + OUT;
  const length = Number(guest.exports.disassemble!(0, BigInt(CODE), MODE_64, out));
  const text = guest.bytes.subarray(out, out + OUT_SIZE);
  const words = Buffer.from(text.subarray(0, text.indexOf(0))).toString();
  return { length, name: words.replace(/^((lock|rep|repne) )+/, "").split(" ")[0]! };
}

/** What is wrong with an instruction at the start of bytes, or "". */
function wrongWith(guest: Guest, theirs: Instruction, bytes: Uint8Array): string {
  const ours = disassemble(guest, bytes);
  const name = theirs.isInvalid ? "INVALID" : Mnemonic[theirs.mnemonic]!.toLowerCase();
  if (ours.length === 0 || ours.name === "")
    return ABSENT.test(name) || ABSENT_ENCODINGS.has(theirs.encoding) ? "" : `${name} is missing`;
  if (ours.length !== theirs.length && !theirs.isInvalid)
    return `${ours.name} has ${ours.length} bytes, ${name} has ${theirs.length}`;
  return ours.name === name || ALIASES.has(`${ours.name} ${name}`)
    ? ""
    : `${ours.name}, not ${name}`;
}

/** Looks at a section from its start; how many instructions, and what is wrong. */
function sweep(guest: Guest, code: Uint8Array): { count: number; wrong: Map<string, string> } {
  const wrong = new Map<string, string>();
  const decoder = new Decoder(64, code, DecoderOptions.None);
  const instruction = new Instruction();
  let count = 0;
  for (let at = 0; decoder.canDecode && count < cases; count++) {
    decoder.decodeOut(instruction);
    const bytes = code.subarray(at, at + LONGEST);
    const text = wrongWith(guest, instruction, bytes);
    if (text !== "") wrong.set(text, Buffer.from(bytes).toString("hex"));
    at += instruction.length;
  }
  for (const object of [instruction, decoder]) object.free();
  return { count, wrong };
}

const isHere = process.platform === "linux" && process.arch === "x64";
describe.skipIf(!isHere)(`code of programs (${title} a section)`, () => {
  it.each(PROGRAMS)(
    "%s is decoded as by iced-x86, and all of it is known",
    (path) => {
      const guest = new Guest();
      const found = codeOf(path).map((code) => sweep(guest, code));
      expect(found.flatMap(({ wrong }) => [...wrong])).toEqual([]);
      expect(found.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(10_000);
    },
    CAMPAIGN_TIMEOUT,
  );
});
