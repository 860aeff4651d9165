// A guest on the project's PC, in this process: it can be put back to where it was, and interrupted at any tick.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as S from "../../machine/cpu/interface.ts";
import type { Lapic } from "../../machine/devices/lapic/lapic.ts";
import type { Pc } from "../../machine/pc.ts";
import type { Snapshot } from "../../machine/snapshot.ts";
import { describePc } from "../../tools/metal/beds/pc/index.ts";
import { createPc } from "../../tools/metal/beds/pc/pc.ts";
import { recordImage } from "../../tools/metal/coverage/record.ts";
import type { GuestImage } from "../../tools/metal/guest-image.ts";
import { Answer, type Ended, request } from "../../tools/metal/protocol.ts";

const CONSOLE = 2;
const TURN = 1e6;
const SECOND = 1e9;
/** Virtual time in which Linux is up, and in which a command ends. */
const PATIENCE = 20 * SECOND;
/** A character of a command, at the line's speed: they are sent one after the other. */
const READY = "%ready";

/** Where a guest can be put back to. */
export interface Place {
  readonly machine: Snapshot;
  readonly texts: readonly string[];
  readonly number: number;
}

export class PcGuest {
  readonly pc: Pc;
  readonly #texts = ["", "", "", ""];
  readonly #directory: string;
  #number = 0;
  readonly #record: () => void;

  /** `cpu` as machine start --cpu takes it. Throws where Linux does not come up. */
  constructor(image: GuestImage, cpu: string, cpus?: number) {
    this.#directory = mkdtempSync(join(tmpdir(), "pc-guest-"));
    const machine = { cpu, ...(cpus ? { cpus } : {}) };
    const description = describePc({ image, append: [] }, machine, this.#directory);
    this.pc = createPc(description, (port, byte) => {
      this.#texts[port] += String.fromCharCode(byte);
    });
    this.#record = recordImage(this.pc);
    this.#until("Linux is up", () => (this.text(CONSOLE).includes(READY) ? true : undefined));
  }

  close(): void {
    this.#record();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** What COM1 (0) to COM4 (3) have said. */
  text(port: number): string {
    return this.#texts[port]!;
  }

  /** Runs a shell command. Throws when it does not end, with the last words of Linux and the hypervisor. */
  run(command: string): Ended {
    const number = ++this.#number;
    const answer = new Answer(number);
    let seen = this.text(CONSOLE).length;
    this.pc.serial(CONSOLE).input(Buffer.from(request(number, command)));
    return this.#until(`"${command}"`, () => {
      answer.feed(this.text(CONSOLE).slice(seen));
      seen = this.text(CONSOLE).length;
      return answer.result;
    });
  }

  /** As run, but it must succeed. */
  check(command: string): string {
    const { status, out, err } = this.run(command);
    if (status !== 0) throw new Error(`"${command}" ended with ${status}\n${out}${err}`);
    return out;
  }

  /** Runs until a port has said something, behind its first `from` characters. Throws when it does not. */
  waitFor(port: number, pattern: RegExp, from: number): void {
    this.#until(
      `${pattern} on COM${port + 1}`,
      () => pattern.test(this.text(port).slice(from)) || undefined,
    );
  }

  save(): Place {
    return { machine: this.pc.save(), texts: [...this.#texts], number: this.#number };
  }

  restore({ machine, texts, number }: Place): void {
    this.#record();
    this.pc.restore(machine);
    for (const [port, text] of texts.entries()) this.#texts[port] = text;
    this.#number = number;
  }

  /** Calls `look` on a CPU at a tick of its own time, between two instructions. Returns what forgets it. */
  at(cpu: number, tick: number, look: () => void): () => void {
    return interpose(this.pc.lapics[cpu]!, tick, look);
  }

  /** An NMI for a CPU at a tick of its own time. */
  nmi(cpu: number, tick: number): () => void {
    return this.at(cpu, tick, () => this.pc.processors[cpu]!.setPending(S.PENDING_NMI, true));
  }

  #until<T>(what: string, look: () => T | undefined): T {
    const end = this.pc.time + PATIENCE;
    while (this.pc.time < end && this.pc.endReason === undefined) {
      const found = look();
      if (found !== undefined) return found;
      this.pc.run(this.pc.time + TURN);
    }
    const last = [CONSOLE, 0].map((port) => this.text(port).slice(-2000)).join("\n--- COM1\n");
    throw new Error(`${what}: not within ${PATIENCE / SECOND} s (${this.pc.endReason})\n${last}`);
  }
}

/** Has the executor stop at a tick, as for an event of the local APIC. */
function interpose(lapic: Lapic, tick: number, look: () => void): () => void {
  const advance = lapic.advance.bind(lapic);
  const prototype = Object.getPrototypeOf(lapic);
  const own = Object.getOwnPropertyDescriptor(prototype, "nextEvent")!.get!;
  let isDue = true;
  lapic.advance = (time: number) => {
    if (isDue && time >= tick) {
      isDue = false;
      look();
    }
    advance(time);
  };
  Object.defineProperty(lapic, "nextEvent", {
    configurable: true,
    get: () => Math.min(own.call(lapic) as number, isDue ? tick : Number.POSITIVE_INFINITY),
  });
  return () => {
    delete (lapic as { advance?: unknown }).advance;
    delete (lapic as { nextEvent?: unknown }).nextEvent;
  };
}
