// npm run demo [-- --paced] [--record FILE]: `jailhouse demo`, for a clone.

import { parseArgs } from "node:util";
import { demo } from "./demo/index.ts";

const USAGE = `Usage: npm run demo [-- OPTIONS]
  --paced        in real time
  --record FILE  write what is shown as JSON lines of [seconds, text]
`;

function readOptions() {
  try {
    const options = { paced: { type: "boolean" }, record: { type: "string" } } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    process.exit(1);
  }
}

process.exitCode = await demo(readOptions());
