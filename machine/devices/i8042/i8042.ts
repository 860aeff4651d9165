// Keyboard controller (IBM PS/2 Hardware Interface Technical Reference, "Keyboard and Auxiliary Device Controller"): data at 0x60,
// status and commands at 0x64. Nothing is plugged in: a byte for keyboard or mouse is answered as the controller does when no device
// takes its clock: with 0xfe and the time-out bit.
import { Device, type Line, type Registers } from "../device.ts";

/** Status: a byte can be read. */
export const OUTPUT_FULL = 0x01;
/** Status: the controller has passed its self-test. */
const SYSTEM = 0x04;
/** Status: the last write was a command. */
const LAST_COMMAND = 0x08;
/** Status: the keyboard is not locked. */
const UNLOCKED = 0x10;
/** Status: the byte is the auxiliary device's. */
export const AUX_FULL = 0x20;
/** Status: the device did not answer. */
export const TIMED_OUT = 0x40;

/** Memory: 32 bytes, the first of which is the command byte. */
const MEMORY = 32;
/** Command byte: interrupt for a byte from the keyboard, the auxiliary device. */
const KEYBOARD_INTERRUPT = 0x01;
const AUX_INTERRUPT = 0x02;
/** Command byte: the device's clock is held. */
const KEYBOARD_OFF = 0x10;
const AUX_OFF = 0x20;
/** Command byte after firmware: system, scan codes translated. */
const CONFIGURATION = 0x44;

/** Output port: 0 resets; A20 gate. */
const NOT_RESET = 0x01;
const A20 = 0x02;
const OUTPUT_PORT = 0xcc | A20 | NOT_RESET;
/** Input port: keyboard not locked. */
const INPUT_PORT = 0x80;

const READ_MEMORY = 0x20;
const WRITE_MEMORY = 0x60;
const MEMORY_COMMANDS = 0x20;
const DISABLE_AUX = 0xa7;
const ENABLE_AUX = 0xa8;
const TEST_AUX = 0xa9;
const SELF_TEST = 0xaa;
const TEST_KEYBOARD = 0xab;
const DISABLE_KEYBOARD = 0xad;
const ENABLE_KEYBOARD = 0xae;
const READ_INPUT_PORT = 0xc0;
const READ_OUTPUT_PORT = 0xd0;
const WRITE_OUTPUT_PORT = 0xd1;
const WRITE_KEYBOARD_OUTPUT = 0xd2;
const WRITE_AUX_OUTPUT = 0xd3;
const WRITE_AUX = 0xd4;
const PULSE = 0xf0;
const SELF_TEST_PASSED = 0x55;
const LINE_TEST_PASSED = 0x00;
/** What stands in the data register when a device did not answer. */
const NO_ANSWER = 0xfe;
/** Bytes that wait; a real controller holds the devices' clocks instead. */
const QUEUE = 16;

interface State {
  /** Bytes to be read, oldest first: value in 7:0, AUX_FULL and TIMED_OUT shifted by 8. */
  output: number[];
  /** What was read last. */
  last: number;
  /** The command that waits for its byte; 0: none. */
  command: number;
  lastWasCommand: boolean;
  memory: number[];
  outputPort: number;
}

/** Lines of the controller. */
export interface I8042Lines {
  keyboard: Line;
  aux: Line;
  /** The reset line was pulled. */
  reset(): void;
}

/** The controller: two ports of one byte. */
export class I8042 extends Device<State> {
  /** The data port. */
  readonly data: Registers = {
    read: () => this.#readData(),
    write: (_offset, _size, value) => this.#write(value, false),
  };
  /** The port of status, when read, and commands. */
  readonly command: Registers = {
    read: () => this.#status,
    write: (_offset, _size, value) => this.#write(value, true),
  };
  readonly #lines: I8042Lines;

  constructor(lines: I8042Lines) {
    const memory = [CONFIGURATION, ...new Array<number>(MEMORY - 1).fill(0)];
    const idle = { output: [], last: 0, command: 0, lastWasCommand: false };
    super("i8042", 1, { ...idle, memory, outputPort: OUTPUT_PORT });
    this.#lines = lines;
  }

