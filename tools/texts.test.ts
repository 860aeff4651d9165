// Packing the texts of a module.
import { expect, test } from "vitest";
import { packTexts } from "./texts.mjs";

const HEADER = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const MEMORY = [5, 3, 1, 0, 1];
const EXPORT = [7, 5, 1, 1, 0x6d, 2, 0];
/** A string object as AssemblyScript makes it. */
function textObject(text: string): number[] {
  const length = text.length * 2;
  const block = Math.ceil((20 + length) / 16) * 16 - 4;
  const head = Uint8Array.from(new Uint8Array(Uint32Array.of(block, 0, 0, 2, length).buffer));
  return [...head, ...Buffer.from(text, "utf16le")];
}

function moduleOf(segments: readonly (readonly [address: number, bytes: readonly number[]])[]) {
  const content = segments.flatMap(([address, bytes]) => [
    ...[0, 0x41, (address & 0x7f) | 0x80, address >> 7, 0x0b, bytes.length],
    ...bytes,
  ]);
  const count = [12, 1, segments.length];
  const data = [11, content.length + 1, segments.length, ...content];
  return Uint8Array.from([...HEADER, ...MEMORY, ...EXPORT, ...count, ...data]);
}

/** The memory of an instance. */
function memoryOf(module: Uint8Array<ArrayBuffer>): Uint8Array {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module));
  const { m } = exports as { m: WebAssembly.Memory };
  return new Uint8Array(m.buffer);
}

test("a text becomes its length and a byte per character, where it was", () => {
  const memory = memoryOf(packTexts(moduleOf([[64, textObject("Hi!")]])));
  expect([...memory.subarray(64, 96)]).toEqual([
    ...Array(16).fill(0),
    ...[3, 0, 0, 0, 0x48, 0x69, 0x21],
    ...Array(9).fill(0),
  ]);
});

test("other data stays as it is, in fewer segments", () => {
  const table = [1, 0, 0, 0, 2, 0, 0, 0, 6, 0, 0, 0, 0x48, 0];
  const module = moduleOf([
    [64, table],
    [80, [7]],
    [1000, textObject("end")],
  ]);
  const packed = packTexts(module);
  const [before, after] = [memoryOf(module), memoryOf(packed)];
  expect(after.subarray(0, 1000)).toEqual(before.subarray(0, 1000));
  expect(packed.length).toBeLessThan(module.length - 20);
});

test("what is not ASCII is refused", () => {
  expect(() => packTexts(moduleOf([[64, textObject("größer")]]))).toThrow("not ASCII");
});
