// The interrupt network. What an APIC sends to itself arrives at once, and so does what a device sends because of a CPU's own access
// where it goes to that CPU; what crosses CPUs, and what devices send otherwise, is held until the slice's boundary and arrives in the
// order in which it was sent.
import {
  ICR_MODE_FIXED,
  ICR_MODE_LOWEST,
  ICR_MODE_NMI,
  SHORTHAND_ALL,
  SHORTHAND_OTHERS,
} from "../abi/x86/apic.ts";
import type { Lapic } from "./devices/lapic/lapic.ts";
import type { ApicMessage } from "./devices/lapic/message.ts";

/** A message on its way. */
export interface Letter {
  message: ApicMessage;
  /** The only CPU that it is for, whatever the destination says; -1: the destination decides. */
  only: number;
  /** A CPU that it is not for (any more); -1: none. */
  except: number;
}

/** No CPU. */
export const NOBODY = -1;

/** Connects the local APICs with each other and with the IOAPICs. */
export class Interconnect {
  /** The CPU whose access a device is carrying out; NOBODY while there is none. */
  accessor = NOBODY;
  readonly #lapics: Lapic[] = [];
  #letters: Letter[] = [];

  /** Connects the local APIC of the next CPU. */
  add(lapic: Lapic): void {
    this.#lapics.push(lapic);
  }

  /** Whether messages wait for the next boundary. */
  get isBusy(): boolean {
    return this.#letters.length > 0;
  }

  /** Takes a message that the local APIC of `source` sends. */
  send(source: number, message: ApicMessage, shorthand: number): void {
    const isLocal = canComeAtOnce(message);
    const own = this.#lapics[source]!;
    const others = shorthand === SHORTHAND_OTHERS;
    if (isLocal && !others && (shorthand === SHORTHAND_ALL || own.matches(message)))
      own.accept(message);
    this.#letters.push({ message, only: NOBODY, except: isLocal || others ? source : NOBODY });
  }

  /** Takes a message from a device. Which CPU is to have one of lowest priority is decided where all can be compared. */
  post(message: ApicMessage): void {
    const own = canComeAtOnce(message) ? this.#lapics[this.accessor] : undefined;
    const isOwn = own?.matches(message) === true;
    if (isOwn) own.accept(message);
    this.#letters.push({ message, only: NOBODY, except: isOwn ? this.accessor : NOBODY });
  }

  /** Takes a message for one CPU, whatever its ids and modes. */
  postTo(cpu: number, message: ApicMessage): void {
    this.#letters.push({ message, only: cpu, except: NOBODY });
  }

  /** Delivers everything that waits; at a boundary only. */
  deliver(): void {
    const letters = this.#letters;
    if (letters.length === 0) return;
    this.#letters = [];
    for (const letter of letters) this.#deliver(letter);
  }

  #deliver({ message, only, except }: Letter): void {
    if (only !== NOBODY) {
      this.#lapics[only]!.accept(message);
      return;
    }
    const targets = this.#lapics.filter((lapic, cpu) => cpu !== except && lapic.matches(message));
    if (message.mode === ICR_MODE_LOWEST) lowest(targets)?.accept(message);
    else for (const lapic of targets) lapic.accept(message);
  }

  /** The messages on their way, for a snapshot. */
  save(): Letter[] {
    return structuredClone(this.#letters);
  }

  restore(letters: Letter[]): void {
    this.#letters = structuredClone(letters);
  }
}

/** Whether a CPU can take a message in the middle of an instruction of its own: not what resets it. */
function canComeAtOnce({ mode }: ApicMessage): boolean {
  return mode === ICR_MODE_FIXED || mode === ICR_MODE_NMI;
}

/** The APIC with the lowest processor priority that takes interrupts; of several, the one of the lowest CPU. */
function lowest(targets: Lapic[]): Lapic | undefined {
  let best: Lapic | undefined;
  for (const lapic of targets)
    if (lapic.isSoftwareEnabled && (!best || lapic.ppr < best.ppr)) best = lapic;
  return best;
}
