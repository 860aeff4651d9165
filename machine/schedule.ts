// The events of the devices that all CPUs share, in virtual time. Same time: in the order in which the alarms were made,
// which is the wiring's, so that a restored machine goes on as the saved one.
import type { Alarm, Alarms } from "./devices/device.ts";

/** The alarms of a machine and the time that its devices see. */
export class Schedule implements Alarms {
  /** What devices take for the present, in ticks; the machine sets it before each access. */
  now = 0;
  #alarms: Entry[] = [];

  alarm(action: () => void): Alarm {
    const entry = new Entry(action);
    this.#alarms.push(entry);
    return entry;
  }

  /** When the next alarm goes off; Infinity if none is set. */
  get next(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const alarm of this.#alarms) if (alarm.time < next) next = alarm.time;
    return next;
  }

  /** Lets all alarms up to and including `time` go off, each at its own time, and leaves `now` at `time`. */
  advance(time: number): void {
    for (;;) {
      const due = this.#earliest(time);
      if (!due) break;
      this.now = due.time;
      due.cancel();
      due.action();
    }
    this.now = time;
  }

  #earliest(limit: number): Entry | undefined {
    let earliest: Entry | undefined;
    for (const alarm of this.#alarms)
      if (alarm.time <= limit && (!earliest || alarm.time < earliest.time)) earliest = alarm;
    return earliest;
  }
}

class Entry implements Alarm {
  time = Number.POSITIVE_INFINITY;
  readonly action: () => void;

  constructor(action: () => void) {
    this.action = action;
  }

  set(time: number): void {
    this.time = time;
  }

  cancel(): void {
    this.time = Number.POSITIVE_INFINITY;
  }
}
