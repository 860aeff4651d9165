// The little that a driver itself reads of a configuration: who it is for, its CPUs, its loadable memory. Everything else
// is the hypervisor's to check.
import * as format from "../abi/config.ts";
import { EINVAL } from "../abi/errno.ts";
import { SystemError } from "./errors.ts";
import type { Extent } from "./memory-map.ts";

export interface LoadableRegion {
  readonly phys: bigint;
  readonly virt: bigint;
  readonly size: bigint;
}

export interface CellHeader {
  readonly name: string;
  readonly cpus: readonly number[];
  readonly resetAddress: bigint;
  /** Regions that are both writable and loadable. */
  readonly loadable: readonly LoadableRegion[];
  /** Physical memory that it claims, the communication region and devices aside. */
  readonly memory: readonly Extent[];
}

/** A system configuration: the root cell's part, and where the hypervisor lives. */
export interface SystemHeader extends CellHeader {
  readonly hypervisor: Extent;
}

const BYTE_BITS = 8;

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function refuse(hint: string): never {
  throw new SystemError(EINVAL, { hint });
}

/** Signature, revision and architecture, as the original's driver tests them and with its words. */
function checkIdentity(bytes: Uint8Array, signature: string, kind: string, least: number): void {
  const found = String.fromCharCode(...bytes.subarray(0, format.SIGNATURE_SIZE));
  if (bytes.length < least || found !== signature) refuse(`Not a ${kind} configuration`);
  const view = viewOf(bytes);
  const revision = view.getUint16(format.CONFIG_REVISION_OFFSET, true);
  if (revision !== format.CONFIG_REVISION) {
    refuse(
      `Configuration revision mismatch: the file has revision ${revision}, this version needs ${format.CONFIG_REVISION}`,
    );
  }
  if (bytes[format.CONFIG_ARCHITECTURE] !== format.ARCH_X86) {
    refuse("Configuration architecture mismatch: the file is for another architecture than x86");
  }
}

function readName(bytes: Uint8Array, cell: number): string {
  const start = cell + format.CELL_NAME;
  const name = bytes.subarray(start, start + format.CELL_NAME_SIZE);
  const end = name.indexOf(0);
  return new TextDecoder().decode(end < 0 ? name : name.subarray(0, end));
}

/** CPU numbers of the set at `start`. */
function readCpus(bytes: Uint8Array, start: number, size: number): number[] {
  const cpus: number[] = [];
  for (let bit = 0; bit < size * BYTE_BITS; bit++) {
    if (bytes[start + (bit >> 3)]! & (1 << (bit & 7))) cpus.push(bit);
  }
  return cpus;
}

function readLoadable(bytes: Uint8Array, start: number, count: number): LoadableRegion[] {
  const view = viewOf(bytes);
  const wanted = BigInt(format.MEM_WRITE | format.MEM_LOADABLE);
  return Array.from({ length: count }, (_, index) => start + index * format.MEM_SIZE)
    .filter((at) => (view.getBigUint64(at + format.MEM_FLAGS, true) & wanted) === wanted)
    .map((at) => ({
      phys: view.getBigUint64(at + format.MEM_PHYS_START, true),
      virt: view.getBigUint64(at + format.MEM_VIRT_START, true),
      size: view.getBigUint64(at + format.MEM_REGION_SIZE, true),
    }));
}

function readMemory(bytes: Uint8Array, start: number, count: number): Extent[] {
  const view = viewOf(bytes);
  const unwanted = BigInt(format.MEM_IO | format.MEM_COMM_REGION);
  return Array.from({ length: count }, (_, index) => start + index * format.MEM_SIZE)
    .filter((at) => (view.getBigUint64(at + format.MEM_FLAGS, true) & unwanted) === 0n)
    .map((at) => readExtent(view, at));
}

/** The physical side of the memory region at `at`. */
function readExtent(view: DataView, at: number): Extent {
  return {
    start: Number(view.getBigUint64(at + format.MEM_PHYS_START, true)),
    size: Number(view.getBigUint64(at + format.MEM_REGION_SIZE, true)),
  };
}

/** The arrays after the CPU set: where their length is, and the size of an element. */
const ARRAYS = [
  [format.CELL_NUM_MEMORY, format.MEM_SIZE],
  [format.CELL_NUM_CACHE, format.CACHE_SIZE],
  [format.CELL_NUM_IRQCHIPS, format.IRQCHIP_SIZE],
  [format.CELL_NUM_PIO, format.PIO_SIZE],
  [format.CELL_NUM_PCI_DEVICES, format.PCI_SIZE],
  [format.CELL_NUM_PCI_CAPS, format.CAP_SIZE],
  [format.CELL_NUM_STREAM_IDS, format.STREAM_ID_SIZE],
] as const;

/** The hypervisor is not told where a cell's configuration ends, so the driver must see that all of it is there. */
function checkComplete(bytes: Uint8Array, cell: number): void {
  const view = viewOf(bytes);
  let end = cell + format.CELL_HEADER_SIZE + view.getUint32(cell + format.CELL_CPU_SET_SIZE, true);
  for (const [count, size] of ARRAYS) end += view.getUint32(cell + count, true) * size;
  if (end > bytes.length) {
    refuse(`The configuration is truncated: it has ${bytes.length} of ${end} bytes`);
  }
}

/** The cell descriptor at `cell` and what follows it. */
function readCell(bytes: Uint8Array, cell: number): CellHeader {
  checkComplete(bytes, cell);
  const view = viewOf(bytes);
  const cpuSet = cell + format.CELL_HEADER_SIZE;
  const cpuSetSize = view.getUint32(cell + format.CELL_CPU_SET_SIZE, true);
  const cpus = readCpus(bytes, cpuSet, cpuSetSize);
  const regions = view.getUint32(cell + format.CELL_NUM_MEMORY, true);
  return {
    name: readName(bytes, cell),
    cpus,
    resetAddress: view.getBigUint64(cell + format.CELL_CPU_RESET_ADDRESS, true),
    loadable: readLoadable(bytes, cpuSet + cpuSetSize, regions),
    memory: readMemory(bytes, cpuSet + cpuSetSize, regions),
  };
}

/** Reads a cell configuration, or throws EINVAL with the reason. */
export function readCellHeader(bytes: Uint8Array): CellHeader {
  checkIdentity(bytes, "JHCLL", "cell", format.CELL_HEADER_SIZE);
  return readCell(bytes, 0);
}

/** Reads the driver's part of a system configuration, or throws EINVAL with the reason. */
export function readSystemHeader(bytes: Uint8Array): SystemHeader {
  const least = format.SYS_HEADER_SIZE + format.CELL_HEADER_SIZE;
  checkIdentity(bytes, "JHSYS", "system", least);
  const hypervisor = readExtent(viewOf(bytes), format.SYS_HYPERVISOR_MEMORY);
  return { ...readCell(bytes, format.SYS_ROOT_CELL), hypervisor };
}

/** A copy of a cell configuration in which devices may do DMA unguarded; what is no configuration stays as it is. */
export function allowDma(config: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(config);
  if (copy.length < format.CELL_HEADER_SIZE) return copy;
  const view = viewOf(copy);
  const flags = view.getUint32(format.CELL_FLAGS, true) | format.CELL_FLAG_UNGUARDED_DMA;
  view.setUint32(format.CELL_FLAGS, flags, true);
  return copy;
}
