// What is played on each machine of the lab: the sessions of the metal tests, as far as a machine without Node can play them. One
// description for all beds.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commRegion, defineCell, encode, lowRam, uart } from "../../../config/index.ts";
import pcX86 from "../../../configs/x86/pc-x86.ts";
import type { Entry } from "../../../control/guest/cpio.ts";
import { moduleFor } from "../../../tools/metal/driver.ts";
import { buildGuestProgram } from "../../../tools/metal/guest-program.ts";
import { findKernel } from "../../../tools/metal/kernel.ts";
import { complaints, newComplaints } from "../../../tools/metal/kernel-log.ts";
import type { Ended } from "../../../tools/metal/protocol.ts";
import { ROOT } from "../../../tools/root.ts";
import { buildModule } from "../module.ts";
import { EFER, MSRS_DONE, MSRS_REFUSED, RESERVED_EFER, readMsrs } from "../msrs.ts";
import { buildProbe, probeCell, readProbe } from "../probe.ts";

const COM1 = 0;
const COM2 = 1;
const PROBE_ROUNDS = 2;
/** What the probe leaves in its CPUs (probe/main.c). */
const LEFT = /e75ec2e7/;
/** The same, and what the module leaves of Linux' (module/silicon.c). */
const SECRETS = /e75ec2e7|e711a7e7/;
/** What tells of time, of a CPU's name or of the last command. */
const OWN = /^(msr10|msr80[2d]|msr80[3]|msr8[23][08]|timer .*|khz .*)$/;

/** A guest on any bed. Ports are 0 for COM1 and 1 for COM2. */
export interface LabGuest {
  readonly cpus: number;
  /** Of the registers that the module try_msr tries, parts of the names of those that the processor has not. */
  readonly lacks: readonly string[];
  /** Whether the processor has INVLPGB. */
  readonly hasInvlpgb: boolean;
  run(command: string): Promise<Ended>;
  said(port: number): string;
  /** Until `pattern` is in what the port has said after `from` characters. */
  waitFor(port: number, pattern: RegExp, from: number): Promise<void>;
  /** Reports a corrected error in a CPU's bank by #MC; not on every bed. Returns whether there is such a bank. */
  machineCheck?(cpu: number): boolean;
}

export interface Scenario {
  readonly name: string;
  /** What the hypervisor and Linux are to complain of, beside nothing. */
  readonly expected?: RegExp;
  play(guest: LabGuest): Promise<void>;
}

/** All files that the scenarios use, for a machine with so many CPUs. */
export function filesFor(cpus: number, system: Uint8Array): Map<string, Entry> {
  const cell = (name: string, flags: readonly "passive-commreg"[]) => {
    const config = defineCell({
      ...{ name, cpus: [cpus - 1], flags: ["virtual-console-permitted", ...flags] },
      memory: [lowRam({ physical: 0x3ee00000 }), commRegion()],
      devices: [uart("COM2")],
      console: "COM2",
    });
    return { data: Buffer.from(encode(config)) };
  };
  const program = (name: string) => ({
    data: buildGuestProgram(`test/metal/programs/${name}.c`),
    mode: 0o755,
  });
  const inmate = (name: string) => ({
    data: readFileSync(join(ROOT, `inmates/demos/x86/${name}.bin`)),
  });
  const silicon = { sources: join(ROOT, "test/metal/module"), file: "silicon.ko" };
  return new Map<string, Entry>([
    ["bin/rounds", program("rounds")],
    ["bin/prison", program("prison")],
    ["lab/system.cell", { data: Buffer.from(system) }],
    ["lab/tiny.cell", cell("tiny", ["passive-commreg"])],
    ["lab/punctual.cell", cell("punctual", [])],
    ["lab/probe.cell", { data: Buffer.from(encode(probeCell(probeCpus(cpus)))) }],
    ["lab/probe.bin", { data: Buffer.from(buildProbe()) }],
    ["lab/tiny-demo.bin", inmate("tiny-demo")],
    ["lab/apic-demo.bin", inmate("apic-demo")],
    ["lab/silicon.ko", { data: readFileSync(moduleFor(findKernel(), silicon)) }],
    ["lab/try_msr.ko", { data: buildModule("try_msr") }],
    ["lab/invlpgb.ko", { data: buildModule("invlpgb") }],
  ]);
}

