// Accesses that the outside makes on a CPU's behalf: they take the same way as the CPU's own, and leave no trace of
// themselves in its state.
import * as S from "./cpu/interface.ts";
import type { Dma } from "./devices/virtio/queue.ts";
import type { Pc } from "./pc.ts";
import type { Processor } from "./processor.ts";
import type { SystemBus } from "./system-bus.ts";

/** The legacy video range is device memory although it lies below the end of RAM. */
const VIDEO = 0xa0000;
const VIDEO_END = 0xc0000;
const BYTE = 8;

/** Whether `size` bytes at a physical address are RAM, of `ram` bytes. */
export function isRam(ram: number, address: number, size: number): boolean {
  const end = address + size;
  return end <= ram && (end <= VIDEO || address >= VIDEO_END);
}

/** Reads `size` bytes, the lowest first. */
export function readLittleEndian(bytes: Uint8Array, address: number, size: number): bigint {
  let value = 0n;
  for (let index = size - 1; index >= 0; index--)
    value = (value << 8n) | BigInt(bytes[address + index]!);
  return value;
}

/** Writes the low `size` bytes of `value`, the lowest first. */
export function writeLittleEndian(
  bytes: Uint8Array,
  address: number,
  size: number,
  value: bigint,
): void {
  for (let index = 0, rest = value; index < size; index++, rest >>= 8n)
    bytes[address + index] = Number(rest & 0xffn);
}

/** Makes a bus access (BUS_PORT_*, BUS_READ, BUS_WRITE) as `processor`; returns what was read. */
export function busAccess(
  bus: SystemBus,
  processor: Processor,
  kind: number,
  address: number,
  size: number,
  value: bigint,
): bigint {
  return keepingBusState(processor, () => {
    processor.setNumber(S.S_BUS_ADDRESS, address);
    processor.setWide(S.S_BUS_VALUE, value);
    bus.call(processor.index, kind, size);
    return BigInt.asUintN(size * BYTE, processor.wide(S.S_BUS_VALUE));
  });
}

function keepingBusState<T>(processor: Processor, action: () => T): T {
  const address = processor.wide(S.S_BUS_ADDRESS);
  const value = processor.wide(S.S_BUS_VALUE);
  const result = action();
  processor.setWide(S.S_BUS_ADDRESS, address);
  processor.setWide(S.S_BUS_VALUE, value);
  return result;
}

/** Reads an MSR of `processor` as its own RDMSR would; undefined: #GP. */
export function readCpuMsr(processor: Processor, msr: number): bigint | undefined {
  return keepingBusState(processor, () => {
    const result = processor.exports.readMsr(processor.index, msr);
    return result === S.BUS_HANDLED ? processor.wide(S.S_BUS_VALUE) : undefined;
  });
}

/** Writes an MSR of `processor` as its own WRMSR would; false: #GP. */
export function writeCpuMsr(processor: Processor, msr: number, value: bigint): boolean {
  return keepingBusState(processor, () => {
    processor.setWide(S.S_BUS_VALUE, value);
    return processor.exports.writeMsr(processor.index, msr) === S.BUS_HANDLED;
  });
}

/** RAM as devices reach it by themselves: zeros are read outside it, and nothing is written there. */
export function dmaOf(pc: Pick<Pc, "options" | "ram" | "writeRam">): Dma {
  const { memory } = pc.options;
  return {
    read: (address, size) =>
      isRam(memory, address, size) ? pc.ram.slice(address, address + size) : new Uint8Array(size),
    write(address, bytes) {
      if (isRam(memory, address, bytes.length)) pc.writeRam(address, bytes);
    },
  };
}
