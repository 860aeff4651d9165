// One of the two that are compared: a guest with its driver and image, and a round of all measurements in it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineCell, encode, MiB } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import rogueDemo from "../../configs/x86/rogue-demo.ts";
import type { Counters, PoolUse } from "../../control/api.ts";
import type { Entry } from "../../control/guest/cpio.ts";
import type { Bed, Machine } from "../../tools/metal/beds/bed.ts";
import { imageOf, systemOf } from "../../tools/metal/beds/index.ts";
import { firmware } from "../../tools/metal/firmware.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { buildGuestProgram } from "../../tools/metal/guest-program.ts";
import { ROOT } from "../../tools/root.ts";
import { median } from "../measure.ts";
import { exitTimes, Figures, jitter, percentile } from "./figures.ts";
import { BUSY, CALLS, CHANGING, EXITS, IDLE, JITTER, ROUND_TRIP, SIZE } from "./groups.ts";
import type { Original } from "./original.ts";
import { Watch } from "./watch.ts";

/** How long each of a round's measurements takes. */
export interface Extent {
  /** Of each look at exits and jitter. */
  readonly seconds: number;
  /** Life cycles whose requests are timed. */
  readonly cycles: number;
}

export interface Side {
  readonly label: string;
  readonly guest: Guest;
  /** The hypervisor's image. */
  readonly image: Uint8Array;
  readonly watch: Watch;
  /** Told what is missing in the figures, and why. */
  readonly say: (text: string) => void;
}

/** The machine that both have. */
export interface Place {
  readonly bed: Bed;
  readonly machine: Machine;
}

/** What the program in the guest answers. Milliseconds of each request, by its name. */
type CallTimes = Record<string, number[]>;
type Pools = Readonly<Record<"memory" | "remap", PoolUse>>;

/** What cells' CPUs did in a time. */
interface Rates {
  /** As measured. */
  readonly seconds: number;
  /** How often another cell came and went meanwhile. */
  readonly changes: number;
  /** Exits in that time, by the cell's name. */
  readonly cells: Readonly<Record<string, Counters>>;
}

/** A program for the cell of apic-demo. */
interface Program {
  readonly config: string;
  readonly image: string;
  readonly address: string;
}

const SOURCE = "bench/metal/inside.c";
const MEASURE = "/bench/inside";
const SYSTEM = "/bench/system.cell";
const CELL = "apic-demo";
/** Demos that are measured, and a configuration for either. */
const DEMOS = [CELL, "exits-demo", "rogue-demo"];
const OURS = "/bench/apic-demo.cell";
const imagePath = (demo: string) => `/bench/ours/${demo}.bin`;
const ours = (demo: string): Program => ({
  config: OURS,
  image: imagePath(demo),
  address: "0xf0000",
});
/** The original's image of apic-demo, which begins at 0. */
const THEIRS: Program = {
  config: "/bench/from-0.cell",
  image: "/bench/apic-demo.bin",
  address: "0",
};

/** The neighbour that comes and goes, with memory to scrub; it breaks a rule, so that the hypervisor has something to report. */
const NEIGHBOUR = encode({
  ...rogueDemo,
  memory: [
    ...rogueDemo.memory,
    ...defineCell({
      name: "memory",
      cpus: [],
      memory: [
        {
          physical: 0x3b000000,
          virtual: 0x2000000,
          size: MiB(24),
          flags: ["read", "write", "loadable"],
        },
      ],
    }).memory,
  ],
});
const NEIGHBOUR_CONFIG = "/bench/neighbour.cell";
const VIOLATION = "violation=mmio";

/** Seconds from one tick of apic-demo to the next; a late one does not delay those after it. */
const TICK = 0.1;
/** Many short rounds: the best one is hardly disturbed. */
const EXIT_ROUNDS = "count=200 rounds=25";
/** What goes on meanwhile, as the program in the guest has it. */
const LOADS: ReadonlyMap<string, readonly string[]> = new Map([
  [IDLE, ["idle"]],
  [BUSY, ["busy"]],
  [CHANGING, ["changing", NEIGHBOUR_CONFIG, imagePath("rogue-demo"), "0xf0000", VIOLATION]],
]);
const KIB = 1024;
const PAGE = 4096;
const CPUS = 4;
/** Fields of the image's header (ABI section 7). */
const CORE_SIZE = 8;
const PERCPU_SIZE = 16;
/** Milliseconds for a program to end, and for a measurement beyond its own time. */
const PATIENCE = 300_000;
const MS_PER_SECOND = 1000;

