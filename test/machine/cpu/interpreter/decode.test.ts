import { Decoder, DecoderOptions, Formatter, FormatterSyntax, Mnemonic } from "iced-x86";
import { describe, expect, it } from "vitest";
import { Guest } from "./guest.ts";
import { Random } from "./snippets.ts";

const CODE = 0x1000;
const OUT_SIZE = 64;
const MODES = [16, 32, 64] as const;
const SAMPLES = 20_000;
const INVALID = Mnemonic.INVALID;

/** Text and length that we give for bytes; length 0 for what is undefined. */
function ours(guest: Guest, bytes: Uint8Array, mode: number): { text: string; length: number } {
  guest.write(CODE, bytes);
  const out = guest.ram + 0x4000;
  const length = Number(guest.exports.disassemble!(0, BigInt(CODE), mode, out));
  const text = guest.bytes.slice(out, out + OUT_SIZE);
  return { text: Buffer.from(text.subarray(0, text.indexOf(0))).toString(), length };
}

/** What iced-x86 says. */
function theirs(
  bytes: Uint8Array,
  bits: number,
): { length: number; isInvalid: boolean; text: string } {
  const decoder = new Decoder(bits, bytes, DecoderOptions.None);
  decoder.ip = BigInt(CODE);
  const instruction = decoder.decode();
  const formatter = new Formatter(FormatterSyntax.Intel);
  const text = formatter.format(instruction);
  const result = { length: instruction.length, isInvalid: instruction.mnemonic === INVALID, text };
  for (const object of [instruction, decoder, formatter]) object.free();
  return result;
}

describe("the decoder", () => {
  it("finds the same lengths as iced-x86 in random bytes, whatever it decodes", () => {
    const guest = new Guest();
    const random = new Random(77);
    const different: string[] = [];
    let compared = 0;
    for (let i = 0; i < SAMPLES; i++) {
      const bytes = Uint8Array.from({ length: 15 }, () => random.next());
      const mode = random.below(3);
      const { length, text } = ours(guest, bytes, mode);
      const wanted = theirs(bytes, MODES[mode]!);
      if (length === 0 || text === "" || wanted.isInvalid) continue;
      compared++;
      if (length === wanted.length) continue;
      const name = `${MODES[mode]} bits ${Buffer.from(bytes).toString("hex")}`;
      different.push(`${name}: ${text} (${length}), not ${wanted.text} (${wanted.length})`);
    }
    expect(different).toEqual([]);
    expect(compared).toBeGreaterThan(SAMPLES / 2);
  });

  it("writes Intel syntax", () => {
    const guest = new Guest();
    const cases: [number, string, string][] = [
      [2, "4801448b10", "add qword ptr [rbx+rcx*4+0x10], rax"],
      [2, "48b88877665544332211", "mov rax, 0x1122334455667788"],
      [2, "f3a5", "rep movsd"],
      [2, "4190", "xchg r8d, eax"],
      [2, "488d0510000000", "lea rax, [rip+0x10]"],
      [2, "f0480fc10b", "lock xadd qword ptr [rbx], rcx"],
      [2, "0f94c1", "sete cl"],
      [2, "0f22d8", "mov cr3, rax"],
      [1, "ea785634120800", "jmpf 0x8:0x12345678"],
      [1, "75fe", "jne 0x1000"],
      [0, "26894601", "mov word ptr es:[bp+0x1], ax"],
      [1, "c8080001", "enter 0x8, 0x1"],
      [1, "d3e0", "shl eax, cl"],
      [1, "ec", "in al, dx"],
    ];
    for (const [mode, hex, text] of cases)
      expect(ours(guest, Buffer.from(hex.padEnd(30, "0"), "hex"), mode)).toEqual({
        text,
        length: hex.length / 2,
      });
  });

  it("refuses LOCK where it is not allowed", () => {
    const guest = new Guest();
    for (const hex of ["f08b03", "f001c3", "f0390b", "f090"])
      expect(ours(guest, Buffer.from(hex.padEnd(30, "0"), "hex"), 2).length, hex).toBe(0);
  });
});
