// MSI-X (PCI Local Bus Specification 3.0, section 6.8.2): a table of messages and one of pending bits behind a base address register, and a
// capability that switches them on. A message is a write to local APICs (Intel SDM volume 3, section 10.11).
import { Device, type Registers } from "../device.ts";
import { type ApicMessage, BROADCAST } from "../lapic/message.ts";
import type { PciEndpoint } from "./endpoint.ts";

const CAPABILITY_MSIX = 0x11;
const CAPABILITY_DWORDS = 3;
/** Message control: all masked; on. */
const FUNCTION_MASK = 0x4000;
const ENABLE = 0x8000;
const ENTRY = 16;
const ENTRY_WORDS = 4;
const DATA = 2;
const CONTROL = 3;
const MASKED = 1;
const DWORD = 4;
/** Pending bits lie in the second half of the registers. */
const HALF = 0x800;
/** Bytes of the registers. */
export const MSIX_SIZE = 0x1000;
const WORD_BITS = 32;

const ADDRESS_MASK = 0xfff00000;
const ADDRESS_APIC = 0xfee00000;
const DESTINATION_SHIFT = 12;
const DESTINATION_MASK = 0xff;
const LOGICAL = 0x4;
const MODE_SHIFT = 8;
const MODE_MASK = 0x7;
const TRIGGER_LEVEL = 0x8000;

/** The interrupt that a write of `data` to `address` is; undefined: it is none. */
export function messageOf(address: number, data: number): ApicMessage | undefined {
  if ((address & ADDRESS_MASK) >>> 0 !== ADDRESS_APIC) return undefined;
  const destination = (address >>> DESTINATION_SHIFT) & DESTINATION_MASK;
  return {
    mode: (data >>> MODE_SHIFT) & MODE_MASK,
    vector: data & 0xff,
    level: (data & TRIGGER_LEVEL) !== 0,
    logical: (address & LOGICAL) !== 0,
    destination: destination === DESTINATION_MASK ? BROADCAST : destination,
  };
}

interface State {
  /** Four dwords a message: address, its upper half, data, control. */
  table: number[];
  pending: boolean[];
}

/** The messages of one function; `send` puts one on the interrupt network. */
export class Msix extends Device<State> implements Registers {
  readonly #send: (message: ApicMessage) => void;
  readonly #isOn: () => boolean;
  readonly #isMasked: () => boolean;

  /** Adds the capability to a function: `vectors` messages, registers of MSIX_SIZE bytes behind base address register `bar`. */
  constructor(
    endpoint: PciEndpoint,
    bar: number,
    vectors: number,
    send: (message: ApicMessage) => void,
  ) {
    const table = Array.from({ length: vectors }, () => [0, 0, 0, MASKED]).flat();
    super("msix", 1, { table, pending: new Array<boolean>(vectors).fill(false) });
    this.#send = send;
    endpoint.addBar(bar, { kind: "memory", size: MSIX_SIZE, registers: this });
    const writable = ENABLE | FUNCTION_MASK;
    const update = () => this.#deliver();
    const at = endpoint.addCapability(
      CAPABILITY_MSIX,
      CAPABILITY_DWORDS,
      vectors - 1,
      writable,
      update,
    );
    endpoint.set(at + DWORD, bar);
    endpoint.set(at + 2 * DWORD, HALF | bar);
    const control = () => endpoint.read(at + 2, 2);
    this.#isOn = () => (control() & ENABLE) !== 0;
    this.#isMasked = () => (control() & FUNCTION_MASK) !== 0;
  }

  /** Whether software has switched messages on: INTx is not used then. */
  get isOn(): boolean {
    return this.#isOn();
  }

  /** Sends a message, or keeps it until it is unmasked. */
  signal(vector: number): void {
    if (vector >= this.state.pending.length || !this.isOn) return;
    this.state.pending[vector] = true;
    this.#deliver();
  }

  read(offset: number, size: number): number {
    const { table, pending } = this.state;
    if (size !== DWORD) return 0xffffffff;
    if (offset < HALF) return table[offset / DWORD] ?? 0;
    const first = ((offset - HALF) / DWORD) * WORD_BITS;
    const bits = pending.slice(first, first + WORD_BITS);
    return bits.reduce((word, bit, index) => word | (bit ? 1 << index : 0), 0) >>> 0;
  }

  write(offset: number, size: number, value: number): void {
    const { table } = this.state;
    if (size !== DWORD || offset >= table.length * DWORD) return;
    const isControl = (offset % ENTRY) / DWORD === CONTROL;
    table[offset / DWORD] = isControl ? value & MASKED : value;
    this.#deliver();
  }

  #deliver(): void {
    if (!this.isOn || this.#isMasked()) return;
    const { table, pending } = this.state;
    for (const [vector, isPending] of pending.entries()) {
      const at = vector * ENTRY_WORDS;
      if (!isPending || table[at + CONTROL]! & MASKED) continue;
      pending[vector] = false;
      const message = messageOf(table[at]!, table[at + DATA]!);
      if (message && table[at + 1] === 0) this.#send(message);
    }
  }
}
