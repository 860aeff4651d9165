import { describe, expect, it } from "vitest";
import * as abi from "../abi/config.ts";
import { checkInputs } from "../config/check/index.ts";
import { type CellConfig, decode, type MemoryRegion, type SystemConfig } from "../config/index.ts";
import { isUpToDate, shippedConfigs } from "../tools/configs.ts";

const shipped = await shippedConfigs();
const find = (name: string) => shipped.find((one) => one.name === name)!.config;
const system = find("qemu-x86") as SystemConfig;
const cells = shipped.map(({ config }) => config).filter((config) => config.kind === "cell");
const GIB = 1n << 30n;
/** What `memmap=82M$0x3a000000` keeps from Linux behind the inmates' memory: that of the shared memory devices. */
const SHARED: [bigint, bigint] = [0x3f000000n, 0x3f200000n];
/** The page at its end that no device has. */
const UNUSED: [bigint, bigint] = [0x3f1ff000n, 0x3f200000n];

const has = (region: MemoryRegion, flag: number) => (region.flags & BigInt(flag)) !== 0n;
const overlap = (a: [bigint, bigint], b: [bigint, bigint]) => a[0] < b[1] && b[0] < a[1];
const physical = (region: MemoryRegion): [bigint, bigint] => [
  region.physicalStart,
  region.physicalStart + region.size,
];
const virtual = (region: MemoryRegion): [bigint, bigint] => [
  region.virtualStart,
  region.virtualStart + region.size,
];

/** Memory that is really the cell's: everything but the communication region. */
const own = (cell: CellConfig) => cell.memory.filter((region) => !has(region, abi.MEM_COMM_REGION));

function pairs<Type>(list: readonly Type[]): [Type, Type][] {
  return list.flatMap((a, index) => list.slice(index + 1).map((b): [Type, Type] => [a, b]));
}

describe("configurations that ship", () => {
  it("are those that the article's session and the demos need", () => {
    expect(shipped.map(({ name }) => name)).toEqual([
      "apic-demo",
      "bochs-intel-x86",
      "bochs-x86",
      "e1000-demo",
      "ioapic-demo",
      "ivshmem-demo",
      "linux-x86-demo",
      "pc-x86",
      "pci-demo",
      "qemu-x86",
      "qemu-x86-e1000",
      "rogue-demo",
      "smp-demo",
      "tiny-demo",
    ]);
  });

  it.each(shipped.map((one) => [one.name, one] as const))(
    "%s.cell is what its source says",
    (_, one) => {
      expect(isUpToDate(one)).toBe(true);
      expect(decode(one.bytes)).toEqual(one.config);
    },
  );
});

describe("qemu-x86", () => {
  const { rootCell } = system;

  it("gives the root cell all RAM up to 1 GiB except the hypervisor's", () => {
    const ram = rootCell.memory.filter(({ physicalStart, size }) => physicalStart < GIB && size);
    const hypervisor = physical(system.hypervisorMemory);
    const ranges = [...ram.map(physical), hypervisor, UNUSED];
    ranges.sort((a, b) => (a[0] < b[0] ? -1 : 1));
    let end = 0n;
    for (const [start, stop] of ranges) {
      expect(start).toBe(end);
      end = stop;
    }
    expect(end).toBe(GIB);
    const linux = ram.filter((region) => !overlap(physical(region), SHARED));
    expect(linux.every((region) => has(region, abi.MEM_WRITE))).toBe(true);
  });

  it("has no region over another, over MMCONFIG, the APICs or the MSI-X table", () => {
    const taken: [bigint, bigint][] = [
      [system.pciMmconfigBase, system.pciMmconfigBase + (256n << 20n)],
      [0xfec00000n, 0xfec01000n],
      [0xfee00000n, 0xfee01000n],
    ];
    for (const device of rootCell.pciDevices)
      if (device.numMsixVectors > 0)
        taken.push([device.msixAddress, device.msixAddress + BigInt(device.msixRegionSize)]);
    for (const [a, b] of pairs([...rootCell.memory.map(physical), ...taken]))
      expect(overlap(a, b), `${a} ${b}`).toBe(false);
  });

  it("has three serial ports, the PM timer, and no port twice", () => {
    const ranges = rootCell.ports.map(({ base, length }): [bigint, bigint] => [
      BigInt(base),
      BigInt(base + length),
    ]);
    for (const [a, b] of pairs(ranges)) expect(overlap(a, b), `${a} ${b}`).toBe(false);
    for (const port of [0x3f8n, 0x2f8n, 0x3e8n, 0x608n, 0x40n, 0x70n])
      expect(
        ranges.some(([start, end]) => port >= start && port < end),
        `${port}`,
      ).toBe(true);
  });
});

