// A guest for the tests of exits: one CPU of an enabled fake platform, with code at its RIP and device memory to access.
import {
  MEM_IO_8,
  MEM_IO_16,
  MEM_IO_32,
  MEM_IO_64,
  MEM_IO_UNALIGNED,
  MEM_READ,
  MEM_WRITE,
} from "../../../abi/config.ts";
import {
  REG_CR0,
  REG_CR3,
  REG_CR4,
  REG_CS_ATTRIBUTES,
  REG_CS_BASE,
  REG_EFER,
  REG_RAX,
  REG_RCX,
  REG_RDX,
  REG_RIP,
} from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { readMmio } from "../fake-registers.ts";

/** A sub-page region of the root cell where everything is allowed. */
export const DEVICE = 0xf0000000n;
export const DEVICE_SIZE = 0x100n;
/** Where the page tables are, and the code. */
const TABLES = 0x10000n;
const CODE = 0x20000n;

export const DEVICE_REGION: cfg.Region = {
  phys: DEVICE,
  virt: DEVICE,
  size: DEVICE_SIZE,
  flags: MEM_READ | MEM_WRITE | MEM_IO_8 | MEM_IO_16 | MEM_IO_32 | MEM_IO_64 | MEM_IO_UNALIGNED,
};

export type Bits = 16 | 32 | 64;

/** A root cell on an enabled machine, CPU 0 being its guest. */
export class Guest {
  readonly platform: FakePlatform;
  readonly cpu: number;
  /** The device's first bytes. */
  readonly device = new Uint8Array(Number(DEVICE_SIZE));

  /** `serve` serves other device memory: undefined where there is none. */
  constructor(
    platform = new FakePlatform(),
    cpu = 0,
    system: cfg.SystemOptions = {},
    serve: (address: bigint, value?: bigint) => bigint | undefined = () => undefined,
  ) {
    this.platform = platform;
    this.cpu = cpu;
    platform.onMmio = (address, size, value) =>
      serve(address, value) ?? this.access(address, size, value);
    const regions = [...cfg.ROOT_REGIONS, DEVICE_REGION];
    const result = platform.enable(
      cfg.systemConfig({ ...system, root: { regions, ...system.root } }),
    );
    if (result) throw new Error(`enable: ${result}\n${platform.console}`);
    platform.console = "";
    platform.takeRecord();
  }

  private access(address: bigint, size: number, value?: bigint): bigint {
    if (address < DEVICE || address >= DEVICE + DEVICE_SIZE) return readMmio(address);
    const view = new DataView(this.device.buffer, Number(address - DEVICE));
    let read = 0n;
    for (let i = 0; i < size; i++) {
      if (value !== undefined) view.setUint8(i, Number((value >> BigInt(8 * i)) & 0xffn));
      read |= BigInt(view.getUint8(i)) << BigInt(8 * i);
    }
    return read;
  }

  get(register: number): bigint {
    return this.platform.cpus[this.cpu]!.registers.get(register) ?? 0n;
  }

  set(register: number, value: bigint): void {
    this.platform.cpus[this.cpu]!.registers.set(register, value);
  }

  /** Sets EDX:EAX. */
  setPair(value: bigint): void {
    this.set(REG_RDX, value >> 32n);
    this.set(REG_RAX, value & 0xffffffffn);
  }

  getPair(): bigint {
    return (this.get(REG_RDX) << 32n) | this.get(REG_RAX);
  }

  /** Puts `bytes` at RIP, as code of this size; 64-bit code runs with an identity map, the others without paging. */
  code(bytes: readonly number[], bits: Bits = 64): void {
    this.platform.writeRam(
      CODE,
      Uint8Array.from({ length: 16 }, (_, i) => bytes[i] ?? 0x90),
    );
    this.set(REG_RIP, CODE);
    this.set(REG_CS_BASE, 0n);
    this.set(REG_CS_ATTRIBUTES, { 16: 0x9bn, 32: 0xc9bn, 64: 0xa9bn }[bits]);
    this.set(REG_CR0, bits === 64 ? 0x80000011n : 0x11n);
    this.set(REG_CR4, bits === 64 ? 0x20n : 0n);
    this.set(REG_EFER, bits === 64 ? 0xd00n : 0n);
    if (bits === 64) this.identityMap();
  }

  private identityMap(): void {
    const entry = (at: bigint, value: bigint) => {
      this.platform.writeRam(at, new Uint8Array(new BigUint64Array([value]).buffer));
    };
    entry(TABLES, (TABLES + 0x1000n) | 3n);
    entry(TABLES + 0x1000n, 0x83n);
    this.set(REG_CR3, TABLES);
  }

  /** How far RIP is from where `code` has put it. */
  get advanced(): number {
    return Number(this.get(REG_RIP) - CODE);
  }

  /** Lets an exit happen. Returns 0 if that has parked the CPU for good, else 1. */
  enter(action: (core: FakePlatform["core"]) => void): number {
    return this.platform.exit(this.cpu, () => action(this.platform.core));
  }

  mmio(address: bigint, flags = 0): number {
    return this.enter((core) => core.exitMmio(this.cpu, address, flags));
  }

  rdmsr(msr: number): number {
    this.set(REG_RCX, BigInt(msr >>> 0));
    return this.enter((core) => core.exitMsrRead(this.cpu, 2));
  }

  wrmsr(msr: number, value: bigint): number {
    this.set(REG_RCX, BigInt(msr >>> 0));
    this.setPair(value);
    return this.enter((core) => core.exitMsrWrite(this.cpu, 2));
  }

  /** What was printed since the last call. */
  output(): string {
    const text = this.platform.console.replaceAll("\r", "");
    this.platform.console = "";
    return text;
  }
}
