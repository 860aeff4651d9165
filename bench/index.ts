// `npm run bench [-- NAME … [--bed NAME --cpu NAME] [--picture FILE]]`: prints figures, as ratios between things measured in this run.
import { parseArgs } from "node:util";
import { UnknownMachine } from "../tools/metal/beds/index.ts";
import { MissingPackages } from "../tools/metal/packages.ts";
import { benchAmdV } from "./amd-v.ts";
import { benchAvailability } from "./availability.ts";
import { benchCommand } from "./command.ts";
import { benchCore } from "./core.ts";
import { benchFigures } from "./figures.ts";
import { benchInterpreter } from "./interpreter.ts";
import { benchJitter } from "./jitter.ts";
import { benchLinux } from "./linux.ts";
import { benchMetal } from "./metal.ts";

interface Options {
  readonly bed?: string;
  readonly cpu?: string;
  /** The file of a picture, as SVG. */
  readonly picture?: string;
}

const PARTS = new Map<string, (options: Options) => Promise<unknown>>([
  ["interpreter", benchInterpreter],
  ["amd-v", benchAmdV],
  ["core", () => benchCore()],
  ["command", benchCommand],
  ["availability", () => benchAvailability()],
  ["jitter", benchJitter],
  ["figures", benchFigures],
  ["linux", () => benchLinux()],
  ["metal", benchMetal],
]);
/** They take minutes and Debian packages: only when they are named. */
const ON_DEMAND = ["linux", "metal"];
/** They can draw what they measure. */
const PICTURED = ["jitter", "metal"];

/** What was asked for; ends the process where that is nothing. */
function readArguments() {
  try {
    const options = {
      bed: { type: "string" },
      cpu: { type: "string" },
      picture: { type: "string" },
    } as const;
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

const { positionals: names, values } = readArguments();
if ((values.bed || values.cpu) && !names.includes("metal")) {
  console.error("--bed and --cpu are for metal: npm run bench -- metal --bed bochs --cpu intel");
  process.exit(1);
}
if (values.picture && names.filter((name) => PICTURED.includes(name)).length !== 1) {
  console.error(
    `--picture is for one of ${PICTURED.join(", ")}: npm run bench -- ${PICTURED[0]} --picture jitter.svg`,
  );
  process.exit(1);
}
const unknown = names.filter((name) => !PARTS.has(name));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(", ")}. Known: ${[...PARTS.keys()].join(", ")}.`);
  process.exit(1);
}
for (const [name, part] of PARTS) {
  if (names.length > 0 ? !names.includes(name) : ON_DEMAND.includes(name)) continue;
  console.log(`\n${name}\n`);
  try {
    await part(values);
  } catch (error) {
    if (!(error instanceof UnknownMachine || error instanceof MissingPackages)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
