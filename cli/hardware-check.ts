// jailhouse hardware check: what the metal platform needs of a Linux machine, found or missing, and what follows. Exit
// status 0 when all that is essential is there, 2 when something is missing, 1 when something could not be looked at.

import { hanging, wrap } from "../config/columns.ts";
import type { Target } from "../control/linux/target.ts";
import { type CommonOptions, givenTarget, openTarget } from "./context.ts";
import { attempt, ExitStatus, UsageError } from "./failure.ts";
import { AMD, isAmd } from "./hardware-amd.ts";
import { Facts } from "./hardware-facts.ts";
import { INTEL } from "./hardware-intel.ts";
import { type Found, type Maker, type Need, needsOf } from "./hardware-needs.ts";
import type { Io } from "./io.ts";
import { text } from "./table.ts";

const FAILED = 2;
const SKIPPED = 1;
const NAME_WIDTH = 32;
/** Columns that the heading takes. */
const HEADING_WIDTH = 50;
const ROOT = "run this as root";

const LIVE = "/";
/** Everything that is looked at. */
const FILES: readonly string[] = [
  ...["/proc/cpuinfo", "/proc/cmdline", "/proc/modules", "/proc/interrupts"],
  ...["/proc/sys/kernel/osrelease", "/sys/kernel/security/lockdown", "/sys/module/"],
  ...["/sys/class/", "/sys/class/iommu/", "/sys/class/tty/", "/sys/class/tty/*/type"],
  "/sys/firmware/acpi/tables/",
];

/** Whose virtualisation the processor has, if any: all makers but AMD and Hygon have Intel's. */
const makerOf = (facts: Facts): Maker => (isAmd(facts) ? AMD : INTEL);

function result(found: Found, isOptional: boolean): string {
  if (found === undefined) return "cannot be told";
  if (found) return found === "unused" ? "unused" : "ok";
  return isOptional ? "missing (optional)" : "MISSING";
}

/** What follows, or what makes it possible to tell. */
function why({ consequence, remedy = ROOT }: Need, found: Found, facts: Facts): string {
  if (found === true) return "";
  if (found === undefined) return `: ${remedy}`;
  return `: ${typeof consequence === "string" ? consequence : consequence(facts)}`;
}

export interface HardwareOptions extends Pick<CommonOptions, "target"> {
  readonly root: string;
}

/** What a machine says of itself. */
export const factsOf = (target: Pick<Target, "gather" | "readMsr">): Promise<Facts> =>
  Facts.of(target, FILES, (facts) => makerOf(facts).msrs);

/** The same of the target, or this machine, or what lies below `root`. */
async function gatherFacts(io: Io, { root, ...options }: HardwareOptions): Promise<Facts> {
  if (root !== LIVE && options.target !== undefined)
    throw new UsageError("--root and --target exclude each other");
  const isRemote = root === LIVE && givenTarget(io, options) !== undefined;
  const here = { ...io, host: { ...io.host, root } };
  const target = await openTarget(isRemote ? io : { ...here, env: {} }, isRemote ? options : {});
  try {
    return await attempt("looking at the hardware", factsOf(target));
  } finally {
    await target.close();
  }
}

/** Looks at a machine and prints what it has. */
export async function checkHardware(io: Io, options: HardwareOptions): Promise<void> {
  showHardware(io, await gatherFacts(io, options));
}

/** Prints what a machine has. Throws ExitStatus where that is not all. */
export function showHardware(io: Pick<Io, "out" | "columns">, facts: Facts): void {
  const isNarrow = io.columns !== undefined && io.columns < HEADING_WIDTH;
  if (!isNarrow) {
    io.out("Feature                         Availability\n");
    io.out("------------------------------  ------------------\n");
  }
  let [isMissing, isSkipped] = [false, false];
  for (const need of needsOf(makerOf(facts))) {
    const { name, isOptional = false } = need;
    const found = need.look(facts);
    const answer = `${result(found, isOptional)}${why(need, found, facts)}`;
    io.out(text(hanging(name, answer, NAME_WIDTH, io.columns)));
    if (!isOptional && found === false) isMissing = true;
    if (!isOptional && found === undefined) isSkipped = true;
  }
  io.out(`\nCheck ${isMissing ? "FAILED" : "passed"}!\n`);
  if (isSkipped) io.out(text(wrap("BUT: Some essential checks had to be skipped!", io.columns)));
  if (isMissing) throw new ExitStatus(FAILED);
  if (isSkipped) throw new ExitStatus(SKIPPED);
}
