// The way into a guest under VT-x (platforms/metal/x86/native/intel/enter.S) on the emulated PC's processor, which has no VT-x: an
// instruction of it ends a run, or is passed over. An event comes at each boundary of instructions, one after the other.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as S from "../../machine/cpu/interface.ts";
import { RUN_EXITED, RUN_FAILED, RUN_KEPT_OUT } from "../../platforms/metal/x86/intel/numbers.ts";
import { run, runClang, runLld } from "../../tools/inmates/toolchain.ts";
import { INTEL, numbersHeader } from "../../tools/metal/image.ts";
import { ROOT } from "../../tools/root.ts";
import { Guest } from "../machine/cpu/interpreter/guest.ts";

const NATIVE = "platforms/metal/x86/native";
const UNIT = "intel/enter.S";
/** Where the code is, and what is behind its end: identity-mapped addresses of the test machine. */
const CODE = 0x20_0000;
const TABLES = 0x40_0000;
const IDT = 0x40_1000;
const REGISTERS = 0x40_2000;
const CR2 = 0x40_3000;
const RETURN = 0x40_4000;
/** End of the CPU's stack, a multiple of CPU_SIZE. */
const STACK_END = 0x80_0000;
/** Linux' state is at the end of a stack: what calls run_guest is below. */
const BELOW = 0x400;
const CODE_SELECTOR = 16n;
const CODE_DESCRIPTOR = 0xaf9b000000ffffn;
const GATE_INTERRUPT = 0x8en;
const GATE_SIZE = 16;
const VECTOR_NMI = 2;
const IDT_LIMIT = 32 * GATE_SIZE - 1;
const GDT_LIMIT = 23;
const [RAX, , RDX, RBX, RSP, RBP, RSI, RDI] = [0, 1, 2, 3, 4, 5, 6, 7];
/** What a function of C finds as it was. */
const KEPT = [RBX, RSP, RBP, 12, 13, 14, 15];
const REGISTER_COUNT = 16;
const MOST_STEPS = 400;
const RIPV = 1n;

/** Instructions that the test machine does not have, by their bytes. */
const VMWRITE = [0x0f, 0x79];
const VMLAUNCH = [0x0f, 0x01, 0xc2];
const VMRESUME = [0x0f, 0x01, 0xc3];
const RDMSR = [0x0f, 0x32];
const VMWRITE_SIZE = 3;

/** Code that has been linked, and where its labels are. */
export interface Entry {
  readonly code: Uint8Array;
  readonly labels: ReadonlyMap<string, number>;
  /** Bytes of a CPU's stack, from which the notes are found, and the notes' distances from its end. */
  readonly size: number;
  readonly nmi: number;
  readonly machineCheck: number;
}

