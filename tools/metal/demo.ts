// npm run metal:demo, npm run demo:linux: tools/demo/linux.ts, for a clone.

import { parseArgs } from "node:util";
import { linuxDemo } from "../demo/linux.ts";
import { bedNames, processorNames } from "./beds/index.ts";

const USAGE = `Usage: npm run metal:demo [-- OPTIONS]
  --bed NAME     the machine's emulator: ${bedNames()}; default: the first
  --cpu NAME     its processor: ${processorNames()}; default: the first of the bed's
  --config FILE  play it on this system configuration of the guest, which config create may have made; default: the shipped one
  --make-artifacts DIR
                 make what the guest is started with, and end; --artifacts takes it on a computer without Debian's packages
  --artifacts DIR
                 start the guest with that: Node is all that is needed on bed pc
  --record FILE  write what is shown as JSON lines of [seconds, text]
`;

function readOptions() {
  try {
    return parseArgs({
      options: {
        bed: { type: "string" },
        cpu: { type: "string" },
        config: { type: "string" },
        artifacts: { type: "string" },
        "make-artifacts": { type: "string" },
        record: { type: "string" },
      } as const,
    }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}`);
    process.exit(1);
  }
}

const { "make-artifacts": makeArtifacts, ...values } = readOptions();
process.exitCode = await linuxDemo({ ...values, makeArtifacts });
