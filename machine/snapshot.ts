// Snapshots and fingerprints of a whole machine. All state is either in the memory of cpu.wasm (which has no globals) or
// in the devices; pages of zeros are left out of both.
import * as S from "./cpu/interface.ts";
import type { Saved } from "./devices/device.ts";
import { MachineError } from "./error.ts";
import type { Letter } from "./interconnect.ts";
import type { Pc } from "./pc.ts";
import type { SerialLogState } from "./serial-log.ts";
import { Sha256 } from "./sha256.ts";

/** The options of a machine on which its state depends. */
export type SnapshotOptions = Omit<Pc["options"], "cpu" | "date" | "disks"> & {
  /** Sizes of the disks in bytes. */
  disks: number[];
};

/** Everything of a machine at one boundary. */
export interface Snapshot {
  kind: "pc";
  version: 1;
  /** The options that it fits. */
  options: SnapshotOptions;
  /** Addresses of the pages of cpu.wasm's memory that are not zero, and their contents in that order. */
  pages: Float64Array;
  contents: Uint8Array;
  devices: Record<string, Saved>;
  lapics: Saved[];
  letters: Letter[];
  executor: { boundary: number; stopped: boolean[] };
  serial: SerialLogState[];
}

const PAGE = 4096;
const WORD = 4;
/** State that says nothing about the program: how far to run, and the last bus call, fault and exit. */
const TRANSIENT: readonly [number, number][] = [
  [S.S_DEADLINE, 8],
  [S.S_FAULT, S.S_INSTRUCTIONS - S.S_FAULT],
  [S.S_EXIT_CODE, S.S_GIF - S.S_EXIT_CODE],
];

/** The start of every page in [start, end) that is not all zeros; `start` and `end` are multiples of 4096. */
export function* usedPages(buffer: ArrayBuffer, start: number, end: number): Generator<number> {
  const words = new Int32Array(buffer, start, (end - start) / WORD);
  const step = PAGE / WORD;
  for (let first = 0; first < words.length; first += step)
    if (!isZero(words, first, first + step)) yield start + first * WORD;
}

function isZero(words: Int32Array, first: number, end: number): boolean {
  for (let index = first; index < end; index += 4)
    if (words[index]! | words[index + 1]! | words[index + 2]! | words[index + 3]!) return false;
  return true;
}

function optionsOf(pc: Pc): Snapshot["options"] {
  const { cpus, memory, pool, vendor, missing, exitPort, fwCfg, seed, serialSpeed } = pc.options;
  const { console, serialPorts } = pc.options;
  const disks = pc.options.disks.map(({ size }) => size);
  return {
    cpus,
    memory,
    pool,
    vendor,
    missing,
    exitPort,
    serialPorts,
    fwCfg,
    seed,
    serialSpeed,
    disks,
    console,
  };
}

function saveDevices(pc: Pc): Record<string, Saved> {
  const saved = Object.entries(pc.devices.stateful).map(([name, device]) => [name, device.save()]);
  return Object.fromEntries(saved) as Record<string, Saved>;
}

/** Copies everything. */
export function takeSnapshot(pc: Pc): Snapshot {
  const { buffer } = pc.memory;
  const pages = Float64Array.from(usedPages(buffer, 0, buffer.byteLength));
  const contents = new Uint8Array(pages.length * PAGE);
  for (const [index, page] of pages.entries())
    contents.set(new Uint8Array(buffer, page, PAGE), index * PAGE);
  return {
    ...{ kind: "pc", version: 1, options: optionsOf(pc), pages, contents },
    devices: saveDevices(pc),
    lapics: pc.lapics.map((lapic) => lapic.save()),
    letters: pc.interconnect.save(),
    executor: pc.executor.save(),
    serial: pc.serialLogs.map((log) => log.save()),
  };
}

/** Goes back to a snapshot. Throws `bad-snapshot`, before anything changes, if it is of another machine. */
export function restoreSnapshot(pc: Pc, snapshot: Snapshot): void {
  const options = JSON.stringify(optionsOf(pc));
  if (snapshot.kind !== "pc" || JSON.stringify(snapshot.options) !== options)
    throw new MachineError("bad-snapshot", "the snapshot is of a machine with other options");
  restoreMemory(pc.memory.buffer, snapshot);
  pc.executor.restore(snapshot.executor);
  pc.schedule.now = snapshot.executor.boundary;
  for (const [name, device] of Object.entries(pc.devices.stateful))
    device.restore(snapshot.devices[name]!);
  for (const [cpu, lapic] of pc.lapics.entries()) lapic.restore(snapshot.lapics[cpu]!);
  pc.interconnect.restore(snapshot.letters);
  for (const [index, log] of pc.serialLogs.entries()) log.restore(snapshot.serial[index]!);
}

function restoreMemory(buffer: ArrayBuffer, { pages, contents }: Snapshot): void {
  const bytes = new Uint8Array(buffer);
  for (const page of usedPages(buffer, 0, buffer.byteLength)) bytes.fill(0, page, page + PAGE);
  for (const [index, page] of pages.entries())
    bytes.set(contents.subarray(index * PAGE, (index + 1) * PAGE), page);
}

/** A running SHA-256: this room's own, or a faster one of its caller's. */
export interface Hash {
  update(bytes: Uint8Array): unknown;
  /** In hex. */
  digest(): string;
}

/** SHA-256 of what software can see of the machine. */
export function fingerprint(pc: Pc, hash: Hash = new Sha256()): string {
  const { buffer } = pc.memory;
  for (const page of usedPages(buffer, pc.ramBase, pc.ramBase + pc.options.memory)) {
    hash.update(text(`page ${page - pc.ramBase}\n`));
    hash.update(new Uint8Array(buffer, page, PAGE));
  }
  addState(pc, hash);
  for (const log of pc.serialLogs) hash.update(text(log.digest));
  return hash.digest();
}

/** SHA-256 of what the CPUs and the devices are like, without RAM: cheap enough to be taken again and again. */
export function stateDigest(pc: Pc, hash: Hash = new Sha256()): string {
  addState(pc, hash);
  return hash.digest();
}

function addState(pc: Pc, hash: Hash): void {
  for (const processor of pc.processors) hash.update(architecturalState(processor.snapshot()));
  hash.update(text(JSON.stringify([saveDevices(pc), pc.lapics.map((lapic) => lapic.save())])));
  hash.update(text(JSON.stringify([pc.interconnect.save(), pc.executor.save()])));
}

const text = (content: string) => new TextEncoder().encode(content);

function architecturalState(state: Uint8Array): Uint8Array {
  for (const [offset, size] of TRANSIENT) state.fill(0, offset, offset + size);
  return state;
}
