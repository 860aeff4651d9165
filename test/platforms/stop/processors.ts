// The processors below the modelled code: NMIs, guests, and what a wrong order of things would do to them.
import type { Code, Layout } from "./program.ts";
import { BY_NMI, CPUS, numbersOf, type Scenario } from "./scenario.ts";

const STRIDE = 64;
/** Cells that the model has. */
const CELLS = 2;
const NO_CPU = 0x7fff;
/** What `now` tells: one of two times, so that a wait ends now or later. */
const TIMES = [0, 50_000];

/** What goes wrong. */
export class Violation extends Error {}

export interface Frame {
  code: Code;
  at: number;
  locals: number[];
  stack: number[];
}

export interface State {
  memory: number[];
  /** The calls under way on each CPU, the innermost last. */
  threads: Frame[][];
}

/** Facts about each CPU that its own code does not know; they are in the memory, too. */
type Fact =
  | "pending NMI"
  | "APIC off"
  | "saved"
  | "told"
  | "stopped"
  | "holders"
  | "handling"
  | "abandoned"
  | "reason"
  | "argument"
  | "position"
  | "reset"
  | "own NMIs"
  | "injected"
  | "machine check"
  | "check taken"
  | "on its way"
  | "gone";

export class Processors {
  private readonly scenario: Scenario;
  private readonly layout: Layout;
  private readonly start: () => Frame;

  constructor(scenario: Scenario, layout: Layout, start: () => Frame) {
    this.scenario = scenario;
    this.layout = layout;
    this.start = start;
  }

  private readonly base = (cpu: number) => STRIDE * (1 + cpu);
  private readonly numberOf = (address: number) => address / STRIDE - 1;
  private readonly cell = (number: number) => this.base(CPUS + number);

  field(state: State, cpu: number, name: string): number {
    return state.memory[this.base(cpu) + this.layout.at(name)]!;
  }

  put(state: State, cpu: number, name: string, value: number): void {
    state.memory[this.base(cpu) + this.layout.at(name)] = value;
  }

  private fact = (state: State, cpu: number, name: Fact) => this.field(state, cpu, name);
  private learn = (state: State, cpu: number, name: Fact, value: number) =>
    this.put(state, cpu, name, value);

  first(): State {
    const { cells, waiting, nmis, machineChecks } = this.scenario;
    const state: State = { memory: new Array(STRIDE * (1 + CPUS + CELLS)).fill(0), threads: [] };
    for (let cpu = 0; cpu < CPUS; cpu++) {
      this.put(state, cpu, "cell", cells[cpu]!);
      this.put(state, cpu, "apicId", cpu);
      this.put(state, cpu, "parked", waiting?.includes(cpu) ? 1 : 0);
      this.put(state, cpu, "waiting", waiting?.includes(cpu) ? 1 : 0);
      this.learn(state, cpu, "own NMIs", nmis?.includes(cpu) ? 1 : 0);
      this.learn(state, cpu, "machine check", machineChecks?.includes(cpu) ? 1 : 0);
      state.threads.push([this.start()]);
    }
    return state;
  }

  // What the scripts are about.

  private script(state: State, cpu: number) {
    const { scripts, afterReset } = this.scenario;
    return (this.fact(state, cpu, "reset") ? afterReset?.[cpu] : scripts[cpu]) ?? [];
  }

  private hasMore(state: State, cpu: number): boolean {
    return this.fact(state, cpu, "position") < this.script(state, cpu).length;
  }

  /** Whether nothing is left to do, and everything is as it should be. */
  isDone(state: State): boolean {
    for (let cpu = 0; cpu < CPUS; cpu++) {
      if (this.fact(state, cpu, "gone")) continue;
      const halted = this.field(state, cpu, "parked") !== 0;
      const at = state.threads[cpu]!.at(-1)!;
      const [, member] = at.code.instructions[at.at]!;
      if (this.fact(state, cpu, "pending NMI") || this.fact(state, cpu, "own NMIs")) return false;
      if (member !== (halted ? "runIdle" : "runGuest")) return false;
      if (!halted && this.hasMore(state, cpu)) return false;
      if (halted && this.scenario.running?.includes(cpu)) return false;
      if (this.scenario.delivered?.includes(cpu) && !this.fact(state, cpu, "injected"))
        return false;
    }
    return true;
  }

  // What the order of things must not do.

  private isIn(state: State, cpu: number, ...names: string[]): boolean {
    return state.threads[cpu]!.some(({ code }) => names.includes(code.name));
  }

  private mustBeStopped(state: State, cpu: number): void {
    if (!this.isIn(state, cpu, "follow") || !this.fact(state, cpu, "saved"))
      throw new Violation(`CPU ${cpu} is not stopped`);
    if (state.memory[this.layout.at("static owner")] === cpu + 1)
      throw new Violation(`CPU ${cpu} is stopped with the lock`);
  }

  /** Who has stopped a CPU: requests have it until another one ends that, a CPU that sends INIT or SIPI for itself. */
  private role(state: State, cpu: number): number {
    return 1 << (this.isIn(state, cpu, "stopCell", "resumeCell") ? CPUS : cpu);
  }

