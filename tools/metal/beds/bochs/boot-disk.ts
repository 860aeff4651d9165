// A disk that Bochs boots from: our boot sector, then what it reads into memory.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runClang, runLld } from "../../../inmates/toolchain.ts";
import { ROOT } from "../../../root.ts";

/** Bytes that go to a physical address. */
export interface Extent {
  readonly address: number;
  readonly data: Uint8Array;
}

/** What is read, and where to go on, in 32-bit mode, with what in EBX and ESI. */
export interface Boot {
  readonly extents: readonly Extent[];
  readonly entry: number;
  readonly argument: number;
}

const SOURCES = join(ROOT, "tools/metal/beds/bochs");
const CONSTANT = /^#define (\w+) (0x[0-9a-f]+|\d+)$/gm;
const EXTENT_SIZE = 12;
/** Bochs' geometry for disks: what is not a whole cylinder it does not have. */
const CYLINDER = 16 * 63 * 512;

/** The constants of boot.h. */
export const bootConstants = (): ReadonlyMap<string, number> =>
  new Map(
    [...readFileSync(join(SOURCES, "boot.h"), "utf8").matchAll(CONSTANT)].map(
      ([, name, value]) => [name!, Number(value)] as const,
    ),
  );

/** Machine code of an assembly unit of this directory, to be put at an address. */
export function assemble(unit: string, address: number): Buffer {
  const directory = mkdtempSync(join(tmpdir(), "bochs-"));
  try {
    const target = "--target=x86_64-unknown-none-elf";
    runClang([target, `-I${SOURCES}`, "-c", join(SOURCES, unit), "-o", "unit.o"], directory);
    const place = [`-Ttext=0x${address.toString(16)}`, "-e", "first", "--oformat=binary"];
    runLld(["-m", "elf_x86_64", ...place, "-o", "unit", "unit.o"], directory);
    return readFileSync(join(directory, "unit"));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The disk's bytes. Throws when there are more extents than the sector has room for. */
export function bootDisk({ extents, entry, argument }: Boot): Buffer {
  const constants = bootConstants();
  const sector = constants.get("SECTOR")!;
  const boot = assemble("boot.S", constants.get("BOOT_SECTOR")!);
  const sectors = (bytes: Uint8Array) => Math.ceil(bytes.length / sector);
  let at = constants.get("TABLE")!;
  let lba = 1;
  const put = (...words: number[]) => {
    for (const word of words) at = boot.writeUInt32LE(word, at);
  };
  put(entry, argument);
  // One more, of no sectors, ends the table.
  if (at + (extents.length + 1) * EXTENT_SIZE > constants.get("TABLE_END")!)
    throw new Error(`a boot sector has no room for ${extents.length} extents`);
  const size = extents.reduce((sum, { data }) => sum + sectors(data), lba) * sector;
  const disk = Buffer.alloc(Math.ceil(size / CYLINDER) * CYLINDER);
  for (const { address, data } of extents) {
    put(lba, sectors(data), address);
    disk.set(data, lba * sector);
    lba += sectors(data);
  }
  disk.set(boot);
  return disk;
}
