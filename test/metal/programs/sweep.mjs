// Runs in the guest: node sweep.mjs CONFIGURATION IMAGE: lets a cell try every MSR (test/isolation/msr-sweep.asm), and waits for
// nothing: the host sees on COM2 when it is through.
import { readFileSync } from "node:fs";
import { LocalTarget } from "/jailhouse/dist/control/linux/local.js";
import { LinuxSession } from "/jailhouse/dist/control/linux/session.js";

const [config, image] = process.argv.slice(2).map((path) => readFileSync(path));
const session = new LinuxSession(new LocalTarget());
await session.createCell(config);
await session.loadCell("rogue", [{ data: image, address: 0n }]);
await session.startCell("rogue");
await session.close();
