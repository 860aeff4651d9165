// The reset of a machine that can be started anew: processors and devices as after power-on, RAM cleared, as after firmware's test of
// it. What has a battery or a disk of its own stays: date and CMOS memory, disks' contents; and virtual time goes on.

import type { Saved } from "./devices/device.ts";
import {
  PM1_CONTROL,
  PM1_ENABLE,
  PM1_SCI_ENABLE,
  PM1_STATUS,
} from "./devices/pm-timer/pm-timer.ts";
import type { Pc } from "./pc.ts";
import { usedPages } from "./snapshot.ts";
import { resetProcessor } from "./start.ts";

const PAGE = 4096;
const ALL_EVENTS = 0xffff;

/** Devices whose state is not that of power-on after a reset. */
const isKept = (name: string) =>
  ["power", "rtc", "pmTimer"].includes(name) || /^disk\d+$/.test(name);

/** The state of a machine's devices when power was switched on. */
export class PowerOn {
  readonly #devices: readonly (readonly [name: string, saved: Saved])[];
  readonly #lapics: readonly Saved[];

  /** To be made before anything has happened. */
  constructor({ devices, lapics }: Pick<Pc, "devices" | "lapics">) {
    const stateful = Object.entries(devices.stateful).filter(([name]) => !isKept(name));
    this.#devices = stateful.map(([name, device]) => [name, device.save()]);
    this.#lapics = lapics.map((lapic) => lapic.save());
  }

  /** Resets the machine; to be called at a boundary. */
  restore(pc: Pc): void {
    for (const processor of pc.processors) resetProcessor(processor);
    for (const [cpu, saved] of this.#lapics.entries()) pc.lapics[cpu]!.restore(saved);
    pc.interconnect.restore([]);
    const { stateful, rtc, pmTimer } = pc.devices;
    for (const [name, saved] of this.#devices) stateful[name]!.restore(saved);
    rtc.reset();
    pmTimer.write(PM1_STATUS, 2, ALL_EVENTS);
    pmTimer.write(PM1_ENABLE, 2, 0);
    pmTimer.write(PM1_CONTROL, 2, PM1_SCI_ENABLE);
    clearRam(pc);
  }
}

function clearRam({ memory, ramBase, ram, exports, options }: Pc): void {
  for (const page of usedPages(memory.buffer, ramBase, ramBase + options.memory))
    ram.fill(0, page - ramBase, page - ramBase + PAGE);
  exports.invalidateCode(0n, BigInt(options.memory));
}
