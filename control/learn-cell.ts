// Finds the smallest configuration under which an image runs: starts with next to nothing on an emulated machine, and adds
// what the cell is denied, one entry at a time, until it runs undisturbed.
import * as abi from "../abi/config.ts";
import { type Addition, applyAddition, explain, type Situation } from "../config/explain/index.ts";
import { encode } from "../config/index.ts";
import type { CellConfig, MemoryRegion, SystemConfig } from "../config/types.ts";
import type { Denial, Image, Session } from "./api.ts";

const PAGE = 4096n;
const MIB = 0x100000n;
/** Virtual time between two looks, in nanoseconds. */
const STEP = 1e6;
/** A cell that takes longer than this to answer does not answer. */
const SILENCE = 500e6;
/** More entries than this are a program that has gone astray. */
const ROUNDS_MAX = 2000;
const LOADABLE = BigInt(abi.MEM_READ | abi.MEM_WRITE | abi.MEM_EXECUTE | abi.MEM_LOADABLE);
const RAM_KINDS = BigInt(abi.MEM_EXECUTE);
const COMM = BigInt(abi.MEM_COMM_REGION);

export interface LearnOptions {
  readonly name: string;
  readonly images: readonly Image[];
  readonly system: SystemConfig;
  readonly cpus: readonly number[];
  /** First port of the UART that the cell is told to print on; kept only if it does. */
  readonly console: number;
  /** Virtual nanoseconds that the cell must run undisturbed. */
  readonly time: number;
  /** Aborting it ends the learning with a LearnError. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each round with the entry that it has added. */
  readonly progress?: (addition: Addition) => void;
}

export interface Learned {
  readonly config: CellConfig;
  /** Whether the cell used anything besides the memory of its images. */
  readonly isActive: boolean;
  /** What the cell sent on COM1 and COM2 while it ran undisturbed. */
  readonly serial: readonly [string, string];
}

/** What the cell does cannot be allowed by any configuration, or never ends. */
export class LearnError extends Error {
  override readonly name = "LearnError";
}

/** Where cells get their RAM: the end of the root cell's RAM behind the hypervisor's memory, for `size` bytes. */
function ramBase({ rootCell, hypervisorMemory }: SystemConfig, size: bigint): bigint {
  const behind = hypervisorMemory.physicalStart + hypervisorMemory.size;
  const region =
    rootCell.memory.find(({ physicalStart }) => physicalStart === behind) ??
    rootCell.memory.find(({ flags, size: room }) => flags & RAM_KINDS && room >= size);
  if (!region || region.size < size) {
    throw new LearnError(
      `The system's configuration has no ${size >> 20n} MiB of RAM for a cell in one piece.`,
    );
  }
  return region.physicalStart + region.size - size;
}

/** The pages that an image covers. */
function pagesOf({ address, data }: Image, base: bigint): MemoryRegion {
  const start = address & ~(PAGE - 1n);
  const end = (address + BigInt(Math.max(data.length, 1)) + PAGE - 1n) & ~(PAGE - 1n);
  const size = end - start;
  return { physicalStart: base + start, virtualStart: start, size, flags: LOADABLE };
}

/** RAM in order, regions that touch made one. */
function joined(config: CellConfig): CellConfig {
  const memory: MemoryRegion[] = [];
  for (const region of [...config.memory].sort((a, b) => Number(a.virtualStart - b.virtualStart))) {
    const last = memory.at(-1);
    const touches =
      last &&
      last.flags === region.flags &&
      last.virtualStart + last.size >= region.virtualStart &&
      region.physicalStart - region.virtualStart === last.physicalStart - last.virtualStart;
    if (!touches) {
      memory.push({ ...region });
      continue;
    }
    const end = region.virtualStart + region.size;
    const own = last.virtualStart + last.size;
    last.size = (end > own ? end : own) - last.virtualStart;
  }
  return { ...config, memory };
}

function firstConfig(options: LearnOptions, base: bigint): CellConfig {
  const { name, images, cpus } = options;
  const reset = 0xffff0n;
  const isBehind = images.some(
    ({ address, data }) => reset >= address && reset < address + BigInt(data.length),
  );
  const console = {
    ...{ address: BigInt(options.console), size: 0, type: abi.CONSOLE_TYPE_8250, flags: 0 },
    ...{ divider: 0, gateNumber: 0, clockRegister: 0n },
  };
  return joined({
    ...{ kind: "cell", architecture: "x86", name, id: 0, flags: 0, cpuSetSize: 8, cpus },
    memory: images.map((image) => pagesOf(image, base)),
    ...{ caches: [], irqchips: [], ports: [], pciDevices: [], pciCapabilities: [] },
    ...{ streamIds: [], vpciIrqBase: 0, cpuResetAddress: isBehind ? reset : 0n },
    ...{ msgReplyTimeout: 0n, console },
  });
}

