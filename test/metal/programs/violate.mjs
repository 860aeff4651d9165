// Runs in the guest: node violate.mjs VIOLATION...: lets rogue-demo commit each violation beside apic-demo. Prints a JSON array
// with, for each, the cells a moment later, what the hypervisor's console said since, and whether apic-demo went on after it.
// node violate.mjs --keep VIOLATION leaves both cells running; node violate.mjs --clear destroys them.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { LocalTarget } from "/jailhouse/dist/control/linux/local.js";
import { LinuxSession } from "/jailhouse/dist/control/linux/session.js";

const MOMENT = 500;
/** Moments until something counts as lost, on however busy a host. */
const PATIENCE = 2400;
/** The last line about the violation: the record of what its CPU was parked for, or what it is only told. */
const REPORT = /^(Denial: |WARNING: CPU |CPU \d+: Unknown hypercall).*\n/m;
const read = (path) => readFileSync(`/jailhouse/${path}`);
const session = new LinuxSession(new LocalTarget());
const image = (name) => ({
  data: read(`inmates/demos/x86/${name}-demo.bin`),
  address: 0xf0000n,
});

const exitsOf = async (cell) => (await session.statistics(cell)).total.total;

/** Whether a cell's timer goes on: each tick costs exits. */
async function ticks(cell) {
  const before = await exitsOf(cell);
  for (let tries = 0; tries < PATIENCE; tries++) {
    await sleep(MOMENT);
    if ((await exitsOf(cell)) > before) return true;
  }
  return false;
}

async function violate(violation) {
  let console = "";
  const { stop } = await session.attachConsole((text) => {
    console += text;
  });
  await session.createCell(read("configs/rogue-demo.cell"));
  await session.createCell(read("configs/apic-demo.cell"));
  const line = Buffer.from(`violation=${violation}\0`);
  await session.loadCell("apic-demo", [image("apic")]);
  await session.loadCell("rogue-demo", [image("rogue"), { data: line, address: 0x1000n }]);
  await session.startCell("apic-demo");
  await session.startCell("rogue-demo");
  for (let tries = 0; !REPORT.test(console) && tries < PATIENCE; tries++) await sleep(MOMENT);
  await sleep(MOMENT);
  const { cells } = await session.status();
  const goesOn = await ticks("apic-demo");
  stop();
  return { violation, cells, console, goesOn };
}

async function clear() {
  await session.destroyCell("apic-demo").catch(() => {});
  await session.destroyCell("apic-demo");
  await session.destroyCell("rogue-demo");
}

const [first, ...others] = process.argv.slice(2);
const results = [];
if (first === "--clear") await clear();
else if (first === "--keep") results.push(await violate(others[0]));
else
  for (const violation of [first, ...others]) {
    results.push(await violate(violation));
    await clear();
  }
await session.close();
process.stdout.write(JSON.stringify(results));
