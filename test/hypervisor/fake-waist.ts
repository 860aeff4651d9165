// The waist's members on a FakePlatform: each keeps the platform's plain data and checks the contract.
import { EFAULT, ENOMEM } from "../../abi/errno.ts";
import {
  MAP_COMM,
  MAP_CONSOLE,
  MAP_READ,
  MAP_ZERO,
  POOL_USED,
  RANGE_LENGTH,
  RANGE_SIZE,
  RANGE_VIRT,
} from "../../abi/platform.ts";
import type { Activity, AddressSpace, FakeCpu, FakePlatform, Mapping } from "./fake-platform.ts";

export const PAGE = 4096;
export const PAGE_BITS = 12n;
/** Pages of the platform's pool. */
export const POOL_PAGES = 1 << 26;
/** More than this in one range cannot be reserved. */
const RESERVE_MAX = 1n << 25n;

/** Fails the test: the core has not kept to the waist. */
export function violated(contract: string): never {
  throw new Error(`the core broke the contract of the platform: ${contract}`);
}

function note(platform: FakePlatform, name: string, ...values: (number | bigint)[]): void {
  platform.record.push([name, ...values.map((value) => `0x${value.toString(16)}`)].join(" "));
}

function space(platform: FakePlatform, cell: number): AddressSpace {
  return platform.spaces.get(cell) ?? violated(`cell ${cell} has no address space`);
}

function reservedPages(platform: FakePlatform): number {
  return [...platform.spaces.values()].reduce((sum, { reserved }) => sum + reserved.size, 0);
}

function eachPage(address: bigint, size: bigint, visit: (page: bigint) => void): void {
  if ((address | size) & 4095n || size <= 0n) violated("not whole pages");
  for (let at = address; at < address + size; at += 4096n) visit(at >> PAGE_BITS);
}

function reserve(platform: FakePlatform, cell: number, ranges: number, count: number): number {
  const view = new DataView(platform.memory.buffer);
  const pages = new Set<bigint>();
  for (let i = 0; i < count; i++) {
    const range = ranges + i * RANGE_SIZE;
    const virt = view.getBigUint64(range + RANGE_VIRT, true);
    const size = view.getBigUint64(range + RANGE_LENGTH, true);
    if (size > RESERVE_MAX) return -ENOMEM;
    eachPage(virt, size, (page) => pages.add(page));
  }
  if (pages.size > platform.reservable) return -ENOMEM;
  platform.reservable -= pages.size;
  const space = platform.spaces.get(cell) ?? { pages: new Map(), reserved: new Set<bigint>() };
  for (const page of pages) space.reserved.add(page);
  if (!platform.spaces.has(cell)) platform.comm.set(cell, new Uint32Array(PAGE / 4));
  platform.spaces.set(cell, space);
  return 0;
}

export function memoryMembers(platform: FakePlatform) {
  return {
    reserve: (cell: number, ranges: number, count: number) => {
      note(platform, "reserve", cell, count);
      return reserve(platform, cell, ranges, count);
    },
    release: (cell: number) => {
      note(platform, "release", cell);
      if (platform.cpus.some((cpu) => cpu.cell === cell)) violated("release of a cell with CPUs");
      platform.reservable += space(platform, cell).reserved.size;
      platform.spaces.delete(cell);
      platform.comm.delete(cell);
      platform.ports.delete(cell);
      platform.msrs.delete(cell);
    },
    map: (cell: number, virt: bigint, phys: bigint, size: bigint, flags: number) => {
      note(platform, "map", cell, virt, phys, size, flags);
      const { pages, reserved } = space(platform, cell);
      const special = flags & (MAP_COMM | MAP_ZERO | MAP_CONSOLE);
      eachPage(virt, size, (page) => {
        if (!reserved.has(page)) violated("map without reserve");
        const offset = (page << PAGE_BITS) - virt;
        pages.set(page, { phys: special ? 0n : phys + offset, flags });
      });
    },
    // Its pool: the pages that cells have reserved.
    poolPages: (kind: number) => (kind === POOL_USED ? reservedPages(platform) : POOL_PAGES),
    unmap: (cell: number, virt: bigint, size: bigint) => {
      note(platform, "unmap", cell, virt, size);
      const { pages, reserved } = space(platform, cell);
      eachPage(virt, size, (page) => {
        if (!reserved.has(page)) violated("unmap without reserve");
        pages.delete(page);
      });
    },
    commit: (cell: number) => {
      note(platform, "commit", cell);
      platform.cpus.forEach((cpu, number) => {
        if (cpu.cell === cell && !cpu.stopped && number !== platform.caller && platform.committed)
          violated(`commit while CPU ${number} may run`);
      });
      platform.committed = true;
    },
    scrub: (phys: bigint, size: bigint) => {
      note(platform, "scrub", phys, size);
      for (const page of [...platform.ram.keys()]) {
        const address = page << PAGE_BITS;
        if (address >= phys && address < phys + size && address < platform.ramEnd)
          platform.ram.delete(page);
      }
    },
    readGuest: (cell: number, address: bigint, destination: number, size: number) =>
      readGuest(platform, cell, address, destination, size),
    readComm: (cell: number, offset: number) => commOf(platform, cell)[offset / 4],
    writeComm: (cell: number, offset: number, value: number) => {
      platform.commWrites++;
      commOf(platform, cell)[offset / 4] = value;
    },
  };
}

