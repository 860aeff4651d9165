// Configurations and images that the driver must refuse, made from right ones.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as format from "../../../abi/config.ts";
import { projectVersion } from "../../../config/version.ts";
import { ROOT } from "../../../tools/root.ts";

/** Offsets in the image's header (ABI section 7), all u64. */
const CORE_SIZE = 8;
const PERCPU_SIZE = 16;
const ENTRY = 24;
const CONSOLE_PAGE = 32;
/** Where the release is, where Arm has fields of its own. */
const VERSION = 64;
const HEADER_SIZE = 80;

const { SYS_HYPERVISOR_MEMORY, SYS_ROOT_CELL } = format;
const CPU_SET = SYS_ROOT_CELL + format.CELL_HEADER_SIZE;
const RESERVED = 0x3a000000n;
const SIZE = 0x600000n;

export interface Wrong {
  readonly data: Uint8Array;
  /** What the request answers, and what the kernel's log has then. */
  readonly error: string;
  readonly says: RegExp;
}

type Change = (view: DataView) => void;

function changed(original: Uint8Array, change: Change): Uint8Array {
  const copy = Uint8Array.from(original);
  change(new DataView(copy.buffer));
  return copy;
}

/** Moves the hypervisor's memory. */
const memory =
  (start: bigint, size: bigint): Change =>
  (view) => {
    view.setBigUint64(SYS_HYPERVISOR_MEMORY + format.MEM_PHYS_START, start, true);
    view.setBigUint64(SYS_HYPERVISOR_MEMORY + format.MEM_REGION_SIZE, size, true);
  };

const byte =
  (offset: number, value: number): Change =>
  (view) =>
    view.setUint8(offset, value);

const NOT_THERE = /memory cannot be/;

/** System configurations, by what is wrong with them. */
export function wrongSystems(): Map<string, Wrong> {
  const original = readFileSync(join(ROOT, "configs/qemu-x86.cell"));
  const wrong = new Map<string, Wrong>();
  const add = (name: string, error: string, says: RegExp, change: Change) =>
    wrong.set(name, { data: changed(original, change), error, says });
  add("signature", "EINVAL", /Not a system configuration/, byte(4, 0x58));
  add("revision", "EINVAL", /Configuration revision mismatch/, byte(6, 13));
  add("architecture", "EINVAL", /Configuration architecture mismatch/, byte(5, 2));
  add("memory of Linux", "EBUSY", /in use by Linux/, memory(0x10000000n, SIZE));
  add("memory partly of Linux", "EBUSY", /in use by Linux/, memory(RESERVED - 0x200000n, SIZE));
  add("memory off a page", "EINVAL", NOT_THERE, memory(RESERVED + 0x800n, SIZE));
  add("memory without end", "EINVAL", NOT_THERE, memory(RESERVED, 1n << 40n));
  add("memory around the end", "EINVAL", NOT_THERE, memory(-0x1000n, SIZE));
  add("no memory", "EINVAL", NOT_THERE, memory(RESERVED, 0n));
  add("little memory", "ENOMEM", /memory is too small/, memory(RESERVED, 0x10000n));
  add("too many CPUs", "EINVAL", /which this machine has not/, byte(CPU_SET, 0xff));
  add("too few CPUs", "EINVAL", /has CPUs 0-1, but/, byte(CPU_SET, 3));
  add("no CPUs", "EINVAL", /but those online are 0-3/, byte(CPU_SET, 0));
  add("no name", "EINVAL", /name is empty/, byte(SYS_ROOT_CELL + format.CELL_NAME, 0));
  add("absurd numbers", "E2BIG", /is longer than/, (view) => {
    for (const field of [format.CELL_CPU_SET_SIZE, format.CELL_NUM_MEMORY, format.CELL_NUM_PIO])
      view.setUint32(SYS_ROOT_CELL + field, 0xffffffff, true);
  });
  return wrong;
}

function image(
  fields: Readonly<Record<number, bigint>>,
  size = HEADER_SIZE,
  version = projectVersion(),
): Uint8Array {
  const bytes = new Uint8Array(size);
  bytes.set(Buffer.from("JAILHOUS"));
  bytes.set(Buffer.from(version), VERSION);
  const view = new DataView(bytes.buffer);
  const right = {
    [CORE_SIZE]: 0x10000n,
    [PERCPU_SIZE]: 0x4000n,
    [ENTRY]: 0x100n,
    [CONSOLE_PAGE]: 0x1000n,
  };
  for (const [offset, value] of Object.entries({ ...right, ...fields }))
    view.setBigUint64(Number(offset), value, true);
  return bytes;
}

/** Images, by what is wrong with them. */
export function wrongImages(): Map<string, Wrong> {
  const damaged = { error: "EINVAL", says: /The header of jailhouse-amd.bin is damaged/ };
  const none = { error: "EINVAL", says: /is not a hypervisor image/ };
  const other = (found: string) => ({
    error: "EINVAL",
    says: new RegExp(`is of jailhouse-ts ${found}.* this driver of ${projectVersion()}`),
  });
  const large = { error: "ENOMEM", says: /memory is too small/ };
  return new Map([
    ["garbage", { data: Uint8Array.from({ length: 5000 }, (_, at) => (at * 167) & 0xff), ...none }],
    ["a signature alone", { data: Buffer.from("JAILHOUS"), ...none }],
    ["nothing", { data: new Uint8Array(0), error: "EINVAL", says: /cannot be read/ }],
    ["of another release", { data: image({}, HEADER_SIZE, "0.0.9"), ...other("0\\.0\\.9") }],
    ["of no release", { data: image({}, HEADER_SIZE, ""), ...other("before 0\\.1") }],
    ["of a longer release", { data: image({}, HEADER_SIZE, "0".repeat(16)), ...other("0{16},") }],
    ["size off a page", { data: image({ [CORE_SIZE]: 0x1001n }), ...damaged }],
    ["entry outside", { data: image({ [ENTRY]: 0x20000n }), ...damaged }],
    ["console outside", { data: image({ [CONSOLE_PAGE]: 0x10000n }), ...damaged }],
    ["no stacks", { data: image({ [PERCPU_SIZE]: 0n }), ...damaged }],
    ["longer than it says", { data: image({}, 0x11000), ...damaged }],
    ["absurd size", { data: image({ [CORE_SIZE]: 1n << 60n }), ...large }],
    ["absurd stacks", { data: image({ [PERCPU_SIZE]: 0x7ffffffffffff000n }), ...large }],
  ]);
}
