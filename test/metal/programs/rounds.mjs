// Runs in the guest: node rounds.mjs enable|cells COUNT. Enables and disables, or creates, loads, starts and destroys a cell,
// that often, in one process. Prints a JSON array with the pools' counters after each round.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalTarget } from "/jailhouse/dist/control/linux/local.js";
import { LinuxSession } from "/jailhouse/dist/control/linux/session.js";

/** Milliseconds in which a cell says something. */
const MOMENT = 50;

const [, , what, count] = process.argv;
const session = new LinuxSession(new LocalTarget());
const system = readFileSync("/jailhouse/configs/qemu-x86.cell");
const cell = readFileSync("/jailhouse/configs/tiny-demo.cell");
const data = readFileSync("/jailhouse/inmates/demos/x86/32-bit-demo.bin");
const pools = [];

const ROUNDS = {
  async enable() {
    await session.enable(system);
    pools.push((await session.status()).pools);
    await session.disable();
  },
  async cells() {
    await session.createCell(cell);
    await session.loadCell("tiny-demo", [{ data, address: 0xf0000n }]);
    await session.startCell("tiny-demo");
    await sleep(MOMENT);
    await session.destroyCell("tiny-demo");
    pools.push((await session.status()).pools);
  },
};

for (let round = 0; round < Number(count); round++) await ROUNDS[what]();
await session.close();
console.log(JSON.stringify(pools));
