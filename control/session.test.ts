// The in-process session beyond what the scenarios show: snapshots, and why an `enable` was refused.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  CONSOLE_TYPE,
  CONSOLE_TYPE_NONE,
  SYS_DEBUG_CONSOLE,
  SYS_HYPERVISOR_MEMORY,
} from "../abi/config.ts";
import { encode } from "../config/index.ts";
import apicDemo from "../configs/x86/apic-demo.ts";
import qemuX86 from "../configs/x86/qemu-x86.ts";
import { startSession } from "./session.ts";

const IMAGE = readFileSync(new URL("../inmates/demos/x86/apic-demo.bin", import.meta.url));
const MILLISECOND = 1e6;
const SMALL = 64 << 20;

async function startDemo() {
  const session = await startSession();
  await session.enable(encode(qemuX86));
  await session.createCell(encode(apicDemo));
  await session.loadCell("apic-demo", [{ data: IMAGE, address: 0xf0000n }]);
  await session.startCell("apic-demo");
  await session.serial(0).waitFor("Timer fired");
  return session;
}

test("a session goes on from a snapshot as it went on before, also in another process' place", async () => {
  const session = await startDemo();
  const snapshot = await session.snapshot();
  const play = async (player: typeof session) => {
    await player.run(120 * MILLISECOND);
    await expect(player.destroyCell("apic-demo")).rejects.toMatchObject({ code: "EPERM" });
    return { print: await player.fingerprint(), text: await player.serial(0).text() };
  };
  const first = await play(session);
  await session.destroyCell("apic-demo");
  await session.disable();

  await session.restore(snapshot);
  expect(await play(session)).toEqual(first);
  const other = await startSession();
  await other.restore(snapshot);
  expect(await play(other)).toEqual(first);
  await other.destroyCell("apic-demo");
  await other.disable();
});

test("a snapshot of another machine is refused and changes nothing", async () => {
  // Small ones: what is never touched of a large one is looked at as well.
  const snapshot = await (await startSession({ cpus: 2, memory: SMALL })).snapshot();
  const session = await startSession({ memory: SMALL });
  const before = await session.fingerprint();
  await expect(session.restore(snapshot)).rejects.toMatchObject({ code: "EINVAL" });
  expect(await session.fingerprint()).toBe(before);
});

test("a machine's seed is 0 unless said, is part of what a snapshot fits, and is a non-negative integer", async () => {
  const session = await startSession({ memory: SMALL, seed: 7 });
  expect(session.machine.pc.options.seed).toBe(7);
  const snapshot = await session.snapshot();
  const other = await startSession({ memory: SMALL });
  expect(other.machine.pc.options.seed).toBe(0);
  await expect(other.restore(snapshot)).rejects.toMatchObject({ code: "EINVAL" });
  for (const seed of [-1, 1.5])
    await expect(startSession({ seed })).rejects.toMatchObject({ code: "EINVAL" });
});

test("a refused enable says why in the hypervisor's words, and leaves the machine as it was", async () => {
  const session = await startSession();
  const before = await session.fingerprint();
  const config = encode(qemuX86).slice();
  const view = new DataView(config.buffer);
  // Hypervisor memory inside the root cell's RAM; no console, so that nothing is sent to COM1 either.
  view.setBigUint64(SYS_HYPERVISOR_MEMORY, 0x1000000n, true);
  view.setUint16(SYS_DEBUG_CONSOLE + CONSOLE_TYPE, CONSOLE_TYPE_NONE, true);
  await expect(session.enable(config)).rejects.toMatchObject({
    code: "EINVAL",
    hint: expect.stringMatching(/^Refused: /),
  });
  expect(await session.fingerprint()).toBe(before);
  expect(await session.consoleText()).toBe("");
});

test("bytes after the end of a configuration are nobody's concern, as with the original", async () => {
  const padded = (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.alloc(64, 0xff)]);
  const session = await startSession();
  await session.enable(padded(encode(qemuX86)));
  await session.createCell(padded(encode(apicDemo)));
  expect((await session.status()).cells.map(({ name }) => name)).toEqual(["QEMU-VM", "apic-demo"]);
});

test("the console has the last words after disable, each follower has them once, and a new one begins anew", async () => {
  const session = await startSession();
  const followed: string[] = [];
  await session.enable(encode(qemuX86));
  await session.followConsole((text) => followed.push(text));
  await session.disable();
  const last = await session.consoleText();
  expect(last).toContain("Shutting down hypervisor");
  expect(last).toContain("Releasing CPU 3");
  await session.run(MILLISECOND);
  await expect(session.disable()).rejects.toThrow();
  expect(followed.join("")).toBe(last.slice(last.indexOf("Shutting down")));
  followed.length = 0;
  await session.enable(encode(qemuX86));
  expect(followed.join("")).toBe(await session.consoleText());
  expect(followed.join("")).toMatch(/^\s*Initializing Jailhouse hypervisor/);
});

test("without a readable console there are no last words either", async () => {
  const session = await startSession();
  await session.enable(encode({ ...qemuX86, flags: 0 }));
  await session.disable();
  expect(await session.consoleText()).toBe("");
});

test("a CPU that another cell has is refused with its owner's name", async () => {
  const session = await startSession();
  await session.enable(encode(qemuX86));
  await session.createCell(encode(apicDemo));
  const [cpu] = apicDemo.cpus;
  const other = encode({ ...apicDemo, name: "other" });
  await expect(session.createCell(other)).rejects.toMatchObject({
    code: "EBUSY",
    hint: expect.stringContaining(`${cpu} (cell "apic-demo" has it)`),
  });
});