function commOf(platform: FakePlatform, cell: number): Uint32Array {
  return platform.comm.get(cell) ?? violated(`cell ${cell} has no communication page`);
}

/** What a cell reads in a mapped page; undefined where it may not, or where there is no RAM. */
function readPage(
  platform: FakePlatform,
  cell: number,
  { phys, flags }: Mapping,
): Uint8Array | undefined {
  if (flags & MAP_ZERO) return new Uint8Array(PAGE);
  if (!(flags & MAP_READ)) return undefined;
  if (flags & MAP_COMM) return new Uint8Array(commOf(platform, cell).buffer);
  return phys < platform.ramEnd ? platform.readRam(phys, PAGE) : undefined;
}

function readGuest(
  platform: FakePlatform,
  cell: number,
  address: bigint,
  destination: number,
  size: number,
): number {
  const bytes = new Uint8Array(platform.memory.buffer, destination, size);
  for (let done = 0; done < size; ) {
    const at = address + BigInt(done);
    const offset = Number(at & 4095n);
    const length = Math.min(size - done, PAGE - offset);
    const mapping = space(platform, cell).pages.get(at >> PAGE_BITS);
    const page = mapping && readPage(platform, cell, mapping);
    if (!page) return -EFAULT;
    bytes.set(page.subarray(offset, offset + length), done);
    done += length;
  }
  return 0;
}

export function grantMembers(platform: FakePlatform) {
  const portsOf = (cell: number) => {
    const ports = platform.ports.get(cell) ?? new Set<number>();
    platform.ports.set(cell, ports);
    return ports;
  };
  const changeMsrs = (cell: number, ...change: (number | string)[]) => {
    note(platform, "changeMsrs", cell);
    platform.msrs.set(cell, [...(platform.msrs.get(cell) ?? []), change.join(" ")]);
  };
  return {
    grantPorts: (cell: number, base: number, count: number) => {
      note(platform, "grantPorts", cell, base, count);
      for (let port = base; port < base + count; port++) portsOf(cell).add(port);
    },
    revokePorts: (cell: number, base: number, count: number) => {
      note(platform, "revokePorts", cell, base, count);
      for (let port = base; port < base + count; port++) portsOf(cell).delete(port);
    },
    grantMsrs: (cell: number, first: number, count: number, access: number) =>
      changeMsrs(cell, "grant", first >>> 0, count, access),
    revokeMsrs: (cell: number, first: number, count: number, access: number) =>
      changeMsrs(cell, "revoke", first >>> 0, count, access),
    attachDevice: (cell: number, iommu: number, bdf: number) => {
      note(platform, "attachDevice", cell, iommu, bdf);
      platform.devices.set(bdf, cell);
    },
    detachDevice: (iommu: number, bdf: number) => {
      note(platform, "detachDevice", iommu, bdf);
      platform.devices.delete(bdf);
    },
  };
}

/** A CPU that may be acted on: the calling one or a stopped one. */
function held(platform: FakePlatform, cpu: number): FakeCpu {
  const state = platform.cpus[cpu] ?? violated(`there is no CPU ${cpu}`);
  if (cpu !== platform.caller && !state.stopped) violated(`CPU ${cpu} is not stopped`);
  return state;
}

