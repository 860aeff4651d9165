// The emulated platform as a machine's owner sees it: what is left of many rounds, of root CPUs that are lost, and on machines
// of unusual size.
import { afterEach, describe, expect, it } from "vitest";
import { type CellConfig, encode } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import smpDemo from "../../configs/x86/smp-demo.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import type { MachineOptions } from "../../control/api.ts";
import { type LocalSession, startSession } from "../../control/session.ts";
import * as S from "../../machine/cpu/interface.ts";
import { demo, launch } from "../inmates/cells.ts";
import { systemWith } from "./systems.ts";

const MS = 1e6;
const GIB = 1 << 30;
const OUTSIDE_ROOT = 0x3f800000n;
/** Where the memory begins that the shipped configuration says nothing of. */
const ABOVE = 0x40000000n;

let session: LocalSession;
afterEach(() => session.close());

async function start(options: MachineOptions = {}): Promise<LocalSession> {
  session = await startSession(options);
  return session;
}

/** tiny-demo with its memory elsewhere. */
function tinyAt(physicalStart: bigint): CellConfig {
  const [ram, ...others] = tinyDemo.memory;
  return { ...tinyDemo, memory: [{ ...ram!, physicalStart }, ...others] };
}

describe("rounds without a leak", () => {
  it("20 times enable and disable", async () => {
    const { machine } = await start();
    const pool = machine.pc.exports.poolUsed();
    const used: number[] = [];
    for (let round = 0; round < 20; round++) {
      await session.enable(encode(qemuX86));
      used.push((await session.status()).pools.memory.used);
      await session.disable();
      expect(machine.pc.exports.poolUsed()).toBe(pool);
    }
    expect(new Set(used).size).toBe(1);
    expect(session.machine.roots.online).toEqual([0, 1, 2, 3]);
  });

  it("50 times create, load, start and destroy, with and without a violation", async () => {
    const { machine } = await start();
    await session.enable(encode(qemuX86));
    const figures = async () => {
      const { pools, offline } = await session.status();
      return { pools, offline, pool: machine.pc.exports.poolUsed() };
    };
    const config = { ...smpDemo, cpus: [1, 2, 3] };
    await launch(session, config, demo("smp-demo"));
    await session.destroyCell(config.name);
    const before = await figures();
    for (let round = 0; round < 50; round++) {
      const name = round % 2 ? "smp-demo" : "rogue-demo";
      await launch(session, config, demo(name), "violation=triple con-type=none");
      await session.run(15 * MS);
      await session.destroyCell(config.name);
    }
    expect(await figures()).toEqual(before);
    expect(before.offline).toEqual([]);
  });
});

describe("x87 and SSE of a CPU that changes hands", () => {
  /** The initial configuration (docs/abi.md, section 4), a word at a time; offsets are those of FXSAVE. */
  const clean: number[] = Array(S.FX_SIZE / 4).fill(0);
  clean[S.FX_CONTROL / 4] = 0x37f;
  clean[S.FX_MXCSR / 4] = 0x1f80;

  it("are the last owner's to nobody: cell, restart of the cell, root cell", async () => {
    const { machine } = await start();
    await session.enable(encode(qemuX86));
    const [number] = tinyDemo.cpus as [number];
    const processor = machine.pc.processors[number]!;
    const words = () => clean.map((_, i) => processor.word(S.S_FX + i * 4));
    const spoil = () => {
      for (const i of clean.keys()) processor.setWord(S.S_FX + i * 4, 0xa5a5a5a5);
    };

    spoil();
    await launch(session, tinyDemo, demo("tiny-demo"), "");
    expect(words()).toEqual(clean);
    spoil();
    await session.loadCell("tiny-demo", [{ data: demo("tiny-demo"), address: 0xf0000n }]);
    await session.startCell("tiny-demo");
    expect(words()).toEqual(clean);
    spoil();
    await session.destroyCell("tiny-demo", { force: true });
    expect(words()).toEqual(clean);
  });
});

describe("performance and speculation registers of a CPU that changes hands", () => {
  it("are the last owner's to nobody", async () => {
    const { machine } = await start();
    await session.enable(encode(qemuX86));
    const [number] = tinyDemo.cpus as [number];
    const processor = machine.pc.processors[number]!;
    const offsets = Array.from({ length: 9 }, (_, index) => S.S_PERFORMANCE + index * 8);
    expect(offsets.at(-1)).toBe(S.S_SPEC_CTRL);
    for (const offset of offsets) processor.setWide(offset, 0x500000005n);
    await launch(session, tinyDemo, demo("tiny-demo"), "");
    expect(offsets.map((offset) => processor.wide(offset))).toEqual(offsets.map(() => 0n));
  });
});

describe("random numbers of a CPU that changes hands", () => {
  const [number] = tinyDemo.cpus as [number];

  /** Where the numbers of a cell, of that cell restarted, and of the root cell start, if the CPU's owners draw `drawn` each. */
  async function starts(drawn: number): Promise<number[]> {
    const { machine } = await start();
    const processor = machine.pc.processors[number]!;
    const next = () => processor.number(S.S_RANDOM);
    const found: number[] = [];
    const draw = () => {
      found.push(next());
      processor.setNumber(S.S_RANDOM, next() + drawn);
    };
    await session.run(MS);
    processor.setNumber(S.S_RANDOM, drawn);
    await session.enable(encode(qemuX86));
    await session.run(MS);
    await launch(session, tinyDemo, demo("tiny-demo"), "");
    draw();
    await session.run(MS);
    await session.loadCell("tiny-demo", [{ data: demo("tiny-demo"), address: 0xf0000n }]);
    await session.startCell("tiny-demo");
    draw();
    await session.run(MS);
    await session.destroyCell("tiny-demo", { force: true });
    draw();
    return found;
  }

  it("start where nobody has been, and where they do does not depend on who drew how many before", async () => {
    const [cell, again, root] = await starts(1000);
    expect(cell).toBeGreaterThan(1000);
    expect(again! - cell!).toBeGreaterThan(1000);
    expect(root! - again!).toBeGreaterThan(1000);
    expect(await starts(1)).toEqual([cell, again, root]);
  });
});