  #write(value: number, isCommand: boolean): void {
    this.state.lastWasCommand = isCommand;
    if (isCommand) this.#command(value);
    else this.#writeData(value);
    this.#drive();
  }

  get #status(): number {
    const { output, lastWasCommand, memory } = this.state;
    const system = memory[0]! & SYSTEM;
    const full = output.length > 0 ? OUTPUT_FULL | (output[0]! >> 8) : 0;
    return UNLOCKED | system | full | (lastWasCommand ? LAST_COMMAND : 0);
  }

  #readData(): number {
    const { state } = this;
    if (state.output.length > 0) state.last = state.output.shift()! & 0xff;
    this.#drive();
    return state.last;
  }

  #put(value: number, flags = 0): void {
    if (this.state.output.length < QUEUE) this.state.output.push(value | (flags << 8));
  }

  #command(command: number): void {
    const { memory } = this.state;
    this.state.command = 0;
    if (command >= READ_MEMORY && command < READ_MEMORY + MEMORY_COMMANDS)
      this.#put(memory[command - READ_MEMORY]!);
    else if (command >= WRITE_MEMORY && command < WRITE_MEMORY + MEMORY_COMMANDS)
      this.state.command = command;
    else if (command >= PULSE) this.#pulse(command);
    else this.#control(command);
  }

  #control(command: number): void {
    switch (command) {
      case DISABLE_AUX:
        this.#configure(AUX_OFF, true);
        break;
      case ENABLE_AUX:
        this.#configure(AUX_OFF, false);
        break;
      case DISABLE_KEYBOARD:
        this.#configure(KEYBOARD_OFF, true);
        break;
      case ENABLE_KEYBOARD:
        this.#configure(KEYBOARD_OFF, false);
        break;
      case SELF_TEST:
        this.state.output = [];
        this.#put(SELF_TEST_PASSED);
        break;
      case TEST_AUX:
      case TEST_KEYBOARD:
        this.#put(LINE_TEST_PASSED);
        break;
      case READ_INPUT_PORT:
        this.#put(INPUT_PORT);
        break;
      case READ_OUTPUT_PORT:
        this.#put(this.state.outputPort);
        break;
      case WRITE_OUTPUT_PORT:
      case WRITE_KEYBOARD_OUTPUT:
      case WRITE_AUX_OUTPUT:
      case WRITE_AUX:
        this.state.command = command;
        break;
    }
  }

  #writeData(value: number): void {
    const { command, memory } = this.state;
    this.state.command = 0;
    if (command >= WRITE_MEMORY && command < WRITE_MEMORY + MEMORY_COMMANDS)
      memory[command - WRITE_MEMORY] = value;
    else if (command === WRITE_OUTPUT_PORT) this.#writeOutputPort(value);
    else if (command === WRITE_KEYBOARD_OUTPUT) this.#put(value);
    else if (command === WRITE_AUX_OUTPUT) this.#put(value, AUX_FULL);
    else this.#put(NO_ANSWER, TIMED_OUT | (command === WRITE_AUX ? AUX_FULL : 0));
  }

  #configure(bit: number, isOn: boolean): void {
    const { memory } = this.state;
    memory[0] = isOn ? memory[0]! | bit : memory[0]! & ~bit;
  }

  #writeOutputPort(value: number): void {
    this.state.outputPort = value;
    if (!(value & NOT_RESET)) this.#lines.reset();
  }

  /** Pulls the lines of the output port that are 0 in the command's low bits for 6 us: of these only reset has an effect. */
  #pulse(command: number): void {
    if (!(command & NOT_RESET)) this.#lines.reset();
  }

  #drive(): void {
    const { output, memory } = this.state;
    const isFull = output.length > 0;
    const isAux = isFull && ((output[0]! >> 8) & AUX_FULL) !== 0;
    this.#lines.keyboard(isFull && !isAux && (memory[0]! & KEYBOARD_INTERRUPT) !== 0);
    this.#lines.aux(isAux && (memory[0]! & AUX_INTERRUPT) !== 0);
  }
}
