// Plays the lab on rows of its table: Linux is booted once a row, and put back to after its boot for each scenario.
import { PC } from "../../../tools/metal/beds/pc/index.ts";
import { type GuestImage, makeGuestImage } from "../../../tools/metal/guest-image.ts";
import { PcGuest } from "../pc-guest.ts";
import { machineOf, type Row } from "./rows.ts";
import { filesFor, type LabGuest, LOAD, playOne, SCENARIOS, systemWith } from "./scenarios.ts";

const SERIAL_PORTS = [0, 1] as const;

/** Registers of try_msr that the PC's processor never has, and those that go with banks of machine checks. */
const LACKING = ["pqr", "ls-cfg", "breakpoint", "perf-global", "cppc", "ibs"];
const OF_BANKS = ["smca", "write-mca"];

/** An error in instruction fetch: valid and enabled, with an address; nothing is lost. */
const BANK = 1;
const CORRECTED = 0x9400000000000000n;
const CACHE_LINE = 0x1000n;

function asLabGuest(guest: PcGuest, cpus: number, cpu: string): LabGuest {
  return {
    cpus,
    lacks: cpu.includes("smca=on") ? LACKING : [...LACKING, ...OF_BANKS],
    hasInvlpgb: cpu.includes("invlpgb=on"),
    run: async (command) => guest.run(command),
    said: (port) => guest.text(SERIAL_PORTS[port]!),
    machineCheck: (index) =>
      guest.pc.exports.machineCheck(index, BANK, CORRECTED, CACHE_LINE) !== 0,
    waitFor: async (port, pattern, from) => guest.waitFor(port, pattern, from),
  };
}

/** Plays all scenarios on one row; prints what passed, resolves to what did not. */
async function playRow(image: GuestImage, row: Row, cpus: number, cpu: string): Promise<string[]> {
  const guest = new PcGuest(image, cpu, cpus);
  try {
    guest.check(LOAD);
    const start = guest.save();
    const wrong: string[] = [];
    for (const scenario of SCENARIOS) {
      guest.restore(start);
      const why = await playOne(scenario, asLabGuest(guest, cpus, cpu));
      if (why !== undefined) wrong.push(`${row.join(" ")}: ${scenario.name}: ${why}`);
      console.log(`${cpus} CPUs, ${cpu}: ${scenario.name} ${why === undefined ? "passed" : why}`);
    }
    return wrong;
  } finally {
    guest.close();
  }
}

/** Plays the lab on the project's PC. Resolves to what was wrong. */
export async function playLab(rows: readonly Row[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const row of rows) {
    const { cpu, cpus } = machineOf(row);
    const extra = filesFor(cpus, systemWith(cpus));
    const { image, remove } = await makeGuestImage(PC, { jailhouse: true, extra });
    try {
      wrong.push(...(await playRow(image, row, cpus, cpu)));
    } catch (error) {
      wrong.push(`${row.join(" ")}: ${(error as Error).message}`);
    } finally {
      remove();
    }
  }
  return wrong;
}
