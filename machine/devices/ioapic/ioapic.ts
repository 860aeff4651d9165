// An IOAPIC with 24 pins (Intel 82093AA data sheet, section 3; version 0x20 with the EOI register of later chip sets).
import {
  ICR_MODE_FIXED,
  ICR_MODE_LOWEST,
  IOAPIC_ACTIVE_LOW,
  IOAPIC_DATA,
  IOAPIC_EOI,
  IOAPIC_INDEX,
  IOAPIC_LEVEL,
  IOAPIC_MASKED,
  IOAPIC_PINS,
  IOAPIC_REG_ARBITRATION,
  IOAPIC_REG_ID,
  IOAPIC_REG_REDIRECTION,
  IOAPIC_REG_VERSION,
  IOAPIC_REMOTE_IRR,
} from "../../../abi/x86/apic.ts";
import { Device, type Registers } from "../device.ts";
import { type ApicMessage, BROADCAST } from "../lapic/message.ts";

const VERSION = 0x20;
const HIGHEST_PIN_SHIFT = 16;
const ID_SHIFT = 24;
const ID_MASK = 0x0f000000;
const VECTOR_MASK = 0xff;
const MODE_SHIFT = 8;
const MODE_MASK = 0x7;
const LOGICAL = 0x800;
/** Bits of the low half that software can write: all but delivery status (12) and remote IRR (14). */
const LOW_WRITABLE = 0x1afff;
const DESTINATION_SHIFT = 24;
const HIGH_WRITABLE = 0xff000000;
const XAPIC_BROADCAST = 0xff;

interface Pin {
  low: number;
  high: number;
  /** Electrical level of the wire. */
  level: boolean;
}

interface State {
  index: number;
  id: number;
  pins: Pin[];
}

/** The IOAPIC. `send` puts a message on the interrupt network. */
export class Ioapic extends Device<State> implements Registers {
  readonly #send: (message: ApicMessage) => void;

  constructor(send: (message: ApicMessage) => void) {
    const pin = { low: IOAPIC_MASKED, high: 0, level: false };
    const pins = Array.from({ length: IOAPIC_PINS }, () => ({ ...pin }));
    super("ioapic", 1, { index: 0, id: 0, pins });
    this.#send = send;
  }

  /** Drives the wire of a pin. An edge on a masked pin is lost (data sheet, section 3.2.4). */
  setLine(number: number, level: boolean): void {
    const pin = this.state.pins[number]!;
    const before = isActive(pin);
    pin.level = level;
    const isEdge = !before && isActive(pin);
    if (pin.low & IOAPIC_LEVEL) this.#serviceLevel(pin);
    else if (isEdge && !(pin.low & IOAPIC_MASKED)) this.#deliver(pin);
  }

  /** End of an interrupt with this vector, from a local APIC or the EOI register. */
  endOfInterrupt(vector: number): void {
    for (const pin of this.state.pins) {
      if ((pin.low & VECTOR_MASK) !== vector || !(pin.low & IOAPIC_REMOTE_IRR)) continue;
      pin.low &= ~IOAPIC_REMOTE_IRR;
      this.#serviceLevel(pin);
    }
  }

  read(offset: number, _size: number): number {
    if (offset === IOAPIC_INDEX) return this.state.index;
    return offset === IOAPIC_DATA ? this.#readRegister(this.state.index) : 0;
  }

  write(offset: number, _size: number, value: number): void {
    if (offset === IOAPIC_INDEX) this.state.index = value & 0xff;
    else if (offset === IOAPIC_DATA) this.#writeRegister(this.state.index, value);
    else if (offset === IOAPIC_EOI) this.endOfInterrupt(value & VECTOR_MASK);
  }

  #readRegister(index: number): number {
    if (index === IOAPIC_REG_ID) return this.state.id;
    if (index === IOAPIC_REG_ARBITRATION) return this.state.id;
    if (index === IOAPIC_REG_VERSION) return VERSION | ((IOAPIC_PINS - 1) << HIGHEST_PIN_SHIFT);
    const pin = this.state.pins[(index - IOAPIC_REG_REDIRECTION) >> 1];
    if (!pin) return 0;
    return index & 1 ? pin.high : pin.low;
  }

  #writeRegister(index: number, value: number): void {
    if (index === IOAPIC_REG_ID) this.state.id = value & ID_MASK;
    const pin = this.state.pins[(index - IOAPIC_REG_REDIRECTION) >> 1];
    if (!pin) return;
    if (index & 1) pin.high = (value & HIGH_WRITABLE) >>> 0;
    else this.#writeLow(pin, value);
  }

  #writeLow(pin: Pin, value: number): void {
    const remote = value & IOAPIC_LEVEL ? pin.low & IOAPIC_REMOTE_IRR : 0;
    pin.low = (value & LOW_WRITABLE) | remote;
    if (pin.low & IOAPIC_LEVEL) this.#serviceLevel(pin);
  }

  #serviceLevel(pin: Pin): void {
    if (pin.low & (IOAPIC_MASKED | IOAPIC_REMOTE_IRR) || !isActive(pin)) return;
    const mode = (pin.low >> MODE_SHIFT) & MODE_MASK;
    if (mode === ICR_MODE_FIXED || mode === ICR_MODE_LOWEST) pin.low |= IOAPIC_REMOTE_IRR;
    this.#deliver(pin);
  }

  #deliver(pin: Pin): void {
    const destination = pin.high >>> DESTINATION_SHIFT;
    this.#send({
      mode: (pin.low >> MODE_SHIFT) & MODE_MASK,
      vector: pin.low & VECTOR_MASK,
      level: (pin.low & IOAPIC_LEVEL) !== 0,
      logical: (pin.low & LOGICAL) !== 0,
      destination: destination === XAPIC_BROADCAST ? BROADCAST : destination,
    });
  }

  /** The id that software has given it, 0 to 15. */
  get id(): number {
    return this.state.id >>> ID_SHIFT;
  }
}

function isActive(pin: Pin): boolean {
  return pin.level !== ((pin.low & IOAPIC_ACTIVE_LOW) !== 0);
}