/** The system that a cell is for. */
const systemOf = (cell: CellConfig) =>
  find(cell.name === "e1000-demo" ? "qemu-x86-e1000" : "qemu-x86") as SystemConfig;

/** Those that print on COM1, where the hypervisor prints as well, as in the original. */
const SHARING = new Set(["apic-demo", "e1000-demo", "ivshmem-demo", "linux-x86-demo", "pci-demo"]);

describe.each(cells.map((cell) => [cell.name, cell] as const))("%s", (_, cell) => {
  const system = systemOf(cell);

  it("passes the check, together with its system", () => {
    const inputs = [system, cell].map((config) => ({ path: "", config, source: undefined }));
    const machine = { cpus: [0, 1, 2, 3], ramEnd: GIB };
    const findings = checkInputs(inputs, machine).filter(({ severity }) => severity !== "note");
    expect(findings.map(({ rule }) => rule)).toEqual(
      SHARING.has(cell.name) ? ["debug-console-shared"] : [],
    );
  });

  it("takes only what the root cell has", () => {
    for (const cpu of cell.cpus) expect(system.rootCell.cpus).toContain(cpu);
    expect(cell.cpus).not.toContain(0);
    for (const region of own(cell)) {
      const [start, end] = physical(region);
      const holder = system.rootCell.memory.find((one) => {
        const [from, to] = physical(one);
        return from <= start && end <= to;
      });
      expect(holder, `${start}`).toBeDefined();
    }
    for (const { base, length } of cell.ports)
      expect(
        system.rootCell.ports.some(
          (range) => range.base <= base && base + length <= range.base + range.length,
        ),
        `port ${base}`,
      ).toBe(true);
  });

  it("has no region of its own over another", () => {
    const regions = own(cell).filter(({ size }) => size > 0n);
    for (const [a, b] of pairs(regions)) expect(overlap(physical(a), physical(b))).toBe(false);
  });

  it("starts at 0xffff0, or at 0 for Linux, in loadable memory, and has its communication region at 0x100000", () => {
    expect(cell.cpuResetAddress).toBe(cell.name === "linux-x86-demo" ? 0n : 0xffff0n);
    const start = cell.memory.find((region) => {
      if (region.size === 0n) return false;
      const [from, to] = virtual(region);
      return from <= cell.cpuResetAddress && cell.cpuResetAddress < to;
    });
    expect(start && has(start, abi.MEM_LOADABLE)).toBe(true);
    const comm = cell.memory.find((region) => has(region, abi.MEM_COMM_REGION));
    expect(comm).toMatchObject({ virtualStart: 0x100000n, size: 0x1000n });
  });

  it("prints on a port that it has", () => {
    // A Linux is told its console on its command line.
    if (cell.name === "linux-x86-demo") return;
    const address = Number(cell.console.address);
    expect(cell.console.type).toBe(abi.CONSOLE_TYPE_8250);
    expect(cell.ports.some(({ base, length }) => base <= address && address < base + length)).toBe(
      true,
    );
  });
});

describe("cells that run side by side", () => {
  it("share no CPU and no memory: apic-demo with tiny-demo, and with rogue-demo", () => {
    const apic = find("apic-demo") as CellConfig;
    for (const name of ["tiny-demo", "rogue-demo"]) {
      const other = find(name) as CellConfig;
      expect(other.cpus.some((cpu) => apic.cpus.includes(cpu))).toBe(false);
      for (const a of own(apic))
        for (const b of own(other)) expect(overlap(physical(a), physical(b))).toBe(false);
    }
  });
});

it.each(["bochs-x86", "pc-x86"])(
  "%s passes the check with each cell of the article's session",
  (system) => {
    for (const name of ["apic-demo", "tiny-demo", "rogue-demo"]) {
      const set = [find(system), find(name)];
      const faults = checkInputs(set.map((config) => ({ path: "", config, source: undefined })));
      expect([name, faults.filter(({ severity }) => severity === "error")]).toEqual([name, []]);
    }
  },
);