async function begin(options: LearnOptions, config: CellConfig): Promise<Session> {
  const cpus = Math.max(...options.system.rootCell.cpus) + 1;
  const { startSession } = await import("./session.ts");
  const session = await startSession({ cpus });
  await session.enable(encode(options.system));
  const { id } = await session.createCell(encode(config));
  await session.loadCell(id, options.images);
  await session.startCell(id);
  return session;
}

/** Runs until something is denied, or for the whole time. */
async function firstDenial(session: Session, { time, signal }: LearnOptions) {
  for (let passed = 0; passed < time; passed += STEP) {
    if (signal?.aborted) throw new LearnError("Interrupted; nothing was written.");
    await session.run(Math.min(STEP, time - passed));
    const { denials } = await session.denials();
    const own = denials.find(({ cell }) => cell !== 0);
    if (own) return own;
  }
  return undefined;
}

/** Whether a program executes what is not there: memory that has not even been written has no instructions. */
function isAstray({ kind, fetch, address }: Denial, { memory }: CellConfig): boolean {
  const isThere = memory.some(
    ({ virtualStart, size }) => address >= virtualStart && address < virtualStart + size,
  );
  return kind === "memory" && fetch && !isThere;
}

function startsAt({ cpuResetAddress }: CellConfig): string {
  const start = `0x${cpuResetAddress.toString(16)}`;
  return `The program went astray, or was made for another address: the cell starts at ${start}.`;
}

/** RAM that an explanation would put anywhere goes where the cell's other RAM is. */
function placed(addition: Addition, base: bigint, limit: bigint): Addition {
  if (addition.kind !== "memory" || addition.region.flags & COMM) return addition;
  const { region } = addition;
  if (!(region.flags & RAM_KINDS) || region.virtualStart + region.size > limit) return addition;
  const physicalStart = base + region.virtualStart;
  return { ...addition, region: { ...region, physicalStart, flags: LOADABLE } };
}

/** Whether a cell answers when it is asked to shut down; it is gone afterwards, or has refused. */
async function answers(session: Session, name: string): Promise<boolean> {
  const before = await session.time();
  await session.shutdownCell(name).catch(() => {});
  return (await session.time()) - before < SILENCE;
}

/** Settles what is not an entry: a cell that cannot be asked, or does not answer, is not to be asked. */
async function settled(session: Session, config: CellConfig): Promise<CellConfig> {
  const hasComm = config.memory.some(({ flags }) => flags & COMM);
  const isActive = hasComm && (await answers(session, config.name));
  const passive = isActive ? 0 : abi.CELL_FLAG_PASSIVE_COMMREG;
  const { address } = config.console;
  const prints = config.ports.some(({ base }) => BigInt(base) === address);
  const none = { ...config.console, address: 0n, type: abi.CONSOLE_TYPE_NONE };
  return {
    ...config,
    flags: config.flags | passive,
    console: prints ? config.console : none,
  };
}

/**
 * The smallest configuration under which the images run undisturbed, which has been seen to do so.
 * Throws LearnError when none can be found, SystemError when the hypervisor refuses.
 */
export async function learnCell(options: LearnOptions): Promise<Learned> {
  const ends = options.images.map(({ address, data }) => address + BigInt(data.length));
  const highest = ends.reduce((max, end) => (end > max ? end : max), 0n);
  // Twice, for what the program uses behind its image.
  const limit = ((highest + MIB - 1n) / MIB) * MIB * 2n;
  const base = ramBase(options.system, limit);
  let config = firstConfig(options, base);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const session = await begin(options, config);
    try {
      const denial = await firstDenial(session, options);
      if (!denial) {
        const serial = [await session.serial(0).text(), await session.serial(1).text()] as const;
        const isActive = round > 0;
        return { config: await settled(session, config), serial, isActive };
      }
      const situation: Situation = {
        system: options.system,
        sharesConsole: true,
        cells: [
          { id: 0, config: options.system.rootCell },
          { id: denial.cell, config },
        ],
      };
      const { what, why, additions } = explain(situation, denial);
      const at = `at 0x${denial.rip.toString(16)}`;
      if (isAstray(denial, config))
        throw new LearnError(`${what}, where nothing was loaded or written. ${startsAt(config)}`);
      if (additions.length === 0) throw new LearnError(`${what} (${at}); ${why}.`);
      for (const addition of additions) {
        const own = placed(addition, base, limit);
        options.progress?.(own);
        config = joined(applyAddition(config, own));
      }
    } finally {
      await session.close();
    }
  }
  throw new LearnError(`After ${ROUNDS_MAX} entries the program still asks for more.`);
}