/** The PC's configuration with so many CPUs. */
export const systemWith = (cpus: number): Uint8Array =>
  encode({
    ...pcX86,
    rootCell: { ...pcX86.rootCell, cpus: Array.from({ length: cpus }, (_, cpu) => cpu) },
  });

/** CPUs of the probe's cell. */
const probeCpus = (cpus: number) => (cpus === 2 ? [1] : [2, 3]);

/** Throws unless it holds. */
function hold(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(what);
}

function same(found: unknown, wanted: unknown, what: string): void {
  const [one, two] = [JSON.stringify(found), JSON.stringify(wanted)];
  hold(one === two, `${what}: ${one}, not ${two}`);
}

/** As run, but it must succeed. */
async function check(guest: LabGuest, command: string): Promise<string> {
  const { status, out, err } = await guest.run(command);
  hold(status === 0, `"${command}" ended with ${status}: ${out}${err}`);
  return out;
}

const ENABLE = "prison enable /lab/system.cell";

/** Starts a cell and waits until it has said something. */
async function runCell(guest: LabGuest, name: string, image: string, said: RegExp): Promise<void> {
  const from = guest.said(COM2).length;
  const address = name === "probe" ? "0" : "0xf0000";
  await check(guest, `prison create /lab/${name}.cell`);
  await check(guest, `prison load ${name} /lab/${image}.bin ${address}`);
  await check(guest, `prison start ${name}`);
  await guest.waitFor(COM2, said, from);
}

const rounds: Scenario = {
  name: "rounds",
  async play(guest) {
    const enabled = await check(guest, "rounds 3 /lab/system.cell");
    const cells = await check(guest, "rounds 3 /lab/system.cell /lab/tiny.cell /lab/tiny-demo.bin");
    for (const out of [enabled, cells]) {
      const pools = out
        .trim()
        .split("\n")
        .map((line) => line.replace(/^\d+ /, ""));
      same(pools, Array(3).fill(pools[0]), "the pools of each round");
    }
  },
};

/** The article's: a punctual cell that refuses to go once, a small one. */
const session: Scenario = {
  name: "session",
  async play(guest) {
    await check(guest, ENABLE);
    await runCell(guest, "punctual", "apic-demo", /Timer fired/);
    const refused = await guest.run("prison destroy punctual");
    hold(refused.status === 1, "the punctual cell went at the first request");
    hold(/not permitted/i.test(refused.err), `it refused by ${refused.err}`);
    await check(guest, "prison destroy punctual");
    await runCell(guest, "tiny", "tiny-demo", /Hello from this tiny cell!/);
    await check(guest, "prison disable");
  },
};

/** What Linux does with registers that the processor has it can do above a hypervisor, and what nobody may it cannot. */
const msrs: Scenario = {
  name: "msrs",
  async play(guest) {
    await check(guest, ENABLE);
    await guest.run("dmesg -c >/dev/null; insmod /lab/try_msr.ko");
    const said = readMsrs(await check(guest, "dmesg -c"));
    const results = (names: readonly string[]) => names.map((name) => said.get(name)?.[0]);
    const isThere = (name: string) => !guest.lacks.some((word) => name.includes(word));
    const wanted = MSRS_DONE.map((name) => (isThere(name) ? "0" : "-5"));
    same(results(MSRS_DONE), wanted, "what Linux does");
    same(
      results(MSRS_REFUSED),
      MSRS_REFUSED.map(() => "-5"),
      "what is refused",
    );
    for (const { bit, word, feature } of EFER) {
      const [name, part] = word.split(" ");
      const text = said.get(name!)?.[part === "edx" ? 1 : 0];
      const isAnnounced = (Number.parseInt(text!, 16) >>> feature) & 1;
      // The module tries none that Linux has set.
      if (isAnnounced && !said.has(`efer-${bit}`)) continue;
      const wanted = isAnnounced ? ["0", "1"] : ["-5", "0"];
      same(said.get(`efer-${bit}`), wanted, `bit ${bit} of EFER`);
    }
    for (const bit of RESERVED_EFER)
      same(said.get(`efer-${bit}`), ["-5", "0"], `bit ${bit} of EFER`);
    await check(guest, "prison disable");
  },
};

