// What a device and its surroundings know of each other. A device knows neither its address nor its interrupt number:
// it gets offsets, drives lines and asks a clock.
import { MachineError } from "../error.ts";

/** The saved state of a device: plain JSON, tagged with the device's kind and the layout's version. */
export interface Saved<T = unknown> {
  kind: string;
  version: number;
  state: T;
}

/** The time that a device sees, in ticks (ns): that of the access or the event being handled. */
export interface Clock {
  readonly now: number;
}

/** Something that happens at one set time. Infinity: not set. */
export interface Alarm {
  readonly time: number;
  /** Sets the alarm; an earlier setting is forgotten. A time that is past means the next slice's boundary. */
  set(time: number): void;
  cancel(): void;
}

/** Makes alarms, in wiring order: alarms of the same time go off in that order. */
export interface Alarms extends Clock {
  alarm(action: () => void): Alarm;
}

/** An electrical level that a device drives: true is high. */
export type Line = (level: boolean) => void;

/** A line that leads nowhere. */
export const NOT_CONNECTED: Line = () => {};

/** Something with registers. Values are unsigned; sizes are those that the wiring has allowed for it. */
export interface Registers {
  /** Reads the `size` bytes at `offset` from the start of the device's range; the bus cuts off what is wider. */
  read(offset: number, size: number): number;
  /** Writes the `size` bytes at `offset` from the start of the device's range. */
  write(offset: number, size: number, value: number): void;
}

/** A device whose whole state is one plain object, so that saving it cannot forget a field. */
export abstract class Device<T extends object> {
  readonly kind: string;
  readonly version: number;
  protected state: T;

  constructor(kind: string, version: number, state: T) {
    this.kind = kind;
    this.version = version;
    this.state = state;
  }

  /** A deep copy of the state. */
  save(): Saved<T> {
    return { kind: this.kind, version: this.version, state: structuredClone(this.state) };
  }

  /** Goes back to a saved state. Throws `bad-snapshot` if it is another kind's or another version's. */
  restore(saved: Saved): void {
    if (saved.kind !== this.kind || saved.version !== this.version)
      throw new MachineError(
        "bad-snapshot",
        `saved state is ${saved.kind} version ${saved.version}, not ${this.kind} version ${this.version}`,
        "Restore a snapshot with the version of the machine that made it.",
      );
    this.state = structuredClone(saved.state as T);
    this.restored();
  }

  /** Sets the device's alarms anew after `restore`. Lines need no driving: their receivers are restored as well. */
  protected restored(): void {}
}
