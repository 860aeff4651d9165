// `npm run bench [-- NAME …]`: prints figures, as ratios between things measured in this run.
import { benchAvailability } from "./availability.ts";
import { benchCommand } from "./command.ts";
import { benchCore } from "./core.ts";
import { benchFigures } from "./figures.ts";
import { benchInterpreter } from "./interpreter.ts";
import { benchMetal } from "./metal.ts";

const PARTS = new Map<string, () => Promise<unknown>>([
  ["interpreter", benchInterpreter],
  ["core", benchCore],
  ["command", benchCommand],
  ["availability", benchAvailability],
  ["figures", benchFigures],
  ["metal", benchMetal],
]);
/** Takes minutes and Debian packages: only when it is named. */
const ON_DEMAND = ["metal"];

const names = process.argv.slice(2);
const unknown = names.filter((name) => !PARTS.has(name));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(", ")}. Known: ${[...PARTS.keys()].join(", ")}.`);
  process.exit(1);
}
for (const [name, part] of PARTS) {
  if (names.length > 0 ? !names.includes(name) : ON_DEMAND.includes(name)) continue;
  console.log(`\n${name}\n`);
  await part();
}
