// A pair of 8259A interrupt controllers, cascaded on input 2 (Intel 8259A data sheet; PIIX edge/level registers).
import { Device, type Line, type Registers } from "../device.ts";

const INPUTS = 8;
const CASCADE = 2;
const SPURIOUS = 7;
const ICW1 = 0x10;
const ICW1_NEEDS_ICW4 = 0x01;
const ICW1_SINGLE = 0x02;
const ICW4_AUTO_EOI = 0x02;
const OCW3 = 0x08;
const OCW3_READ = 0x02;
const OCW3_READ_ISR = 0x01;
const OCW3_POLL = 0x04;
const OCW3_SPECIAL_MASK = 0x40;
const OCW3_SPECIAL_MASK_VALUE = 0x20;
const OCW2_EOI = 0x20;
const OCW2_SPECIFIC = 0x40;
const OCW2_ROTATE = 0x80;
const OCW2_LEVEL = 0x07;
const VECTOR_BASE = 0xf8;
const POLL_PENDING = 0x80;

/** One 8259A. */
interface Chip {
  /** Requests latched, in service, masked: a bit an input. */
  irr: number;
  isr: number;
  imr: number;
  /** Levels of the inputs. */
  levels: number;
  /** Inputs that are level triggered. */
  elcr: number;
  base: number;
  /** Which initialisation word comes next: 0 none, 2, 3 or 4. */
  expects: number;
  needsIcw4: boolean;
  single: boolean;
  autoEoi: boolean;
  readIsr: boolean;
  poll: boolean;
  specialMask: boolean;
  /** The input of the highest priority. */
  first: number;
}

interface State {
  master: Chip;
  slave: Chip;
}

function newChip(): Chip {
  return {
    ...{ irr: 0, isr: 0, imr: 0xff, levels: 0, elcr: 0, base: 0, expects: 0, needsIcw4: false },
    ...{ single: false, autoEoi: false, readIsr: false, poll: false, specialMask: false, first: 0 },
  };
}

/** Distance of an input from the one of the highest priority; 8 for no input. */
function rank(chip: Chip, bits: number): number {
  for (let distance = 0; distance < INPUTS; distance++)
    if (bits & (1 << ((chip.first + distance) % INPUTS))) return distance;
  return INPUTS;
}

/** The input to be delivered, or -1. */
function deliverable(chip: Chip): number {
  if ((chip.irr & ~chip.imr) === 0) return -1;
  const masked = chip.specialMask ? chip.imr : 0;
  const request = rank(chip, chip.irr & ~chip.imr);
  const service = rank(chip, chip.isr & ~masked);
  return request < service ? (chip.first + request) % INPUTS : -1;
}

function setInput(chip: Chip, input: number, level: boolean): void {
  const bit = 1 << input;
  const rose = level && !(chip.levels & bit);
  chip.levels = level ? chip.levels | bit : chip.levels & ~bit;
  if (rose) chip.irr |= bit;
  // A request must be held until it is acknowledged, edge triggered or not (data sheet, "Interrupt sequence").
  if (!level) chip.irr &= ~bit;
}

function take(chip: Chip): number {
  const input = deliverable(chip);
  if (input < 0) return SPURIOUS;
  const bit = 1 << input;
  if (!(chip.elcr & bit)) chip.irr &= ~bit;
  if (!chip.autoEoi) chip.isr |= bit;
  return input;
}

/** Both controllers; `interrupt` is the master's INTR. */
export class Pic extends Device<State> {
  readonly #interrupt: Line;
  /** The master's two ports. */
  readonly master: Registers;
  /** The slave's two ports. */
  readonly slave: Registers;
  /** The two edge/level registers, master's first. */
  readonly levels: Registers;

  constructor(interrupt: Line) {
    super("pic-8259a", 1, { master: newChip(), slave: newChip() });
    this.#interrupt = interrupt;
    this.master = this.#ports(() => this.state.master);
    this.slave = this.#ports(() => this.state.slave);
    this.levels = {
      read: (offset) => this.#chip(offset).elcr,
      write: (offset, _size, value) => {
        this.#chip(offset).elcr = value;
      },
    };
  }