/** Assembles the unit; `change` plants a mistake in its text. */
export function assemble(change = (text: string) => text): Entry {
  const directory = mkdtempSync(join(tmpdir(), "nmi-window-"));
  try {
    const { text, numbers } = numbersHeader(ROOT, INTEL.numbers);
    writeFileSync(join(directory, "numbers.h"), text);
    for (const name of ["image.h", "guest-registers.h", "intel/top.h"])
      copyFileSync(join(ROOT, NATIVE, name), join(directory, name.replace(/^.*\//, "")));
    writeFileSync(
      join(directory, "enter.S"),
      change(readFileSync(join(ROOT, NATIVE, UNIT), "utf8")),
    );
    runClang(["--target=x86_64-unknown-none-elf", "-I.", "-c", "enter.S"], directory);
    const place = [
      "-e",
      "run_guest",
      `-Ttext=0x${CODE.toString(16)}`,
      "--defsym=report=0",
      "--image-base=0",
    ];
    runLld(["-m", "elf_x86_64", ...place, "-o", "enter.elf", "enter.o"], directory);
    run("objcopy", ["-O", "binary", "-j", ".text", "enter.elf", "enter.bin"], directory);
    const lines = run("nm", ["enter.elf"], directory).matchAll(/^([0-9a-f]+) \w (\w+)$/gm);
    const defined = (name: string) =>
      Number(
        new RegExp(`^#define ${name} (\\d+)$`, "m").exec(
          readFileSync(join(directory, "image.h"), "utf8"),
        )![1],
      );
    return {
      code: readFileSync(join(directory, "enter.bin")),
      labels: new Map(
        [...lines].map(([, address, name]) => [name!, Number.parseInt(address!, 16)]),
      ),
      size: numbers.get("CPU_SIZE")!,
      nmi: defined("CPU_TOP_NMI"),
      machineCheck: defined("CPU_TOP_MACHINE_CHECK"),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What happens to it: the event, before the instruction with that number, and what the instruction that enters does. */
export interface Case {
  readonly event: "NMI" | "machine check";
  readonly at: number;
  readonly isLaunched: boolean;
  readonly fails: boolean;
}

/** The machine, with a unit in its memory. */
class World {
  readonly guest = new Guest().long(0);
  readonly entry: Entry;
  readonly #state: Uint8Array;

  constructor(entry: Entry) {
    this.entry = entry;
    const { guest } = this;
    guest.write(CODE, entry.code);
    this.word(TABLES + Number(CODE_SELECTOR), CODE_DESCRIPTOR);
    guest.set(S.S_GDT_BASE, BigInt(TABLES));
    guest.set32(S.S_GDT_LIMIT, GDT_LIMIT);
    guest.set(S.S_IDT_BASE, BigInt(IDT));
    guest.set32(S.S_IDT_LIMIT, IDT_LIMIT);
    guest.set32(S.S_SEGMENT + S.CS * S.SEGMENT_SIZE + S.SEG_SELECTOR, Number(CODE_SELECTOR));
    guest.set32(S.S_SEGMENT + S.SS * S.SEGMENT_SIZE + S.SEG_SELECTOR, 0);
    this.#state = guest.bytes.slice(guest.s, guest.s + S.S_PRIVATE);
  }

  word(at: number, value: bigint): void {
    this.guest.view.setBigUint64(this.guest.ram + at, value, true);
  }

  /** As it was in the beginning, with another handler. */
  reset(handler: number): void {
    const { guest } = this;
    guest.exports.reset!(0);
    guest.bytes.set(this.#state, guest.s);
    guest.bytes.fill(0, guest.ram + STACK_END - 2 * BELOW, guest.ram + STACK_END);
    const [low, high] = [BigInt(handler & 0xffff), BigInt(handler >>> 16)];
    const gate = low | (CODE_SELECTOR << 16n) | (GATE_INTERRUPT << 40n) | (high << 48n);
    this.word(IDT + VECTOR_NMI * GATE_SIZE, gate);
    guest.exports.sync!(0);
    guest.exports.flush!(0);
  }
}

/** One call of run_guest. */
class Call {
  readonly #world: World;
  readonly #case: Case;
  /** The guest has been entered while a note was there, or with other registers than its own. */
  readonly wrong: string[] = [];
  /** The event came before the guest was entered. */
  #came = false;

  constructor(world: World, one: Case) {
    this.#world = world;
    this.#case = one;
    const { guest } = world;
    const { labels } = world.entry;
    world.reset(labels.get(one.event === "NMI" ? "nmi" : "machine_check")!);
    for (let register = 0; register < REGISTER_COUNT; register++) {
      world.word(REGISTERS + register * 8, this.#own(register));
      guest.setGpr(register, this.#callers(register));
    }
    world.word(STACK_END - BELOW, BigInt(RETURN));
    guest.setGpr(RSP, BigInt(STACK_END - BELOW));
    guest.setGpr(RDI, BigInt(REGISTERS));
    guest.setGpr(RSI, BigInt(CR2));
    guest.setGpr(RDX, one.isLaunched ? 1n : 0n);
    guest.set(S.S_RIP, BigInt(labels.get("run_guest")!));
  }

  get #guest(): Guest {
    return this.#world.guest;
  }

  /** A guest's register, and one of who calls. */
  readonly #own = (register: number) => 0x1111_0000n + BigInt(register);
  readonly #callers = (register: number) => 0x2222_0000n + BigInt(register);

  get #rip(): number {
    return Number(this.#guest.get(S.S_RIP));
  }

  /** Where the processor goes on after a VMRESUME that fails: still in the window. */
  get #jumpAfterFailure(): number {
    const { code } = this.#world.entry;
    return CODE + Buffer.from(code).indexOf(Buffer.from(VMRESUME)) + VMRESUME.length;
  }

  #note(distance: number): boolean {
    return this.#guest.read(STACK_END - distance, 1)[0] !== 0;
  }

  #isAt(bytes: readonly number[]): boolean {
    return Buffer.from(bytes).equals(this.#guest.read(this.#rip, bytes.length));
  }

  #skip(size: number): void {
    this.#guest.set(S.S_RIP, BigInt(this.#rip + size));
  }

  /** At the instruction that enters the guest: what must be so, and what it does. */
  #enter(): void {
    const guest = this.#guest;
    if (this.#came) this.wrong.push("the guest is entered after the event");
    for (let register = 0; register < REGISTER_COUNT; register++)
      if (register !== RSP && guest.gpr(register) !== this.#own(register))
        this.wrong.push(`register ${register} is not the guest's`);
    if (this.#isAt(VMRESUME) !== this.#case.isLaunched)
      this.wrong.push("not the right instruction");
    if (this.#case.fails) {
      this.#skip(VMLAUNCH.length);
      return;
    }
    for (let register = 0; register < REGISTER_COUNT; register++)
      if (register !== RSP) guest.setGpr(register, this.#own(register) + 0x100n);
    guest.set(S.S_RIP, BigInt(this.#world.entry.labels.get("vm_exit")!));
  }

  /** One instruction. */
  #step(): void {
    const guest = this.#guest;
    if (this.#isAt(VMLAUNCH) || this.#isAt(VMRESUME)) this.#enter();
    else if (this.#isAt(VMWRITE)) this.#skip(VMWRITE_SIZE);
    else if (this.#isAt(RDMSR)) {
      guest.setGpr(RAX, RIPV);
      guest.setGpr(RDX, 0n);
      this.#skip(RDMSR.length);
    } else guest.run(undefined, 1n);
  }

  /** Runs it. Returns how many instructions it took, those of the event's handler included. */
  play(): number {
    const guest = this.#guest;
    let steps = 0;
    let hasEntered = false;
    let hasFailedBefore = false;
    for (; this.#rip !== RETURN && steps < MOST_STEPS; steps++) {
      const isEntry = this.#isAt(VMLAUNCH) || this.#isAt(VMRESUME);
      if (steps === this.#case.at) {
        guest.set32(S.S_PENDING, guest.get32(S.S_PENDING) | S.PENDING_NMI);
        this.#came = !hasEntered;
        hasFailedBefore = hasEntered && this.#rip === this.#jumpAfterFailure;
        // It is delivered before the instruction: with a tick that reaches the handler's first one.
        guest.run(undefined, 1n);
        continue;
      }
      hasEntered ||= isEntry;
      this.#step();
    }
    if (steps === MOST_STEPS) this.wrong.push("it does not come back");
    else this.#check(hasEntered, hasFailedBefore);
    return steps;
  }

  /** `isRetried`: an event at the jump behind a VMRESUME that failed; it is tried again, and fails again. */
  #check(hasEntered: boolean, isRetried: boolean): void {
    const guest = this.#guest;
    const { fails, at, event } = this.#case;
    const result = Number(guest.gpr(RAX) & 0xffffffffn);
    const entered = fails ? RUN_FAILED : RUN_EXITED;
    const wanted = hasEntered && !isRetried ? entered : RUN_KEPT_OUT;
    if (result !== wanted) this.wrong.push(`result ${result} instead of ${wanted}`);
    for (const register of KEPT) {
      const value = register === RSP ? BigInt(STACK_END - BELOW + 8) : this.#callers(register);
      if (guest.gpr(register) !== value)
        this.wrong.push(`register ${register} is not the caller's`);
    }
    const { nmi, machineCheck } = this.#world.entry;
    const noted = this.#note(event === "NMI" ? nmi : machineCheck);
    if (noted !== at >= 0) this.wrong.push(noted ? "a note of no event" : "no note of the event");
    if (!hasEntered || fails) return;
    for (let register = 0; register < REGISTER_COUNT; register++) {
      if (register === RSP) continue;
      const value = guest.view.getBigUint64(guest.ram + REGISTERS + register * 8, true);
      if (value !== this.#own(register) + 0x100n) this.wrong.push(`register ${register} is lost`);
    }
  }
}

/** Plays every case, the event at each boundary. Returns how many cases there were, and what went wrong in each. */
export function findMistakes(entry: Entry): { cases: number; wrong: string[] } {
  const wrong: string[] = [];
  let cases = 0;
  const world = new World(entry);
  const play = (one: Case): number => {
    const call = new Call(world, one);
    const steps = call.play();
    cases++;
    const { event, at, isLaunched, fails } = one;
    const how = `${isLaunched ? "VMRESUME" : "VMLAUNCH"}${fails ? " that fails" : ""}`;
    for (const text of call.wrong) wrong.push(`${event} at ${at}, ${how}: ${text}`);
    return steps;
  };
  for (const event of ["NMI", "machine check"] as const)
    for (const isLaunched of [false, true])
      for (const fails of [false, true]) {
        const steps = play({ event, at: -1, isLaunched, fails });
        for (let at = 0; at < steps; at++) play({ event, at, isLaunched, fails });
      }
  return { cases, wrong };
}
