// A small partitioned machine: a root cell, a victim, and a rogue whose grants are drawn at random. Two worlds that differ
// only in the rogue's program are compared after every program.

import type { CellDefinition, MemoryDefinition } from "../../config/definition.ts";
import { defineCell, defineSystem, encode, KiB, MiB } from "../../config/index.ts";
import { type LocalSession, startSession } from "../../control/session.ts";
import type { Targets } from "./programs.ts";
import type { Random } from "./random.ts";
import { VICTIM } from "./victim.ts";

const RAM = MiB(16);
const HYPERVISOR = { physical: MiB(14), size: MiB(1) };
const ROGUE_RAM = MiB(12);
const ROGUE_EXTRA = MiB(13);
const VICTIM_RAM = MiB(8);
const COMM = 0x40000;
const VICTIM_CPU = 1;
/** The pin of the I/O APIC that a rogue may be given. */
const ROGUE_PIN = 3;
const PAGE = 0x1000;
const PAGE_MASK = ["read", "write", "execute", "loadable"] as const;

const PORTS = [
  ...[0x20, 0x21, 0x40, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0xa0, 0x2f8, 0x2f9, 0x3f8, 0x3f9],
  ...[0x600, 0x608, 0xcf8, 0xcfc, 0xcf9, 0xd000, 0xffff],
];
const ADDRESSES = [
  ...[0, PAGE, 0x8000, 0x10000, COMM, 0xa0000, VICTIM_RAM, VICTIM_RAM + 0x2000, ROGUE_RAM],
  ...[ROGUE_EXTRA, HYPERVISOR.physical, HYPERVISOR.physical + 0x3000, RAM - PAGE, RAM, 0xb0000000],
  ...[0xfec00000, 0xfed00000, 0xfee00000, 0xfee00300, 0xfee00310, 0xfffff000, 0xffffffff],
];

const system = defineSystem({
  hypervisorMemory: HYPERVISOR,
  pci: { mmconfigBase: 0xb0000000, endBus: 0xff },
  x86: { pmTimer: 0x608 },
  rootCell: {
    name: "root",
    cpus: [0, 1, 2, 3],
    memory: [
      { physical: 0, size: HYPERVISOR.physical, flags: ["read", "write", "execute", "dma"] },
      { physical: MiB(15), size: MiB(1), flags: ["read", "write", "execute", "dma"] },
      { physical: 0xfed00000, size: KiB(4), flags: ["read", "write"] },
    ],
    irqchips: [{ address: 0xfec00000, id: 0xff00, pins: [0, 1, 2, 3, 4, 8, 9] }],
    ports: [
      { base: 0x20, length: 0x62 },
      { base: 0xa0, length: 2 },
      { base: 0x2f8, length: 8 },
      { base: 0x3f8, length: 8 },
      { base: 0x600, length: 0x80 },
    ],
    pciDevices: [{ type: "device", bdf: 0 }],
  },
});

const comm: MemoryDefinition = {
  virtual: COMM,
  size: PAGE,
  flags: ["read", "write", "comm-region"],
};

const victim = defineCell({
  name: "victim",
  flags: ["passive-commreg", "virtual-console-permitted"],
  cpus: [VICTIM_CPU],
  memory: [{ physical: VICTIM_RAM, virtual: 0, size: KiB(64), flags: PAGE_MASK }, comm],
  cpuResetAddress: 0,
});

/** What the rogue is given: drawn anew for each set of cells. */
export function randomRogue(random: Random): CellDefinition {
  const cpus = random.pick([[2], [3], [2, 3]]);
  const memory: MemoryDefinition[] = [
    { physical: ROGUE_RAM, virtual: 0, size: KiB(64), flags: PAGE_MASK },
    comm,
  ];
  if (random.below(2)) {
    memory.push({
      physical: ROGUE_EXTRA,
      virtual: 0x80000 + PAGE * random.below(16),
      size: PAGE * (1 + random.below(4)),
      flags: random.pick([["read"], ["read", "write"], ["read", "execute"]] as const),
    });
  }
  return {
    name: "rogue",
    flags: ["passive-commreg"],
    cpus,
    memory,
    irqchips: random.below(2) ? [{ address: 0xfec00000, id: 0xff00, pins: [ROGUE_PIN] }] : [],
    ports: random.below(2) ? [{ base: 0x2f8, length: 8 }] : [],
    cpuResetAddress: 0,
  };
}

/** A device's state, to be compared. */
function bytesOf(saved: object): Uint8Array {
  const plain = (_: string, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : ArrayBuffer.isView(value) ? String(value) : value;
  return Buffer.from(JSON.stringify(saved, plain));
}

/** What a program of any rogue may want to reach. */
export const TARGETS: Targets = { addresses: ADDRESSES, ports: PORTS };

/** How long a program runs, in virtual nanoseconds: some thousands of instructions of each CPU. */
const RUN = 30_000;

export class World {
  readonly session: LocalSession;
  readonly #rogue: CellDefinition;

  private constructor(session: LocalSession, rogue: CellDefinition) {
    this.session = session;
    this.#rogue = rogue;
  }

  /** A machine with the victim running and nobody else. */
  static async create(rogue: CellDefinition): Promise<World> {
    const session = await startSession({ memory: RAM });
    await session.enable(encode(system));
    await session.createCell(encode(victim));
    await session.loadCell("victim", [{ data: VICTIM, address: 0n }]);
    await session.startCell("victim");
    return new World(session, rogue);
  }

  /** Creates the rogue with a program, lets it run, and destroys it. */
  async play(program: Uint8Array): Promise<void> {
    const { session } = this;
    await session.createCell(encode(defineCell(this.#rogue)));
    await session.loadCell("rogue", [{ data: program, address: 0n }]);
    await session.startCell("rogue");
    await session.run(RUN);
  }

  async clear(): Promise<void> {
    await this.session.destroyCell("rogue");
  }

  /** What of this world is not the rogue's: pieces of memory and the states of the other CPUs, by name. */
  *others(): Generator<[string, Uint8Array]> {
    const { pc } = this.session.machine;
    const owned = new Set(this.#rogue.cpus);
    for (const cpu of pc.processors) {
      if (!owned.has(cpu.index)) yield [`CPU ${cpu.index}`, cpu.snapshot()];
    }
    const ram = pc.ram;
    yield ["RAM below the rogue", ram.subarray(0, ROGUE_RAM)];
    yield ["RAM above the hypervisor", ram.subarray(MiB(15))];
    yield ["the victim's communication page", this.commPage(1)];
    for (const [index, lapic] of pc.lapics.entries())
      if (!owned.has(index)) yield [`local APIC ${index}`, bytesOf(lapic.save())];
    for (const [name, device] of Object.entries(pc.devices.stateful)) {
      const state = this.#unreached(name, device.save().state);
      if (state) yield [name, bytesOf(state)];
    }
  }

  /** What of a device's state the rogue was not given. */
  #unreached(device: string, state: object): object | undefined {
    const { irqchips = [], ports = [] } = this.#rogue;
    if (device === "com2" && ports.length > 0) return undefined;
    if (device !== "ioapic" || irqchips.length === 0) return state;
    const { pins } = state as { pins: readonly object[] };
    return pins.filter((_, pin) => pin !== ROGUE_PIN);
  }

  /** The communication page of a cell (its number), in the hypervisor's memory. */
  commPage(cell: number): Uint8Array {
    const start = HYPERVISOR.physical + (2 + cell) * PAGE;
    return this.session.machine.pc.ram.subarray(start, start + PAGE);
  }
}
