// Packs the texts of a module that only prints them: AssemblyScript keeps a string literal as an object with UTF-16, of which
// its length and one byte per character are left here, at the same address. hypervisor/core/console.ts reads them so.
// Plain JavaScript, because it runs while the modules are built. WebAssembly Core Specification, chapter 5.

const DATA_SECTION = 11;
/** Number of data segments, for instructions that a module with active segments only does not have. */
const DATA_COUNT_SECTION = 12;
const HEADER_SIZE = 8;
const I32_CONST = 0x41;
const END = 0x0b;
/** A string object: size of its block, two unused words, class, bytes of text; the text follows. */
const OBJECT_HEADER = 20;
const CLASS_AT = 12;
const LENGTH_AT = 16;
const STRING_CLASS = 2;
const BLOCK_ALIGNMENT = 16;
/** Gaps of zeros up to this size are cheaper than another segment. */
const GAP = 8;

/** Reads LEB128 at `at`: the value, signed if asked for, and where it ends. */
function readLeb(bytes, at, isSigned = false) {
  let value = 0;
  let shift = 0;
  let byte;
  do {
    byte = bytes[at++];
    value |= (byte & 0x7f) << shift;
    shift += 7;
  } while (byte & 0x80);
  if (isSigned && shift < 32 && byte & 0x40) value |= -1 << shift;
  return [value, at];
}

function lebOf(value, isSigned = false) {
  const bytes = [];
  for (let rest = value; ; ) {
    const byte = rest & 0x7f;
    rest = isSigned ? rest >> 7 : rest >>> 7;
    const isLast = isSigned ? (rest === 0 && byte < 0x40) || (rest === -1 && byte >= 0x40) : !rest;
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) return bytes;
  }
}

/** The sections of a module: id, where the section and its content start, where it ends. */
function* sectionsOf(bytes) {
  for (let at = HEADER_SIZE; at < bytes.length; ) {
    const [size, content] = readLeb(bytes, at + 1);
    yield { id: bytes[at], start: at, content, end: content + size };
    at = content + size;
  }
}

/** Reads the active segments at `at` into one image of the memory. */
function readImage(bytes, at) {
  const segments = [];
  let [count, next] = readLeb(bytes, at);
  for (; count > 0; count--) {
    if (bytes[next] !== 0 || bytes[next + 1] !== I32_CONST) throw new Error("unknown data segment");
    const [address, afterAddress] = readLeb(bytes, next + 2, true);
    if (bytes[afterAddress] !== END) throw new Error("unknown data segment");
    const [length, content] = readLeb(bytes, afterAddress + 1);
    segments.push({ address, content, length });
    next = content + length;
  }
  const end = Math.max(0, ...segments.map(({ address, length }) => address + length));
  // A string's last character may end in a zero that no segment has.
  const image = new Uint8Array(end + BLOCK_ALIGNMENT);
  for (const { address, content, length } of segments)
    image.set(bytes.subarray(content, content + length), address);
  return image;
}

/** Length in bytes of the text whose string object is at `at`; 0 if there is none. */
function textLength(view, at) {
  if (view.getUint32(at + CLASS_AT, true) !== STRING_CLASS) return 0;
  if (view.getUint32(at + 4, true) || view.getUint32(at + 8, true)) return 0;
  const length = view.getUint32(at + LENGTH_AT, true);
  const block = Math.ceil((OBJECT_HEADER + length) / BLOCK_ALIGNMENT) * BLOCK_ALIGNMENT - 4;
  return view.getUint32(at, true) === block && length % 2 === 0 ? length : 0;
}

/** Packs all texts in an image of the memory. Throws for a character that is not ASCII. */
function packImage(image) {
  const view = new DataView(image.buffer);
  for (let at = 0; at + OBJECT_HEADER < image.length; at += 4) {
    const length = textLength(view, at);
    if (!length) continue;
    const text = image.slice(at + OBJECT_HEADER, at + OBJECT_HEADER + length);
    image.fill(0, at, at + OBJECT_HEADER + length);
    view.setUint32(at + LENGTH_AT, length / 2, true);
    for (let index = 0; index < length; index += 2) {
      if (text[index + 1] || text[index] > 0x7f) throw new Error("a text that is not ASCII");
      image[at + OBJECT_HEADER + index / 2] = text[index];
    }
    at += OBJECT_HEADER - 4;
  }
}

/** [start, end) of what is not zero, small gaps included. */
function extentsOf(image) {
  const extents = [];
  for (let at = 0; at < image.length; at++) {
    if (!image[at]) continue;
    const last = extents.at(-1);
    if (last && at - last[1] <= GAP) last[1] = at + 1;
    else extents.push([at, at + 1]);
  }
  return extents;
}

function dataSection(image) {
  const extents = extentsOf(image);
  const segments = extents.flatMap(([start, end]) => [
    ...[0, I32_CONST, ...lebOf(start, true), END, ...lebOf(end - start)],
    ...image.subarray(start, end),
  ]);
  const content = [...lebOf(extents.length), ...segments];
  return [DATA_SECTION, ...lebOf(content.length), ...content];
}

/** The same module with its texts packed. */
export function packTexts(bytes) {
  const parts = [...bytes.subarray(0, HEADER_SIZE)];
  for (const { id, start, content, end } of sectionsOf(bytes)) {
    if (id === DATA_COUNT_SECTION) continue;
    if (id !== DATA_SECTION) {
      parts.push(...bytes.subarray(start, end));
      continue;
    }
    const image = readImage(bytes, content);
    packImage(image);
    parts.push(...dataSection(image));
  }
  return Uint8Array.from(parts);
}
