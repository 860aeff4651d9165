// `npm run check`: runs every check, lists all failures, and exits with 1 if there is one.
import type { Check, Findings } from "./check.ts";
import { citations } from "./citations.ts";
import {
  agent,
  configs,
  driver,
  inmates,
  instructions,
  manPages,
  pictures,
  reference,
  sdk,
} from "./generated.ts";
import { arm64Image, metalImage } from "./image.ts";
import { imports } from "./imports.ts";
import { links } from "./links.ts";
import { neutral } from "./neutral.ts";
import { fileSizes, hypervisorSize } from "./sizes.ts";
import { assemblyScript, format, typeScript } from "./tools.ts";
import { translatable } from "./translatable.ts";
import { versions } from "./versions.ts";
import { waist } from "./waist.ts";
import { words } from "./words.ts";

const CHECKS: readonly Check[] = [
  format,
  typeScript,
  assemblyScript,
  imports,
  waist,
  neutral,
  translatable,
  metalImage,
  arm64Image,
  links,
  citations,
  configs,
  inmates,
  instructions,
  pictures,
  agent,
  driver,
  sdk,
  reference,
  manPages,
  versions,
  fileSizes,
  hypervisorSize,
  words,
];

/** In CI nothing may be skipped. */
const CI = process.env.CI === "true";

/** What a check found; whatever it throws is a failure of it. */
async function attempt(check: Check): Promise<Findings> {
  try {
    const findings = await check.run();
    if (findings.skipped !== undefined && CI)
      return { failures: [`skipped, which is not allowed in CI: ${findings.skipped}`] };
    return findings;
  } catch (error) {
    return { failures: [String(error)] };
  }
}

/** Several lines under the name of a check. */
function indent(text: string): string {
  return text.replace(/^/gm, "    ");
}

function report({ name }: Check, { failures, warnings = [], note, skipped }: Findings): void {
  const mark = failures.length > 0 ? "✗" : skipped === undefined ? "✓" : "-";
  const remark = skipped === undefined ? note : `skipped: ${skipped}`;
  console.log(`${mark} ${name}${remark === undefined ? "" : ` (${remark})`}`);
  for (const failure of failures) console.log(indent(failure));
  for (const warning of warnings) console.log(indent(`warning: ${warning}`));
}

let failed = 0;
let skipped = 0;
for (const check of CHECKS) {
  const findings = await attempt(check);
  report(check, findings);
  if (findings.failures.length > 0) failed++;
  else if (findings.skipped !== undefined) skipped++;
}
const passed = CHECKS.length - failed - skipped;
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed > 0 ? 1 : 0;