/** As inherited.test.ts, for processors of which nobody has written down the start state. */
const inherited: Scenario = {
  name: "inherited",
  async play(guest) {
    await check(guest, ENABLE);
    await check(guest, "insmod /lab/silicon.ko");
    const from = guest.said(COM2).length;
    const cpus = probeCpus(guest.cpus).length;
    for (let round = 0; round < PROBE_ROUNDS; round++) {
      await runCell(guest, "probe", "probe", /soiled\r?\n/);
      await check(guest, "prison destroy probe");
    }
    const found = readProbe(guest.said(COM2).slice(from)).map((registers) =>
      [...registers]
        .filter(([name]) => !OWN.test(name))
        .map(([name, value]) => `${name}=${value.toString(16)}`),
    );
    same(found.length, PROBE_ROUNDS * cpus, "CPUs of the probe");
    for (const each of found) same(each, found[0], "a CPU's registers");
    const secrets = found.flat().filter((text) => SECRETS.test(text));
    same(secrets, [], "what others have left");
    const back = await check(guest, "dmesg");
    hold(/silicon: \d+ \S+ /.test(back), "the module tells nothing");
    hold(!LEFT.test(back.replace(/.*jailhouse.*/g, "")), "Linux finds what the cell has left");
    await check(guest, "rmmod silicon");
    await check(guest, "prison disable");
  },
};

const broadcast: Scenario = {
  name: "invlpgb",
  async play(guest) {
    await check(guest, ENABLE);
    await guest.run("dmesg -c >/dev/null; insmod /lab/invlpgb.ko");
    const said = await check(guest, "dmesg -c");
    const wanted = `jailhouse-invlpgb: ${guest.hasInvlpgb ? "done" : "none"}`;
    hold(said.includes(wanted), `INVLPGB: ${said}, not ${wanted}`);
    await check(guest, "prison disable");
  },
};

/** How many machine checks Linux has taken on each CPU. */
async function taken(guest: LabGuest): Promise<number[]> {
  const line = await check(guest, "grep MCE: /proc/interrupts");
  return (line.match(/\b\d+\b/g) ?? []).map(Number);
}

/** An error in a bank of a CPU of Linux', which takes it, and no other does. Returns whether there is such a bank. */
async function strike(guest: LabGuest, cpu: number): Promise<boolean> {
  const before = await taken(guest);
  if (!guest.machineCheck?.(cpu)) return false;
  const after = await taken(guest);
  const rises = after.map((count, index) => count - before[index]!);
  same(
    rises,
    Array.from({ length: guest.cpus }, (_, index) => (index === cpu ? 1 : 0)),
    "taken",
  );
  return true;
}

/**
 * Linux gets its own (sections 9.3 and 15.12). A cell's CPU stops with a report: that of a shutdown, since the cell has not set CR4.MCE.
 * Linux gets the next one on that CPU as well: none is in progress there.
 */
const machineChecks: Scenario = {
  name: "machine checks",
  expected: /mce: |Hardware Error|exitcode 7f/i,
  async play(guest) {
    await check(guest, ENABLE);
    if (!(await strike(guest, 0))) return void (await check(guest, "prison disable"));
    hold(!/FATAL/.test(guest.said(COM1)), "the hypervisor takes Linux' own for its own");
    await runCell(guest, "punctual", "apic-demo", /Timer fired/);
    const from = guest.said(COM1).length;
    guest.machineCheck?.(guest.cpus - 1);
    await guest.waitFor(COM1, /Parking CPU|Stopped CPU/, from);
    const { status } = await guest.run("prison destroy punctual");
    hold(status === 0, "the cell whose CPU has stopped cannot be destroyed");
    await strike(guest, guest.cpus - 1);
    await check(guest, "prison disable");
  },
};

export const SCENARIOS: readonly Scenario[] = [
  ...[rounds, session, msrs, inherited, broadcast],
  machineChecks,
];

/** To be run once after boot. */
export const LOAD = "insmod driver/jailhouse.ko";

/** Plays one; resolves to what was wrong, or undefined. Neither may Linux complain, nor may a CPU or the machine be lost. */
export async function playOne(scenario: Scenario, guest: LabGuest): Promise<string | undefined> {
  try {
    const before = complaints(await check(guest, "dmesg -r"));
    await scenario.play(guest);
    same(await check(guest, "cat /sys/devices/system/cpu/online"), `0-${guest.cpus - 1}\n`, "CPUs");
    const now = newComplaints(complaints(await check(guest, "dmesg -r")), before);
    const fatal = guest.said(COM1).match(/^FATAL.*$/gm) ?? [];
    const wrong = [...now, ...fatal].filter((line) => !scenario.expected?.test(line));
    return wrong.length > 0 ? wrong.join("; ") : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