  /** Level of INTR. */
  get output(): boolean {
    return deliverable(this.state.master) >= 0;
  }

  /** Drives an input: 0 to 7 the master's, 8 to 15 the slave's. */
  setLine(input: number, level: boolean): void {
    if (input < INPUTS) setInput(this.state.master, input, level);
    else setInput(this.state.slave, input - INPUTS, level);
    this.#update();
  }

  /** The CPU's acknowledge cycle: returns the vector; a spurious one (input 7) if the request has gone. */
  acknowledge(): number {
    const { master, slave } = this.state;
    const input = take(master);
    const vector =
      input === CASCADE && !master.single ? slave.base | take(slave) : master.base | input;
    this.#update();
    return vector;
  }

  #chip(offset: number): Chip {
    return offset === 0 ? this.state.master : this.state.slave;
  }

  #update(): void {
    setInput(this.state.master, CASCADE, deliverable(this.state.slave) >= 0);
    this.#interrupt(this.output);
  }

  #ports(chip: () => Chip): Registers {
    return {
      read: (offset) => this.#read(chip(), offset),
      write: (offset, _size, value) => {
        if (offset === 0) this.#writeCommand(chip(), value);
        else writeData(chip(), value);
        this.#update();
      },
    };
  }

  #read(chip: Chip, offset: number): number {
    if (chip.poll) {
      chip.poll = false;
      const pending = deliverable(chip) >= 0;
      const input = take(chip);
      this.#update();
      return pending ? POLL_PENDING | input : 0;
    }
    if (offset === 1) return chip.imr;
    return chip.readIsr ? chip.isr : chip.irr;
  }

  #writeCommand(chip: Chip, value: number): void {
    if (value & ICW1) initialize(chip, value);
    else if (value & OCW3) writeOcw3(chip, value);
    else writeOcw2(chip, value);
  }
}

function initialize(chip: Chip, value: number): void {
  const { levels, elcr } = chip;
  Object.assign(chip, newChip(), { levels, elcr, imr: 0, irr: levels & elcr });
  chip.needsIcw4 = (value & ICW1_NEEDS_ICW4) !== 0;
  chip.single = (value & ICW1_SINGLE) !== 0;
  chip.expects = 2;
}

function writeData(chip: Chip, value: number): void {
  if (chip.expects === 2) chip.base = value & VECTOR_BASE;
  else if (chip.expects === 4) chip.autoEoi = (value & ICW4_AUTO_EOI) !== 0;
  else if (chip.expects === 0) chip.imr = value;
  if (chip.expects === 2 && !chip.single) chip.expects = 3;
  else if ((chip.expects === 2 || chip.expects === 3) && chip.needsIcw4) chip.expects = 4;
  else chip.expects = 0;
}

function writeOcw3(chip: Chip, value: number): void {
  if (value & OCW3_POLL) chip.poll = true;
  if (value & OCW3_READ) chip.readIsr = (value & OCW3_READ_ISR) !== 0;
  if (value & OCW3_SPECIAL_MASK) chip.specialMask = (value & OCW3_SPECIAL_MASK_VALUE) !== 0;
}

function writeOcw2(chip: Chip, value: number): void {
  const isEnd = (value & OCW2_EOI) !== 0;
  const isSpecific = (value & OCW2_SPECIFIC) !== 0;
  const distance = rank(chip, chip.isr);
  const highest = distance < INPUTS ? (chip.first + distance) % INPUTS : -1;
  const input = isSpecific ? value & OCW2_LEVEL : highest;
  if (isEnd && input >= 0) chip.isr &= ~(1 << input);
  if (value & OCW2_ROTATE && input >= 0 && (isEnd || isSpecific)) chip.first = (input + 1) % INPUTS;
}
