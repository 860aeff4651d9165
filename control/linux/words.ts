// What driver and hypervisor say about a request, in the kernel's log and on the console.

import { reasonIn } from "../console-ring.ts";
import { harmless } from "./files.ts";
import type { Outcome } from "./target.ts";

/** A record of /dev/kmsg: priority, number, time and flags, then the text (Documentation/ABI/testing/dev-kmsg). */
const RECORD = /^(\d+),\d+,\d+,[^;]*;jailhouse: *(.*)$/i;
/** A priority's low bits are its level: up to this one it is a warning or worse (printk's KERN_WARNING). */
const LEVEL_MASK = 7;
const WARNING = 4;

/** What the driver put into the kernel log, one line each, at that level or a more urgent one. */
function driverLines(records: string, level = LEVEL_MASK): string[] {
  return records.split("\n").flatMap((line) => {
    const [, priority, text] = RECORD.exec(line) ?? [];
    return text !== undefined && (Number(priority) & LEVEL_MASK) <= level ? [harmless(text)] : [];
  });
}

/** The driver's warnings. */
export const warningsIn = ({ log }: Outcome): string[] => driverLines(log, WARNING);

/** Why a request was refused: what the driver said, and the hypervisor unless the driver has passed it on. */
export function refusalIn({ log, console }: Outcome): string | undefined {
  const driver = driverLines(log);
  const hypervisor = reasonIn(console);
  const isNew = hypervisor && !driver.some((line) => line.includes(hypervisor));
  const said = isNew ? [`the console says: ${harmless(hypervisor)}`] : [];
  return [...driver, ...said].join("; ") || undefined;
}
