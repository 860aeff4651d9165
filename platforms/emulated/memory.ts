// The waist's memory members on the emulated PC.
import { EFAULT, ENOMEM } from "../../abi/errno.ts";
import {
  MAP_COMM,
  MAP_CONSOLE,
  MAP_EXECUTE,
  MAP_READ,
  MAP_WRITE,
  MAP_ZERO,
  POOL_USED,
  RANGE_LENGTH,
  RANGE_SIZE,
  RANGE_VIRT,
} from "../../abi/platform.ts";
import { G_EXCEPTIONS } from "../../machine/cpu/interface.ts";
import type { Context } from "./context.ts";
import { PAGE_SIZE } from "./hypervisor-memory.ts";

const PERMISSIONS = MAP_READ | MAP_WRITE | MAP_EXECUTE;

function setExceptionIntercepts(context: Context, block: number): void {
  const view = new DataView(context.pc.memory.buffer);
  view.setUint32(block + G_EXCEPTIONS, context.core.exceptions() >>> 0, true);
}

/** Makes the guest of a cell that has none yet; false when the machine's pool or the communication pages are used up. */
function open(context: Context, cell: number): boolean {
  if (context.guests.has(cell)) return true;
  const { pc, hypervisorMemory } = context;
  if (cell >= hypervisorMemory.maxCells) return false;
  const block = pc.exports.createGuest();
  if (block === 0) return false;
  setExceptionIntercepts(context, block);
  context.guests.set(cell, { block });
  const page = hypervisorMemory.commPage(cell);
  pc.ram.fill(0, page, page + PAGE_SIZE);
  return true;
}

function close(context: Context, cell: number): void {
  const guest = context.guests.get(cell);
  if (!guest) return;
  context.pc.exports.destroyGuest(guest.block);
  context.guests.delete(cell);
}

function reserveRanges(context: Context, cell: number, ranges: number, count: number): boolean {
  const view = new DataView(context.coreMemory.buffer);
  const { exports } = context.pc;
  const { block } = context.guest(cell);
  for (let index = 0; index < count; index++) {
    const range = ranges + index * RANGE_SIZE;
    const virt = view.getBigUint64(range + RANGE_VIRT, true);
    const length = view.getBigUint64(range + RANGE_LENGTH, true);
    if (exports.reserveGuest(block, virt, length) !== 0) return false;
  }
  return true;
}

/** Copies guest-physical memory of a cell page by page; undefined where its map grants no read of RAM. */
function readThroughMap(context: Context, cell: number, address: bigint, size: number) {
  const bytes = new Uint8Array(size);
  for (let done = 0; done < size; ) {
    const at = address + BigInt(done);
    const piece = Math.min(size - done, PAGE_SIZE - Number(at & 0xfffn));
    const physical = context.translate(cell, at, MAP_READ);
    if (physical === undefined || physical + piece > context.pc.ram.length) return undefined;
    bytes.set(context.pc.ram.subarray(physical, physical + piece), done);
    done += piece;
  }
  return bytes;
}

/** Maps each page of a range to the one page of zeros. */
function mapZeros(context: Context, block: number, virt: bigint, size: bigint): void {
  const zeros = BigInt(context.hypervisorMemory.zeroPage);
  for (let offset = 0n; offset < size; offset += BigInt(PAGE_SIZE)) {
    context.pc.exports.mapGuest(block, virt + offset, zeros, BigInt(PAGE_SIZE), MAP_READ);
  }
}

/** The physical address that stands behind a mapping of hypervisor memory, or the one given. */
function target(context: Context, cell: number, phys: bigint, flags: number): bigint {
  if (flags & MAP_COMM) return BigInt(context.hypervisorMemory.commPage(cell));
  if (flags & MAP_CONSOLE) return BigInt(context.hypervisorMemory.consolePage);
  return phys;
}

export function memoryMembers(context: Context) {
  const { pc, hypervisorMemory } = context;
  const { exports } = pc;
  const ram = new DataView(pc.ram.buffer, pc.ram.byteOffset, pc.ram.byteLength);
  return {
    reserve(cell: number, ranges: number, count: number): number {
      const existed = context.guests.has(cell);
      if (!open(context, cell)) return -ENOMEM;
      if (reserveRanges(context, cell, ranges, count)) return 0;
      if (!existed) close(context, cell);
      return -ENOMEM;
    },
    release(cell: number): void {
      close(context, cell);
    },
    map(cell: number, virt: bigint, phys: bigint, size: bigint, flags: number): void {
      const { block } = context.guest(cell);
      if (flags & MAP_ZERO) {
        mapZeros(context, block, virt, size);
        return;
      }
      const writable = flags & MAP_CONSOLE ? ~MAP_WRITE : ~0;
      const physical = target(context, cell, phys, flags);
      exports.mapGuest(block, virt, physical, size, flags & PERMISSIONS & writable);
    },
    poolPages: (kind: number) => (kind === POOL_USED ? exports.poolUsed() : exports.poolPages()),
    unmap(cell: number, virt: bigint, size: bigint): void {
      exports.unmapGuest(context.guest(cell).block, virt, size);
    },
    commit(cell: number): void {
      for (const [cpu, owner] of context.cellOf) if (owner === cell) exports.flush(cpu);
    },
    scrub(phys: bigint, size: bigint): void {
      const start = Number(BigInt.asUintN(64, phys));
      const end = Math.min(start + Number(BigInt.asUintN(64, size)), pc.ram.length);
      if (end <= start) return;
      if (hypervisorMemory.touches(start, end - start)) {
        throw new Error(`hypervisor.wasm scrubs its own memory at 0x${start.toString(16)}`);
      }
      pc.ram.fill(0, start, end);
      exports.invalidateCode(BigInt(start), BigInt(end - start));
    },
    readGuest(cell: number, address: bigint, destination: number, size: number): number {
      const bytes = readThroughMap(context, cell, BigInt.asUintN(64, address), size >>> 0);
      if (!bytes) return -EFAULT;
      new Uint8Array(context.coreMemory.buffer).set(bytes, destination >>> 0);
      return 0;
    },
    readComm(cell: number, offset: number): number {
      return ram.getUint32(hypervisorMemory.commPage(cell) + offset, true) | 0;
    },
    writeComm(cell: number, offset: number, value: number): void {
      ram.setUint32(hypervisorMemory.commPage(cell) + offset, value >>> 0, true);
    },
  };
}