  /** Function `name` of the code begins. */
  called(state: State, cpu: number, name: string, [target = 0]: readonly number[]): void {
    const owner = this.layout.at("static owner");
    if (name === "resumeCpu") {
      const others = this.fact(state, target, "holders") & ~this.role(state, cpu);
      this.learn(state, target, "holders", others);
    } else if (name === "awaitKick")
      this.learn(state, cpu, "on its way", this.field(state, cpu, "kicked"));
    else if (name === "unlock") {
      if (state.memory[owner] !== cpu + 1) throw new Violation("the lock is given back by another");
      state.memory[owner] = 0;
    }
  }

  /** Function `name` of the code has returned. */
  returned(state: State, cpu: number, name: string, [target = 0]: readonly number[]): void {
    const owner = this.layout.at("static owner");
    if (name === "stopCpu") {
      this.mustBeStopped(state, target);
      const holders = this.fact(state, target, "holders") | this.role(state, cpu);
      this.learn(state, target, "holders", holders);
    } else if (name === "follow" && this.fact(state, cpu, "holders"))
      throw new Violation(`CPU ${cpu} goes on while it is held`);
    else if (name === "lock") {
      if (state.memory[owner]) throw new Violation("two have the lock");
      state.memory[owner] = cpu + 1;
    }
  }

  /** The CPU is about to execute a guest. */
  private enterGuest(state: State, cpu: number): void {
    if (this.fact(state, cpu, "holders"))
      throw new Violation(`CPU ${cpu} executes while it is held`);
    if (this.fact(state, cpu, "stopped") && !this.fact(state, cpu, "told"))
      throw new Violation(`nobody was told that CPU ${cpu} had been stopped`);
    if (this.fact(state, cpu, "check taken")) throw new Violation("a machine check is lost");
    for (const name of ["stopped", "told", "saved"] as const) this.learn(state, cpu, name, 0);
  }

  private write(state: State, cpu: number, target: number): void {
    if (target !== cpu) this.mustBeStopped(state, target);
  }

  // What the code asks for and nobody else notices.

  /** Carries out a member of `MEMBERS.local`. */
  ask(state: State, cpu: number, name: string, values: readonly number[]): number {
    const [first = 0, second = 0] = values;
    switch (name) {
      case "cpuOf":
      case "perCpu":
      case "cpuState":
        return this.base(first);
      case "cellAt":
        return this.cell(first);
      case "rootCell":
        return this.cell(0);
      case "cpuIndex":
        return cpu;
      case "nextCpu":
        return this.nextCpu(state, this.numberOf(first) - CPUS, second);
      case "exitReason":
        return this.fact(state, cpu, "reason");
      case "exitArgument":
        return this.fact(state, cpu, "argument");
      case "wantedMode":
        return this.scenario.changingMode?.includes(cpu) ? 1 : this.field(state, cpu, "x2apic");
      case "takeMachineCheck":
        return this.fact(state, cpu, "check taken");
      default:
        this.tell(state, cpu, name, first);
        return 0;
    }
  }

  private nextCpu(state: State, cell: number, from: number): number {
    for (let cpu = from; cpu < CPUS; cpu++) if (this.field(state, cpu, "cell") === cell) return cpu;
    return NO_CPU;
  }

  private tell(state: State, cpu: number, name: string, first: number): void {
    switch (name) {
      case "saveState":
        this.learn(state, cpu, "saved", 1);
        this.learn(state, cpu, "stopped", this.fact(state, cpu, "handling") ? 0 : 1);
        break;
      case "exitManagement":
        if (!this.fact(state, cpu, "stopped"))
          throw new Violation("a stop is told of that was none");
        this.learn(state, cpu, "told", 1);
        break;
      case "exitException":
        this.learn(state, cpu, "check taken", 0);
        break;
      case "beginHandler":
        this.learn(state, cpu, "handling", 1);
        break;
      case "endHandler":
        if (this.fact(state, cpu, "abandoned")) throw new Violation("an abandoned handler goes on");
        this.learn(state, cpu, "handling", 0);
        break;
      case "restart":
        this.restart(state, cpu);
        break;
      case "commit":
        this.checkCell(state, cpu, first);
        break;
      case "injectNmi":
        this.inject(state, this.numberOf(first));
        break;
      case "writeRegister":
        this.write(state, cpu, first);
        break;
      case "dropEvents":
        this.replace(state, cpu, this.numberOf(first));
        break;
      case "startAt":
        this.reset(state, cpu, this.numberOf(first));
        break;
    }
  }

  private restart(state: State, cpu: number): void {
    if (!this.fact(state, cpu, "abandoned")) throw new Violation("a handler is cut off");
    this.learn(state, cpu, "abandoned", 0);
    this.learn(state, cpu, "handling", 0);
    this.learn(state, cpu, "stopped", 1);
    state.threads[cpu] = [this.start()];
  }

  private checkCell(state: State, caller: number, cell: number): void {
    for (let cpu = 0; cpu < CPUS; cpu++)
      if (cpu !== caller && this.field(state, cpu, "cell") === cell) this.mustBeStopped(state, cpu);
  }