export function cpuMembers(platform: FakePlatform) {
  const any = (cpu: number) => platform.cpus[cpu] ?? violated(`there is no CPU ${cpu}`);
  const set = (cpu: number, activity: Activity) => {
    held(platform, cpu).activity = activity;
  };
  return {
    stopCpu: (cpu: number) => {
      if (cpu === platform.caller) violated("a CPU stops itself");
      note(platform, "stopCpu", cpu);
      any(cpu).stopped = true;
    },
    resumeCpu: (cpu: number) => {
      note(platform, "resumeCpu", cpu);
      any(cpu).stopped = false;
    },
    assignCpu: (cpu: number, cell: number) => {
      note(platform, "assignCpu", cpu, cell);
      space(platform, cell);
      held(platform, cpu).cell = cell;
    },
    useX2apic: (cell: number) => {
      note(platform, "useX2apic", cell);
      space(platform, cell);
      if (cell === 0) violated("useX2apic of the root cell");
      for (const cpu of platform.cpus)
        if (cpu.cell === cell && !cpu.stopped) violated("useX2apic of a cell that runs");
    },
    resetCpu: (cpu: number, entry: bigint) => {
      note(platform, "resetCpu", cpu, entry);
      set(cpu, `reset:${entry.toString(16)}`);
    },
    parkCpu: (cpu: number, wake: number) => {
      note(platform, "parkCpu", cpu, wake);
      set(cpu, wake ? "wait-for-sipi" : "halted");
    },
    releaseCpu: (cpu: number) => {
      note(platform, "releaseCpu", cpu);
      if (cpu !== platform.caller) violated("releaseCpu of another CPU");
      set(cpu, "released");
    },
    sendIpi: (cpu: number, mode: number, vector: number) =>
      note(platform, "sendIpi", cpu, mode, vector),
    injectException: (cpu: number, vector: number, errorCode: number) =>
      note(platform, "injectException", cpu, vector, errorCode),
    readRegister: (cpu: number, register: number) =>
      held(platform, cpu).registers.get(register) ?? 0n,
    writeRegister: (cpu: number, register: number, value: bigint) => {
      held(platform, cpu).registers.set(register, BigInt.asUintN(64, value));
    },
    apicId: (cpu: number) => platform.onApicId(cpu),
    // Arm's name of it: each is imported by its own architecture's core only.
    hardwareId: (cpu: number) => BigInt(platform.onApicId(cpu)),
  };
}

export function deviceMembers(platform: FakePlatform) {
  return {
    portIn: (port: number, size: number) => platform.onPort(port, size),
    portOut: (port: number, size: number, value: number) =>
      note(platform, "portOut", port, size, value >>> 0),
    mmioRead: (address: bigint, size: number) => platform.onMmio(address, size),
    mmioWrite: (address: bigint, size: number, value: bigint) => {
      note(platform, "mmioWrite", address, size, BigInt.asUintN(64, value));
      platform.onMmio(address, size, BigInt.asUintN(64, value));
    },
    pciRead: (bdf: number, register: number, size: number) => platform.onPci(bdf, register, size),
    pciWrite: (bdf: number, register: number, size: number, value: number) => {
      note(platform, "pciWrite", bdf, register, size, value >>> 0);
      platform.onPciWrite(bdf, register, size, value >>> 0);
    },
    readMsr: (cpu: number, msr: number, destination: number) => {
      held(platform, cpu);
      if (!platform.hasMsr(msr >>> 0)) return 0;
      new DataView(platform.memory.buffer).setBigUint64(
        destination,
        platform.onMsr(msr >>> 0),
        true,
      );
      return 1;
    },
    writeMsr: (cpu: number, msr: number, value: bigint) => {
      held(platform, cpu);
      note(platform, "writeMsr", cpu, msr >>> 0, BigInt.asUintN(64, value));
      return platform.hasMsr(msr >>> 0) ? 1 : 0;
    },
    cpuid: (_cpu: number, leaf: number, _subleaf: number, part: number) =>
      platform.onCpuid(leaf >>> 0, part),
  };
}
