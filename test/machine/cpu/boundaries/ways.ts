// The ways to run a program. What a program sees must be the same in all of them: they differ in where `run` is cut, in what is
// forgotten there, and in what devices ask of the CPU.
import * as S from "../../../../machine/cpu/interface.ts";
import type { Random } from "../interpreter/snippets.ts";
import type { Program } from "./programs.ts";
import { HANDLER, HANDLER_SIZE, type World } from "./world.ts";

/** Exits after which a program is given up: each passes over an instruction, some without a tick. */
const MOST_EXITS = 60;
const FLAG_TF = 0x100n;
const FLAG_RF = 0x10000n;
const DR6 = 6;
const FLAG_AC_NT = 0x44000n;

/** Something that happened at an instruction (or before it): what the test counts. */
export type Observer = (what: What, rip: number) => void;
export type What = (typeof AT_BOUNDARY)[number] | (typeof INSIDE)[number];
/** Before the instruction: run was cut, or went alone; an event came, or waits; decoded code was forgotten. */
export const AT_BOUNDARY = [
  "cut",
  "step",
  "interrupt",
  "NMI",
  "waiting",
  "moved deadline",
  "stop",
  "forgotten code",
] as const;
/** Within the instruction: a translation is missing (while an event waits), a device leaves the block, there is a fault. */
export const INSIDE = ["miss", "waiting miss", "device", "fault"] as const;

export interface Way {
  name: string;
  /** Ticks to the next cut. */
  gap: (random: Random) => number;
  /** At a cut: translations or decoded code are forgotten. */
  flushes?: boolean;
  forgets?: boolean;
  /** Devices move the deadline, and ask for a stop. */
  moves?: boolean;
}

/** Instruction by instruction: what all others are compared with. Nothing is fused, and no block has a second instruction. */
export const STEPPED: Way = { name: "stepped", gap: () => 1 };

export const WAYS: readonly Way[] = [
  { name: "whole", gap: () => 1000 },
  { name: "cut", gap: (random) => 1 + random.below(12) },
  { name: "missing", gap: (random) => 1 + random.below(8), flushes: true },
  { name: "moved", gap: (random) => 1 + random.below(60), moves: true },
  { name: "forgetful", gap: (random) => 1 + random.below(10), forgets: true },
  {
    name: "all at once",
    gap: (random) => 1 + random.below(8),
    flushes: true,
    forgets: true,
    moves: true,
  },
];

/** Whether a program, or the handler that interrupts it, goes on at an address. */
function isKnown(program: Program, rip: number): boolean {
  const isProgram = rip >= program.start && rip < program.start + program.bytes.length;
  return isProgram || (rip >= HANDLER && rip < HANDLER + HANDLER_SIZE);
}

/**
 * Goes on after an exit: behind the instruction, as a hypervisor that emulates it would, or at the start where the program has
 * gone astray.
 */
function recover(world: World, program: Program, exit: number): void {
  const { guest } = world;
  const rip = guest.get(S.S_RIP);
  const facts = [S.S_EXIT_INFO1, S.S_EXIT_INFO2].map((offset) => guest.get(offset));
  world.log.push(`exit ${exit} ${facts} at ${rip}, ${guest.get(S.S_TIME)}`);
  if (exit === S.EXIT_EXCEPTION && facts[0] === 1n) {
    world.log.push(`DR6 ${guest.get(S.S_DR + DR6 * 8)}`);
    guest.set(S.S_FLAGS, (guest.get(S.S_FLAGS) & ~FLAG_TF) | FLAG_RF);
    return;
  }
  const next = Number(rip) + Math.max(world.disassemble(rip).length, 1);
  guest.set(S.S_RIP, BigInt(isKnown(program, next) ? next : program.start));
  guest.set(S.S_FLAGS, guest.get(S.S_FLAGS) & ~FLAG_AC_NT);
}

/** One run of a program: the clock of its events and of its cuts. */
class Run {
  #exits = 0;
  #next = 0;
  /** The time that no way may run past: the next event, or the end. */
  #limit = 0;
  #moved = false;
  /** When `run` was called last. */
  #started = 0;

  readonly world: World;
  readonly program: Program;
  readonly way: Way;
  readonly random: Random;
  readonly observe: Observer;

