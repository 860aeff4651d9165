// A daemon process whose machine is the test double (JAILHOUSE_DAEMON in tests of the command).

import { runDaemonProcess } from "../daemon-process.ts";
import { FakeSession } from "./fake-session.ts";

runDaemonProcess({
  startMachine: async (options) => new FakeSession(options),
  coreImage: () => Buffer.from("core"),
});
