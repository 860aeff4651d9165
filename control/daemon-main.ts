// The daemon process of a machine that is the emulated PC (control/launch.ts starts it).

import { readFileSync } from "node:fs";
import { runDaemonProcess } from "./daemon-process.ts";
import { modulePath } from "./modules.ts";

runDaemonProcess({
  startMachine: async (options) => (await import("./session.ts")).startSession(options),
  coreImage: () => readFileSync(modulePath("hypervisor")),
});
