// Time of the machine (ARCHITECTURE.md, "Time"): runs the CPUs in slices on a fixed grid, in the order of their numbers.
// A slice is over when no CPU is behind its end; then its boundary is crossed: device events up to there happen, and
// what crosses CPUs is delivered. A CPU that is in an exit handler is busy: `relax` runs the others meanwhile.
import { EXIT_DEADLINE, EXIT_HALTED, EXIT_STOPPED } from "./cpu/interface.ts";
import type { Lapic } from "./devices/lapic/lapic.ts";
import { MachineError } from "./error.ts";
import type { Processor } from "./processor.ts";

/** Ticks in a slice. */
export const SLICE = 10_000;
/** Ticks that an instruction takes which is carried out by an exit handler. */
const EXIT_TICKS = 1;

/** What the executor needs from the machine. */
export interface ExecutorParts {
  processors: Processor[];
  lapics: Lapic[];
  /** Carries out an exit of a CPU. */
  exit(processor: Processor, code: number): void;
  /** A boundary is crossed: lets the time of the devices and the network advance to `time`. */
  boundary(time: number): void;
  /** Whether the machine has ended: nothing executes any more. */
  hasEnded(): boolean;
  /** Whether moreover nothing else goes on in it: time stands still. */
  isOver(): boolean;
  /** When the next device event is due; Infinity if there is none, the present if messages wait. */
  nextEvent(): number;
}

/** Runs the CPUs. */
export class Executor {
  /** The boundary crossed last, in ticks. */
  boundary = 0;
  /** The CPU being executed or handled; -1: none. */
  current = -1;
  readonly #parts: ExecutorParts;
  readonly #busy: boolean[];
  readonly #stopped: boolean[];
  #running = false;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
    this.#busy = parts.processors.map(() => false);
    this.#stopped = parts.processors.map(() => false);
  }

  /**
   * Runs to the first boundary at or after `until`, or to an earlier one at which `isLate`, asked at each, says so. Not to be
   * called from a handler. When the machine is over, time stands still.
   */
  run(until: number, isLate = () => false): void {
    if (this.#running)
      throw new MachineError("bad-option", "run was called from inside run", "Use relax.");
    const end = Math.ceil(until / SLICE) * SLICE;
    this.#running = true;
    try {
      while (this.boundary < end && !this.#parts.isOver()) {
        this.#skip(end);
        if (this.boundary < end) this.#slice();
        if (isLate()) break;
      }
    } finally {
      this.#running = false;
    }
  }

  /** Lets one CPU alone go on in the present slice, until it is idle or at the slice's end. Not to be called from a handler. */
  runAlone(cpu: number): void {
    const processor = this.#parts.processors[cpu]!;
    this.#running = true;
    this.current = cpu;
    try {
      while (processor.time < this.#end && !processor.isIdle)
        this.#step(processor, this.#parts.lapics[cpu]!);
    } finally {
      this.current = -1;
      this.#running = false;
    }
  }

  /** Runs the other CPUs to the end of the present slice and crosses its boundary; `cpu` stays where it is. */
  relax(cpu: number): void {
    const { current } = this;
    const wasBusy = this.#busy[cpu]!;
    const wasRunning = this.#running;
    this.#busy[cpu] = true;
    this.#running = true;
    try {
      this.#slice();
    } finally {
      this.#busy[cpu] = wasBusy;
      this.#running = wasRunning;
      this.current = current;
    }
  }

  /** Gives a CPU no time from now on. */
  stop(cpu: number): void {
    this.#stopped[cpu] = true;
  }

  /** Gives a stopped CPU time again. */
  resume(cpu: number): void {
    this.#stopped[cpu] = false;
  }

  #isStopped(cpu: number): boolean {
    return this.#stopped[cpu]! || this.#parts.hasEnded();
  }

  isStopped(cpu: number): boolean {
    return this.#stopped[cpu]!;
  }

  /** Which CPUs are stopped, for a snapshot. */
  save(): { boundary: number; stopped: boolean[] } {
    return { boundary: this.boundary, stopped: [...this.#stopped] };
  }

  restore(saved: { boundary: number; stopped: boolean[] }): void {
    this.boundary = saved.boundary;
    for (const [cpu, stopped] of saved.stopped.entries()) this.#stopped[cpu] = stopped;
  }

  get #end(): number {
    return this.boundary + SLICE;
  }

  /** Runs all CPUs that are behind the present slice's end to it; the slice may change under a nested `relax`. */
  #slice(): void {
    for (let isBehind = true; isBehind; ) {
      isBehind = false;
      for (const processor of this.#parts.processors) {
        if (this.#busy[processor.index] || processor.time >= this.#end) continue;
        this.#execute(processor);
        isBehind = true;
      }
    }
    this.#cross(this.#end);
  }

  #execute(processor: Processor): void {
    const lapic = this.#parts.lapics[processor.index]!;
    const { current } = this;
    this.current = processor.index;
    try {
      while (processor.time < this.#end) this.#step(processor, lapic);
    } finally {
      this.current = current;
    }
  }

  /** Lets a CPU go on to its next own event, an exit or the slice's end. */
  #step(processor: Processor, lapic: Lapic): void {
    lapic.advance(processor.time);
    const limit = Math.min(this.#end, lapic.nextEvent);
    if (this.#isStopped(processor.index) || processor.isIdle) {
      processor.time = limit;
      return;
    }
    processor.deadline = limit;
    const code = processor.exports.run(processor.index);
    if (code === EXIT_DEADLINE || code === EXIT_HALTED || code === EXIT_STOPPED) return;
    this.#busy[processor.index] = true;
    try {
      this.#parts.exit(processor, code);
    } finally {
      this.#busy[processor.index] = false;
    }
    processor.time += EXIT_TICKS;
  }

  #cross(time: number): void {
    this.boundary = time;
    for (const processor of this.#parts.processors)
      if (processor.time < time) processor.time = time;
    this.#parts.boundary(time);
  }

  /** While nobody can execute, goes straight to the boundary before the next event, at most to `end`. */
  #skip(end: number): void {
    const { processors, lapics, nextEvent } = this.#parts;
    let next = nextEvent();
    for (const { index, isIdle } of processors) {
      if (!this.#isStopped(index)) {
        if (!isIdle) return;
        next = Math.min(next, lapics[index]!.nextEvent);
      }
    }
    const target = Math.min(end, Math.floor(next / SLICE) * SLICE);
    if (target > this.boundary) this.#cross(target);
  }
}
