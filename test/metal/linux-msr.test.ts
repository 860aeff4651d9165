// MSRs under a real Linux: what a cell may use costs no exit and the rest is refused, as the lists say; Linux can do what it does
// on an AMD processor of the last years; and what it must not do raises #GP and never stops a CPU.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encode } from "../../config/index.ts";
import { PATIENCE } from "../../tools/metal/capture.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { compareSweep, readSweep, SWEEP } from "../isolation/msr-sweep.ts";
import { rogueCell } from "../violations/stage.ts";
import { describeLinux } from "./linux.ts";
import { buildModule } from "./module.ts";
import { EFER, MSRS_DONE, MSRS_REFUSED, RESERVED_EFER, readMsrs } from "./msrs.ts";

const PROGRAM = readFileSync(new URL("programs/sweep.mjs", import.meta.url));
/** SVM's permission map has three ranges (AMD64 manual, volume 2, section 15.11). */
const isMapped = (msr: number) => msr < 0x2000 || (msr >>> 0 >= 0xc0000000 && (msr & 0xe000) === 0);

/** What `explain` then knows: each register once. */
const RECORDED = ["0x1b", "0x200", "0x277", "0x10", "0xc0010050", "0xc0010058", "0xc0010132"];

describeLinux("MSRs under a real Linux", () => {
  let guest: Guest;
  beforeAll(async () => {
    const extra = new Map([
      ["try_msr.ko", { data: buildModule("try_msr") }],
      ["jailhouse/sweep.mjs", { data: PROGRAM }],
      ["jailhouse/sweep.cell", { data: Buffer.from(encode(rogueCell)) }],
      ["jailhouse/sweep.bin", { data: Buffer.from(SWEEP) }],
    ]);
    guest = await Guest.boot({ jailhouse: true, extra });
    await guest.check("insmod driver/jailhouse.ko");
    await guest.check("jailhouse enable configs/qemu-x86.cell");
  });
  afterAll(() => guest?.close());

  /** What the module said, by the name of the access. */
  async function tryMsrs(): Promise<Map<string, readonly [string, string]>> {
    // It does its work and refuses to stay.
    const { err } = await guest.run("dmesg -c >/dev/null; insmod /try_msr.ko");
    expect(err).toContain("temporarily unavailable");
    return readMsrs(await guest.check("dmesg -c"));
  }

  test("Linux can do what it does on silicon, and nothing that reaches beyond it", async () => {
    const said = await tryMsrs();
    const results = (names: readonly string[]) => names.map((name) => [name, said.get(name)?.[0]]);
    expect(results(MSRS_DONE)).toEqual(MSRS_DONE.map((name) => [name, "0"]));
    expect(results(MSRS_REFUSED)).toEqual(MSRS_REFUSED.map((name) => [name, "-5"]));
    expect(said.get("read-hsave")?.[1]).toBe("0");
    const text = await guest.check("jailhouse explain");
    for (const msr of RECORDED)
      expect(text.match(new RegExp(`to MSR ${msr}\\b`, "g")), msr).toHaveLength(1);
    expect(guest.com1.text).not.toContain("Parking CPU");
  });

  test("EFER takes what CPUID announces, and nothing else", async () => {
    const said = await tryMsrs();
    const words = new Map([
      ["cpuid-1 ecx", said.get("cpuid-1")?.[0]],
      ["cpuid-1 edx", said.get("cpuid-1")?.[1]],
      ["cpuid-8", said.get("cpuid-8")?.[0]],
      ["cpuid-21", said.get("cpuid-21")?.[0]],
    ]);
    for (const { bit, word, feature } of EFER) {
      const isAnnounced = (Number.parseInt(words.get(word)!, 16) >>> feature) & 1;
      expect(said.get(`efer-${bit}`), `bit ${bit}`).toEqual(isAnnounced ? ["0", "1"] : ["-5", "0"]);
    }
    for (const bit of RESERVED_EFER)
      expect(said.get(`efer-${bit}`), `bit ${bit}`).toEqual(["-5", "0"]);
  });

  test("a cell has the MSRs of the lists, without an exit where the map has them", async () => {
    const start = guest.com2.text.length;
    await guest.check("node sweep.mjs sweep.cell sweep.bin");
    await guest.com2.waitFor(/!/, PATIENCE, start);
    const outcomes = readSweep(guest.com2.text.slice(start));
    const { faults, free } = compareSweep(outcomes, { vendor: "amd", isMapped });
    expect(faults).toEqual([]);
    expect(free).toBe(84);
    await guest.check("jailhouse cell destroy rogue");
  });
});