/** The files that a guest needs for the bench. `original`: those of the original, else ours. */
function filesFor({ bed, machine }: Place, original: Original | undefined): Map<string, Entry> {
  const file = (path: string): Entry => ({ data: readFileSync(path) });
  const files = new Map<string, Entry>([
    [MEASURE.slice(1), { data: buildGuestProgram(SOURCE), mode: 0o755 }],
    ["bench/system.cell", file(original?.system ?? join(ROOT, systemOf(bed, machine).file))],
    [OURS.slice(1), { data: encode(apicDemo) }],
    [NEIGHBOUR_CONFIG.slice(1), { data: NEIGHBOUR }],
    ...DEMOS.map((demo) => {
      const path = join(ROOT, `inmates/demos/x86/${demo}.bin`);
      return [imagePath(demo).slice(1), file(path)] as const;
    }),
    ["bench/from-0.cell", { data: encode({ ...apicDemo, cpuResetAddress: 0n }) }],
  ]);
  if (original) {
    files.set(`lib/firmware/${imageOf(bed, machine)}`, file(original.image));
    files.set("jailhouse/driver/jailhouse.ko", file(original.driver));
  }
  return files;
}

/** Boots a guest with ours or, if it is given, the original, and loads the driver. */
export async function bootSide(
  place: Place,
  original: Original | undefined,
  apicDemoOfOriginal: string | undefined,
  say: (text: string) => void,
): Promise<Side> {
  const extra = filesFor(place, original);
  if (apicDemoOfOriginal) {
    extra.set("bench/apic-demo.bin", { data: readFileSync(apicDemoOfOriginal) });
  }
  if (original?.tool) extra.set("bench/tool", { data: readFileSync(original.tool), mode: 0o755 });
  const watch = new Watch();
  const { bed, machine } = place;
  const jailhouse = original === undefined;
  const onConsole = (piece: string) => watch.hear(piece);
  const guest = await Guest.boot({ bed, machine, say, extra, onConsole, jailhouse });
  watch.attach(() => guest.com1.text);
  try {
    await guest.check("insmod driver/jailhouse.ko");
  } catch (error) {
    await guest.close();
    throw error;
  }
  const image = readFileSync(original?.image ?? firmware(say).get(imageOf(bed, machine))!);
  return { label: original ? "the original" : "ours", guest, image, watch, say };
}

async function measure<T>({ guest }: Side, ...args: (string | number)[]): Promise<T> {
  const command = [MEASURE, ...args].join(" ");
  return JSON.parse(await guest.check(command, { timeout: PATIENCE })) as T;
}

/** The image's own figures. */
function addSizes(figures: Figures, image: Uint8Array): void {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  const core = Number(view.getBigUint64(CORE_SIZE, true));
  const perCpu = Number(view.getBigUint64(PERCPU_SIZE, true));
  figures.add(SIZE, "image", "KiB", image.length / KIB);
  figures.add(SIZE, "code and data", "KiB", core / KIB);
  figures.add(SIZE, "each CPU", "KiB", perCpu / KIB);
  figures.add(SIZE, `with ${CPUS} CPUs`, "KiB", (core + CPUS * perCpu) / KIB);
}

function addPool(figures: Figures, when: string, { memory }: Pools): void {
  figures.add(SIZE, `pool in use, ${when}`, "KiB", (memory.used * PAGE) / KIB);
}

function addRates(figures: Figures, cell: string, counters: Counters, seconds: number): void {
  // The sum is the largest: it comes first.
  for (const [name, exits] of Object.entries(counters).sort(([, a], [, b]) => b - a)) {
    if (exits > 0) figures.add(EXITS, `${cell}: ${name}`, "1/s", exits / seconds);
  }
}

function addJitter(figures: Figures, load: string, ticks: readonly number[]): void {
  if (ticks.length === 0) return;
  figures.ticks.set(load, ticks);
  figures.add(JITTER, `${load}: min`, "µs", Math.min(...ticks));
  figures.add(JITTER, `${load}: median`, "µs", median(ticks));
  figures.add(JITTER, `${load}: p99`, "µs", percentile(ticks, 0.99));
  figures.add(JITTER, `${load}: max`, "µs", Math.max(...ticks));
}

