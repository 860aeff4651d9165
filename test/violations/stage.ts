// The stage of this folder's tests: a machine with an undisturbed apic-demo on CPU 3 and a rogue cell on CPU 2.
import { readFileSync } from "node:fs";
import { defineCell, encode, MiB } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import type { CellInfo, MachineOptions } from "../../control/api.ts";
import { type LocalSession, startSession } from "../../control/session.ts";

const IMAGE = readFileSync(new URL("../../inmates/demos/x86/apic-demo.bin", import.meta.url));
const COM2 = 0x2f8;
const MILLISECOND = 1e6;

/** Physical address of the rogue's RAM. */
export const ROGUE_RAM = 0x3ed00000;

/** The rogue's configuration: loaded and entered at 0, a page at 0x180000 that it may only read. */
export const rogueCell = defineCell({
  name: "rogue",
  flags: ["passive-commreg"],
  cpus: [2],
  memory: [
    {
      physical: ROGUE_RAM,
      virtual: 0,
      size: MiB(1),
      flags: ["read", "write", "execute", "loadable"],
    },
    { virtual: 0x100000, size: 0x1000, flags: ["read", "write", "comm-region"] },
    { physical: 0x3ec00000, virtual: 0x180000, size: 0x1000, flags: ["read"] },
    { physical: 0x3ec01000, virtual: 0x101000, size: 0x10, flags: ["read", "write", "io-32"] },
  ],
  ports: [{ base: COM2, length: 8 }],
  cpuResetAddress: 0,
});

/** A machine under the hypervisor. */
export async function openMachine(options: MachineOptions): Promise<LocalSession> {
  const session = await startSession(options);
  await session.enable(encode(qemuX86));
  return session;
}

/** A machine with apic-demo at work. Once that has locked itself, no cell can be created or destroyed. */
export async function openStage(options: MachineOptions): Promise<LocalSession> {
  const session = await openMachine(options);
  await session.createCell(encode(apicDemo));
  await session.loadCell("apic-demo", [{ data: IMAGE, address: 0xf0000n }]);
  await session.startCell("apic-demo");
  return session;
}

/** Creates and starts the rogue with an image; returns what the console says until the machine has run for a while. */
export async function play(session: LocalSession, image: Uint8Array): Promise<string> {
  await session.createCell(encode(rogueCell));
  await session.loadCell("rogue", [{ data: image, address: 0n }]);
  let text = "";
  const stop = await session.followConsole((piece) => {
    text += piece;
  });
  await session.startCell("rogue");
  await session.run(MILLISECOND);
  await stop();
  return text;
}

/** The cell with this name. */
export async function cellNamed(session: LocalSession, name: string): Promise<CellInfo> {
  const cell = (await session.cells()).find((candidate) => candidate.name === name);
  if (!cell) throw new Error(`there is no cell ${name}`);
  return cell;
}

/** How often apic-demo's timer fires in the next quarter of a second; about ten a second is right. */
export async function countTicks(session: LocalSession): Promise<number> {
  const ticks = async () => (await session.serial(0).text()).match(/Timer fired/g)?.length ?? 0;
  const before = await ticks();
  await session.run(250 * MILLISECOND);
  return (await ticks()) - before;
}