  constructor(world: World, program: Program, way: Way, random: Random, observe: Observer) {
    this.world = world;
    this.program = program;
    this.way = way;
    this.random = random;
    this.observe = observe;
    if (way.moves) world.onAccess = () => this.#move();
    // All ways are compared with this one: its own clock is compared with the outside's.
    if (way === STEPPED) world.onAccess = () => this.#checkTime();
  }

  get #time(): number {
    return Number(this.world.guest.get(S.S_TIME));
  }

  get #rip(): number {
    return Number(this.world.guest.get(S.S_RIP));
  }

  #checkTime(): void {
    if (this.#time !== this.#started) this.world.log.push(`at ${this.#time}, not ${this.#started}`);
  }

  /** A device moves the deadline, forwards or back, or wants the CPU stopped. */
  #move(): void {
    const { guest } = this.world;
    const kind = this.random.below(3);
    this.observe("device", this.#rip);
    if (kind === 0) guest.set32(S.S_PENDING, guest.get32(S.S_PENDING) | S.PENDING_STOP);
    if (kind !== 1) {
      this.#moved = true;
      const deadline = Math.min(this.#time + this.random.below(10), this.#limit);
      guest.set(S.S_DEADLINE, BigInt(deadline));
    }
  }

  /** What comes from outside now. */
  #raise(): void {
    const { guest } = this.world;
    const { events } = this.program;
    for (; this.#next < events.length && events[this.#next]!.at <= this.#time; this.#next++)
      guest.set32(S.S_PENDING, guest.get32(S.S_PENDING) | events[this.#next]!.pending);
    this.#limit = Math.min(events[this.#next]?.at ?? this.program.ticks, this.program.ticks);
    const pending = guest.get32(S.S_PENDING);
    if (pending === 0) return;
    const isEnabled = (guest.get(S.S_FLAGS) & 0x200n) !== 0n;
    if (pending & S.PENDING_NMI && guest.get32(S.S_NMI_BLOCKED) === 0)
      this.observe("NMI", this.#rip);
    else if (isEnabled && pending & S.PENDING_INTERRUPT) this.observe("interrupt", this.#rip);
    else this.observe("waiting", this.#rip);
  }

  /** Forgets what may be forgotten at any time. */
  #forget(): void {
    const { way, world, random } = this;
    if (way.flushes && random.below(4)) {
      world.guest.exports.flush!(0);
      this.observe(world.guest.get32(S.S_PENDING) ? "waiting miss" : "miss", this.#rip);
    }
    if (way.forgets && random.below(3) === 0) {
      world.forgetCode();
      this.observe("forgotten code", this.#rip);
    }
  }

  #stop(exit: number): void {
    const { guest } = this.world;
    const isMoved = this.#moved;
    this.#moved = false;
    if (exit === S.EXIT_DEADLINE) {
      const cut = this.way === STEPPED ? "step" : "cut";
      this.observe(isMoved ? "moved deadline" : cut, this.#rip);
      return;
    }
    if (exit === S.EXIT_STOPPED) {
      guest.set32(S.S_PENDING, guest.get32(S.S_PENDING) & ~S.PENDING_STOP);
      this.observe("stop", this.#rip);
      return;
    }
    this.#exits++;
    this.observe("fault", this.#rip);
    recover(this.world, this.program, exit);
  }

  #goesOn(exit: number): boolean {
    if (this.#exits === MOST_EXITS) return false;
    return exit === S.EXIT_STOPPED || this.#time < this.program.ticks;
  }

  run(): void {
    const { guest } = this.world;
    let exit: number = S.EXIT_DEADLINE;
    while (this.#goesOn(exit)) {
      // A stop comes before what was pending at its boundary, and that before what comes later.
      if (exit !== S.EXIT_STOPPED) this.#raise();
      this.#forget();
      const deadline = Math.min(this.#time + this.way.gap(this.random), this.#limit);
      guest.set(S.S_DEADLINE, BigInt(deadline));
      this.#started = this.#time;
      exit = Number(guest.exports.run!(0));
      this.#stop(exit);
    }
    guest.set32(S.S_PENDING, guest.get32(S.S_PENDING) & ~S.PENDING_STOP);
  }
}

/** Runs a program from its start to its end. */
export function runProgram(
  world: World,
  program: Program,
  way: Way,
  random: Random,
  observe: Observer,
): void {
  world.prepare(program);
  new Run(world, program, way, random, observe).run();
}
