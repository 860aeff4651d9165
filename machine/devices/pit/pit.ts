// An 8254 programmable interval timer as a PC has it: channel 0 interrupts, channel 2 has its gate and output at port 0x61.
import { cyclesAt, timeOfCycle } from "../../frequency.ts";
import { type Alarm, type Alarms, Device, type Line, type Registers } from "../device.ts";
import {
  ACCESS_BOTH,
  ACCESS_HIGH,
  ACCESS_LOW,
  type Channel,
  count,
  load,
  newChannel,
  nextChange,
  output,
  setGate,
} from "./channel.ts";

/** Input clock of a PC's timer. */
export const PIT_HERTZ = 1_193_182;
const CHANNELS = 3;
const CONTROL = 3;
const SPEAKER_CHANNEL = 2;
const READ_BACK = 3;
const SELECT_SHIFT = 6;
const ACCESS_SHIFT = 4;
const ACCESS_MASK = 3;
const MODE_SHIFT = 1;
const MODE_MASK = 7;
const BCD = 1;
/** Read-back command: do not latch the count. */
const NO_COUNT = 0x20;
/** Read-back command: do not latch the status. */
const NO_STATUS = 0x10;
const STATUS_OUTPUT = 0x80;
const STATUS_NULL = 0x40;
/** Port 0x61: gate of channel 2. */
export const SPEAKER_GATE = 0x01;
/** Port 0x61: speaker connected. */
export const SPEAKER_DATA = 0x02;
/** Port 0x61: toggles with every memory refresh. */
export const SPEAKER_REFRESH = 0x10;
/** Port 0x61: output of channel 2. */
export const SPEAKER_OUTPUT = 0x20;
/** Ticks between two refreshes. */
const REFRESH_TICKS = 15_085;

interface State {
  channels: Channel[];
  speaker: number;
}

/** The timer; `interrupt` is the output of channel 0. */
export class Pit extends Device<State> implements Registers {
  readonly #alarms: Alarms;
  readonly #alarm: Alarm;
  readonly #interrupt: Line;
  /** Port 0x61. */
  readonly speaker: Registers;

  constructor(alarms: Alarms, interrupt: Line) {
    const channels = Array.from({ length: CHANNELS }, (_, n) => newChannel(n !== SPEAKER_CHANNEL));
    super("pit-8254", 1, { channels, speaker: 0 });
    this.#alarms = alarms;
    this.#interrupt = interrupt;
    this.#alarm = alarms.alarm(() => this.#drive());
    this.speaker = {
      read: () => this.#readSpeaker(),
      write: (_offset, _size, value) => this.#writeSpeaker(value),
    };
  }

  read(offset: number, _size: number): number {
    const channel = this.state.channels[offset];
    if (!channel) return 0xff;
    const latched = channel.latched.shift();
    return latched ?? this.#readCount(channel);
  }

  write(offset: number, _size: number, value: number): void {
    if (offset === CONTROL) this.#writeControl(value);
    else this.#writeCount(this.state.channels[offset]!, value);
    this.#drive();
  }

  protected override restored(): void {
    this.#setAlarm();
  }

  get #cycle(): number {
    return cyclesAt(this.#alarms.now, PIT_HERTZ);
  }

  #readCount(channel: Channel): number {
    const value = count(channel, this.#cycle);
    const isHigh = channel.access === ACCESS_HIGH || channel.readHigh;
    if (channel.access === ACCESS_BOTH) channel.readHigh = !channel.readHigh;
    return isHigh ? value >> 8 : value & 0xff;
  }

  #writeCount(channel: Channel, value: number): void {
    if (channel.access === ACCESS_LOW) load(channel, value, this.#cycle);
    else if (channel.access === ACCESS_HIGH) load(channel, value << 8, this.#cycle);
    else if (channel.partial < 0) channel.partial = value;
    else {
      load(channel, channel.partial | (value << 8), this.#cycle);
      channel.partial = -1;
    }
  }

  #writeControl(value: number): void {
    const select = value >> SELECT_SHIFT;
    if (select === READ_BACK) {
      for (const [index, channel] of this.state.channels.entries())
        if (value & (2 << index)) this.#readBack(channel, value);
      return;
    }
    const channel = this.state.channels[select]!;
    const access = (value >> ACCESS_SHIFT) & ACCESS_MASK;
    if (access === 0) this.#latchCount(channel);
    else program(channel, access, value);
  }

  #readBack(channel: Channel, command: number): void {
    const status = this.#status(channel);
    if (!(command & NO_COUNT)) this.#latchCount(channel);
    if (!(command & NO_STATUS)) channel.latched.unshift(status);
  }

  #status(channel: Channel): number {
    return (
      (output(channel, this.#cycle) ? STATUS_OUTPUT : 0) |
      (channel.start < 0 ? STATUS_NULL : 0) |
      (channel.access << ACCESS_SHIFT) |
      (channel.mode << MODE_SHIFT) |
      (channel.bcd ? BCD : 0)
    );
  }

  #latchCount(channel: Channel): void {
    if (channel.latched.length) return;
    const value = count(channel, this.#cycle);
    if (channel.access !== ACCESS_HIGH) channel.latched.push(value & 0xff);
    if (channel.access !== ACCESS_LOW) channel.latched.push(value >> 8);
  }

  #readSpeaker(): number {
    const refresh = Math.floor(this.#alarms.now / REFRESH_TICKS) & 1 ? SPEAKER_REFRESH : 0;
    const isHigh = output(this.state.channels[SPEAKER_CHANNEL]!, this.#cycle);
    return this.state.speaker | refresh | (isHigh ? SPEAKER_OUTPUT : 0);
  }

  #writeSpeaker(value: number): void {
    this.state.speaker = value & (SPEAKER_GATE | SPEAKER_DATA);
    const gate = (value & SPEAKER_GATE) !== 0;
    setGate(this.state.channels[SPEAKER_CHANNEL]!, gate, this.#cycle);
  }

  #drive(): void {
    this.#interrupt(output(this.state.channels[0]!, this.#cycle));
    this.#setAlarm();
  }

  #setAlarm(): void {
    const next = nextChange(this.state.channels[0]!, this.#cycle);
    this.#alarm.set(Number.isFinite(next) ? timeOfCycle(next, PIT_HERTZ) : next);
  }
}

function program(channel: Channel, access: number, value: number): void {
  const mode = (value >> MODE_SHIFT) & MODE_MASK;
  const fresh = newChannel(channel.gate);
  // Modes 6 and 7 are other names of 2 and 3.
  Object.assign(channel, fresh, { access, mode: mode & (mode > 5 ? 3 : 7) });
  channel.bcd = (value & BCD) !== 0;
}