  /** No guest gets an NMI that none has sent to it. */
  private inject(state: State, cpu: number): void {
    const count = this.fact(state, cpu, "injected") + 1;
    const { scripts, afterReset } = this.scenario;
    const isSent = [...scripts, ...(afterReset ?? [])].flat().includes(`nmi ${cpu}`);
    const own = (this.scenario.nmis?.includes(cpu) ? 1 : 0) + (isSent ? 1 : 0);
    if (count > own)
      throw new Violation(`the guest of CPU ${cpu} gets an NMI that it was not sent`);
    this.learn(state, cpu, "injected", count);
  }

  private replace(state: State, cpu: number, target: number): void {
    this.write(state, cpu, target);
    if (target !== cpu && this.fact(state, target, "handling"))
      this.learn(state, target, "abandoned", 1);
  }

  private reset(state: State, cpu: number, target: number): void {
    this.write(state, cpu, target);
    this.put(state, target, "waiting", 0);
    this.learn(state, target, "reset", 1);
    this.learn(state, target, "position", 0);
  }

  // What others notice. Each is a list of what can happen; none: it has to wait.

  /** What member `name` of `MEMBERS.acting` can do on `cpu`; each changes the state that it is given, and tells the result. */
  acts(
    state: State,
    cpu: number,
    name: string,
    values: readonly number[],
  ): ((next: State) => number)[] {
    switch (name) {
      case "compareExchange":
        return [(next) => compareExchange(next, values)];
      case "now":
        return TIMES.map((time) => () => time);
      case "sendNmi":
        return [(next) => this.sendNmi(next, values[0]!)];
      case "takeNmi":
        return [(next) => this.takeNmi(next, cpu)];
      case "setMode":
        return [(next) => this.setMode(next, cpu)];
      case "leave":
        return [(next) => this.leave(next, cpu)];
      case "runIdle":
        return this.fact(state, cpu, "pending NMI") ? [(next) => this.halted(next, cpu)] : [];
      default:
        return this.guestActs(state, cpu);
    }
  }

  /** NMIs from outside come at any time. */
  outside(state: State, cpu: number): ((next: State) => void)[] {
    if (!this.fact(state, cpu, "own NMIs")) return [];
    return [
      (next) => {
        this.learn(next, cpu, "own NMIs", 0);
        this.learn(next, cpu, "pending NMI", 1);
      },
    ];
  }

  private halted(state: State, cpu: number): number {
    this.enterGuest(state, cpu);
    return 1;
  }

  private guestActs(state: State, cpu: number): ((next: State) => number)[] {
    if (this.fact(state, cpu, "pending NMI")) return [(next) => this.comeOut(next, cpu, BY_NMI, 0)];
    if (!this.hasMore(state, cpu)) return [];
    return [
      (next) => {
        const position = this.fact(next, cpu, "position");
        const action = this.script(next, cpu)[position]!;
        this.learn(next, cpu, "position", position + 1);
        return this.comeOut(next, cpu, ...numbersOf(action));
      },
    ];
  }

  private comeOut(state: State, cpu: number, reason: number, argument: number): number {
    this.enterGuest(state, cpu);
    this.learn(state, cpu, "reason", reason);
    this.learn(state, cpu, "argument", argument);
    return 0;
  }

  private sendNmi(state: State, cpu: number): number {
    if (this.fact(state, cpu, "gone")) this.reachLinux(state, cpu);
    else if (this.fact(state, cpu, "APIC off")) throw new Violation("an NMI is lost");
    else this.learn(state, cpu, "pending NMI", 1);
    return 0;
  }

  private takeNmi(state: State, cpu: number): number {
    if (!this.fact(state, cpu, "pending NMI")) return 0;
    this.learn(state, cpu, "pending NMI", 0);
    this.learn(state, cpu, "on its way", 0);
    this.learn(state, cpu, "check taken", this.fact(state, cpu, "machine check"));
    this.learn(state, cpu, "machine check", 0);
    return 0;
  }

  /** Two steps: while the APIC is off others may go on. */
  private setMode(state: State, cpu: number): number {
    if (this.fact(state, cpu, "APIC off")) {
      this.put(state, cpu, "x2apic", 1);
      this.learn(state, cpu, "APIC off", 0);
      return 0;
    }
    this.learn(state, cpu, "APIC off", 1);
    const frame = state.threads[cpu]!.at(-1)!;
    frame.at--;
    frame.stack.push(this.base(cpu));
    return 1;
  }

  private reachLinux(state: State, cpu: number): void {
    if (this.fact(state, cpu, "on its way"))
      throw new Violation("an NMI of the hypervisor's reaches Linux");
  }

  private leave(state: State, cpu: number): number {
    if (this.fact(state, cpu, "pending NMI")) this.reachLinux(state, cpu);
    this.learn(state, cpu, "gone", 1);
    state.threads[cpu] = [];
    return 0;
  }
}

function compareExchange({ memory }: State, [address, expected, value]: readonly number[]): number {
  const old = memory[address!]!;
  if (old === expected) memory[address!] = value!;
  return old;
}
