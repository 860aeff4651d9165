// Builds inmates for the tests, where that is possible.
import { join } from "node:path";
import { buildInmate } from "../../tools/inmates/build.ts";
import { type Bits, missingPackages } from "../../tools/inmates/toolchain.ts";
import { ROOT } from "../../tools/root.ts";

const MISSING = missingPackages([64, 32]);

/** Whether inmates can be built here. In CI they have to be, so there the tests fail without the tools. */
export const CAN_BUILD = process.env.CI === "true" || MISSING.length === 0;

if (!CAN_BUILD) console.warn(`Skipped: building inmates needs the packages ${MISSING.join(" ")}.`);

/** Builds test/inmates/samples/<name>.as.ts. */
export function buildSample(name: string, bits: Bits): Uint8Array {
  const source = join(ROOT, "test/inmates/samples", `${name}.as.ts`);
  return buildInmate({ root: ROOT, source, bits });
}
