// Writes tar files in the ustar format (POSIX.1, pax).

const BLOCK = 512;
const NAME_SIZE = 100;
const PREFIX_SIZE = 155;
const MODE_AT = 100;
const SIZE_AT = 124;
const TIME_AT = 136;
const SUM_AT = 148;
const TYPE_AT = 156;
const MAGIC_AT = 257;
const PREFIX_AT = 345;
const MODE = "0000644\0";
const MAGIC = "ustar\u000000";
const SUM_BLANK = " ".repeat(8);
/** Digits of sizes and times. */
const DIGITS = 11;

const octal = (value: number) => `${value.toString(8).padStart(DIGITS, "0")}\0`;

/** A long path is split at a slash. Throws a RangeError when that does not help. */
function splitPath(path: string): [string, string] {
  if (path.length <= NAME_SIZE) return ["", path];
  const at = path.indexOf("/", path.length - NAME_SIZE - 1);
  if (at <= 0 || at > PREFIX_SIZE) throw new RangeError(`${path}: too long for a tar file`);
  return [path.slice(0, at), path.slice(at + 1)];
}

function header(path: string, size: number): Buffer {
  const [prefix, name] = splitPath(path);
  const block = Buffer.alloc(BLOCK);
  block.write(name, "latin1");
  block.write(MODE, MODE_AT);
  block.write(octal(size), SIZE_AT);
  block.write(octal(0), TIME_AT);
  block.write("0", TYPE_AT);
  block.write(MAGIC, MAGIC_AT);
  block.write(prefix, PREFIX_AT, "latin1");
  block.write(SUM_BLANK, SUM_AT);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, SUM_AT);
  return block;
}

/** A tar file of these files, whose paths start with a slash. */
export function writeTar(files: readonly (readonly [string, Uint8Array])[]): Buffer {
  const parts = files.flatMap(([path, data]) => {
    const padding = Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK);
    return [header(`.${path}`, data.length), data, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}