/** Exits and jitter while apic-demo runs; `suffix` tells its binaries apart. */
async function watch(side: Side, figures: Figures, load: string, seconds: number, suffix: string) {
  const rates = await measure<Rates>(side, "rates", seconds, ...LOADS.get(load)!);
  if (load === CHANGING) side.say(`${side.label}: ${rates.changes} cells came and went`);
  const ticks = jitter(side.watch.take());
  if (ticks.length === 0) side.say(`${side.label}: apic-demo did not tick (${load}${suffix})`);
  addJitter(figures, `${load}${suffix}`, ticks);
  if (suffix !== "" || load === CHANGING) return;
  for (const [name, counters] of Object.entries(rates.cells)) {
    const cell = name === CELL ? CELL : "root cell";
    addRates(figures, `${cell}, ${load}`, counters, rates.seconds);
  }
  const perSecond = (rates.cells[CELL]?.total ?? 0) / rates.seconds;
  if (load === IDLE) figures.add(EXITS, "apic-demo: each tick", "", perSecond * TICK);
}

async function launch(
  side: Side,
  { config, image, address }: Program,
  parameters = "",
): Promise<Pools> {
  return measure<Pools>(side, "launch", config, image, address, `'${parameters}'`);
}

/** Whether COM1 says so in time, from `start` on: an inmate that does not is no reason to lose all other figures. */
async function saysSoon({ guest }: Side, words: RegExp, start: number): Promise<boolean> {
  return guest.com1.waitFor(words, PATIENCE, start).then(
    () => true,
    () => false,
  );
}

async function runApicDemo(side: Side, figures: Figures, program: Program, { seconds }: Extent) {
  const suffix = program === THEIRS ? " (the original's binary)" : "";
  const start = side.guest.com1.text.length;
  const enabled = await measure<Pools>(side, "enable", SYSTEM);
  const isOurs = suffix === "";
  // The original's locks the configuration: no cell comes or goes beside it.
  const launched = await launch(side, program, isOurs ? "unlocked=true" : "");
  if (isOurs) {
    addPool(figures, "enabled", enabled);
    addPool(figures, "with apic-demo", launched);
  }
  if (await saysSoon(side, /Timer fired/, start))
    for (const load of isOurs ? LOADS.keys() : [IDLE, BUSY])
      await watch(side, figures, load, seconds, suffix);
  else side.say(`${side.label}: apic-demo never ticked${suffix}: no exits and no jitter of it`);
  await measure(side, "end");
}

async function runExits(side: Side, figures: Figures): Promise<void> {
  const start = side.guest.com1.text.length;
  await measure(side, "enable", SYSTEM);
  await launch(side, ours("exits-demo"), EXIT_ROUNDS);
  if (!(await saysSoon(side, /Exits done/, start)))
    side.say(`${side.label}: exits-demo did not end: some times of exits are missing`);
  const times = exitTimes(side.guest.com1.text.slice(start));
  for (const [kind, ns] of times) figures.add(ROUND_TRIP, kind, "ns", ns);
  await measure(side, "end");
}

async function timeCalls(side: Side, figures: Figures, { cycles }: Extent): Promise<void> {
  const { config, image, address } = ours(CELL);
  const times = await measure<CallTimes>(side, "calls", SYSTEM, config, image, address, cycles);
  for (const name of ["enable", "create", "load", "start", "destroy, refused", "destroy"]) {
    if (times[name]) figures.add(CALLS, name, "ms", median(times[name]));
  }
  if (times.disable) figures.add(CALLS, "disable", "ms", median(times.disable));
}

/** A round: every figure once. The hypervisor is off before and after. */
export async function measureRound(
  side: Side,
  extent: Extent,
  withTheirs: boolean,
): Promise<Figures> {
  const figures = new Figures();
  addSizes(figures, side.image);
  await runApicDemo(side, figures, ours(CELL), extent);
  if (withTheirs) await runApicDemo(side, figures, THEIRS, extent);
  await runExits(side, figures);
  await timeCalls(side, figures, extent);
  return figures;
}

/** Milliseconds of `cell list` from shell to shell, by our command and by the original's if it is there. */
export async function timeCommand(side: Side, command: string, runs: number): Promise<number> {
  const loop = `for i in $(seq ${runs}); do ${command} >/dev/null || exit 1; done`;
  const clock = "cut -d' ' -f1 /proc/uptime";
  const [before, after] = (
    await side.guest.check(`${clock}; ${loop}; ${clock}`, { timeout: PATIENCE })
  )
    .trim()
    .split("\n")
    .map(Number);
  return ((after! - before!) / runs) * MS_PER_SECOND;
}
