// What Linux complains about: its log's warnings and worse.

import type { Guest } from "./guest.ts";

/** A record of `dmesg -r`: priority, time, text. */
const RECORD = /^<(\d+)>\[ *[\d.]+\] (.*)$/;
/** The severity is in the priority's low bits; from 4 (warning) down it counts. */
const SEVERITY = 7;
const WARNING = 4;
/** Numbers differ from boot to boot. */
const NUMBER = /0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+/gi;

/** What any module has that was not built with the kernel. */
const OUT_OF_TREE = [
  "jailhouse: loading out-of-tree module taints kernel.",
  "jailhouse: module verification failed: signature and/or required key missing - tainting kernel",
];

/** The driver's answers to requests that it refuses, as a session may want it to. */
const ANSWERS = [/^jailhouse: Refused: /, /^Jailhouse: failed to destroy cell "/];
/** What a guest says whenever its host is busy. */
const SLOW_HOST = [/^hrtimer: interrupt took/, /^perf: interrupt took too long/, /^clocksource: /];
const HARMLESS = [...ANSWERS, ...SLOW_HOST];

/** The complaints in a log, numbers as N, each once. */
export function complaints(log: string): Set<string> {
  const records = log.split("\n").map((line) => RECORD.exec(line));
  const texts = records
    .filter((record) => record !== null && (Number(record[1]) & SEVERITY) <= WARNING)
    .map((record) => record![2]!)
    .filter((text) => !OUT_OF_TREE.includes(text))
    .filter((text) => !HARMLESS.some((pattern) => pattern.test(text)));
  return new Set(texts.map((text) => text.replaceAll(NUMBER, "N")));
}

/** A guest's complaints since it was booted. */
export async function guestComplaints(guest: Guest): Promise<Set<string>> {
  return complaints(await guest.check("dmesg -r"));
}

/** Complaints that the other log does not have. */
export function newComplaints(now: Set<string>, before: Set<string>): string[] {
  return [...now].filter((text) => !before.has(text));
}