describe("root CPUs that are lost", () => {
  /** The shipped system without its last 14 MiB, so that a cell there is none of the root cell's memory. */
  const smaller = encode({
    ...qemuX86,
    rootCell: {
      ...qemuX86.rootCell,
      memory: qemuX86.rootCell.memory.filter(({ physicalStart }) => physicalStart !== 0x3f200000n),
    },
  });

  it("one is parked when it loads what it may not touch; the next one takes over", async () => {
    await start();
    await session.enable(smaller);
    await session.createCell(encode(tinyAt(OUTSIDE_ROOT)));
    const image = { data: new Uint8Array(16), address: 0n };
    await expect(session.loadCell("tiny-demo", [image])).rejects.toMatchObject({
      code: "EIO",
      hint: expect.stringContaining("CPU 0 of the root cell was parked by the hypervisor: FATAL:"),
    });
    expect((await session.cells())[0]).toMatchObject({
      state: "running",
      cpusAssigned: [0, 1, 3],
      cpusFailed: [0],
    });
    expect((await session.status()).offline).toEqual([0, 2]);
    await launch(session, { ...apicDemo, cpus: [3] }, demo("apic-demo"), "con-base=0x2f8");
    await session.serial(1).waitFor("Timer fired");

    const refusal = { code: "EBUSY", hint: "CPUs of the root cell are offline: 0." };
    await expect(session.disable()).rejects.toMatchObject(refusal);
    expect(await session.cells()).toHaveLength(3);
    await session.destroyCell("apic-demo", { force: true });
    await session.destroyCell("tiny-demo");
    expect((await session.status()).offline).toEqual([0]);
  });

  it("a cell on the memory they run in takes them all, and every command says so", async () => {
    await start();
    await session.enable(encode(qemuX86));
    await expect(session.createCell(encode(tinyAt(0n)))).rejects.toMatchObject({
      code: "EIO",
      hint: expect.stringMatching(/^CPU 0 of the root cell was parked by the hypervisor: FATAL: /),
    });
    for (const cpu of [1, 3])
      await expect(session.cells()).rejects.toMatchObject({
        code: "EIO",
        hint: expect.stringContaining(`CPU ${cpu} of the root cell was parked`),
      });
    await expect(session.cells()).rejects.toMatchObject({
      code: "EIO",
      hint: "No CPU of the root cell is left to issue a hypercall.",
    });
    await session.run(10 * MS);
  });
});

describe("machines of unusual size", () => {
  it("64 CPUs: a cell of 16, one of 44 that leaves most of them waiting, and all come back", async () => {
    const cpus = Array.from({ length: 64 }, (_, cpu) => cpu);
    await start({ cpus: 64 });
    await session.enable(systemWith({}, cpus));
    await launch(session, { ...smpDemo, cpus: cpus.slice(4, 20) }, demo("smp-demo"));
    await session.run(400 * MS);
    const text = await session.serial(1).text();
    expect(text).toContain("Found 15 other CPU(s)\r\n");
    expect(text.match(/^Received IPI on \d+\r$/gm)).toHaveLength(15);
    const [ram, ...others] = apicDemo.memory;
    const memory = [{ ...ram!, physicalStart: 0x3ed00000n }, ...others];
    const many = { ...apicDemo, memory, cpus: cpus.slice(20) };
    await launch(session, many, demo("apic-demo"), "con-base=0x2f8");
    await session.serial(1).waitFor("Timer fired");
    expect((await session.cells())[0]?.cpusAssigned).toEqual([0, 1, 2, 3]);
    await session.destroyCell("apic-demo", { force: true });
    await session.destroyCell("smp-demo");
    expect((await session.cells())[0]?.cpusAssigned).toEqual(cpus);
    await session.disable();
  });

  it("one CPU: it can be taken over, and has nothing to give", async () => {
    await start({ cpus: 1 });
    await session.enable(systemWith({}, [0]));
    await expect(session.createCell(encode(tinyDemo))).rejects.toMatchObject({ code: "EBUSY" });
    await session.disable();
    await expect(session.enable(encode(qemuX86))).rejects.toMatchObject({ code: "EINVAL" });
  });

  it("3 GiB: a cell above the shipped ones' memory", async () => {
    await start({ memory: 3 * GIB });
    const low = qemuX86.rootCell.memory.find(({ size }) => size > 0x10000000n);
    const size = qemuX86.pciMmconfigBase - ABOVE;
    const high = { ...low!, physicalStart: ABOVE, virtualStart: ABOVE, size };
    const { rootCell } = qemuX86;
    await session.enable(
      encode({ ...qemuX86, rootCell: { ...rootCell, memory: [...rootCell.memory, high] } }),
    );
    await launch(session, tinyAt(qemuX86.pciMmconfigBase - 0x100000n), demo("tiny-demo"));
    await session.serial(1).waitFor("Hello from this tiny cell!");
    await session.destroyCell("tiny-demo");
    await session.disable();
  });
});
