// A cell with two CPUs: the first starts the second, they interrupt each other, and they fail one by one.
import { afterEach, describe, expect, test } from "vitest";
import { defineCell, encode, MiB } from "../../config/index.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import { type LocalSession, startSession } from "../../control/session.ts";
import { smp } from "./programs.ts";
import { cellNamed, ROGUE_RAM } from "./stage.ts";

const COM2 = 0x2f8;
const STARTED = "Ss";
const EXCHANGED = "aaa!";
const SECOND = 1e9;

const pair = defineCell({
  name: "pair",
  flags: ["passive-commreg"],
  cpus: [2, 3],
  memory: [
    {
      physical: ROGUE_RAM,
      virtual: 0,
      size: MiB(1),
      flags: ["read", "write", "execute", "loadable"],
    },
    { virtual: 0x100000, size: 0x1000, flags: ["read", "write", "comm-region"] },
  ],
  ports: [{ base: COM2, length: 8 }],
  cpuResetAddress: 0x1000,
});

let session: LocalSession;
let heard = "";

async function open(options: Parameters<typeof startSession>[0]): Promise<void> {
  heard = "";
  session = await startSession(options);
  await session.enable(encode(qemuX86));
  await session.createCell(encode(pair));
  await session.loadCell("pair", [{ data: smp(), address: 0n }]);
  await session.followConsole((text) => {
    heard += text;
  });
  await session.startCell("pair");
  await session.serial(1).waitFor(STARTED + EXCHANGED, SECOND);
}

/** Sends a command to the primary and waits until it answers another one: then it has obeyed the first. */
async function command(letter: string): Promise<string> {
  const before = (await session.serial(1).text()).length;
  await session.serial(1).write(`${letter}.`);
  await session.serial(1).waitFor(new RegExp(`^[^]{${before}}[^.]*\\.`), SECOND);
  return (await session.serial(1).text()).slice(before);
}

afterEach(() => session.close());

describe.each([
  { name: "x2APIC", options: {} },
  { name: "xAPIC", options: { cpu: "amd,x2apic=off" } },
  { name: "Intel, xAPIC", options: { cpu: "intel,x2apic=off" } },
])("$name", ({ options }) => {
  test("the primary starts the other CPU, and they interrupt each other", async () => {
    await open(options);
    expect(heard.split("\n")).toContain("CPU 3 received SIPI, vector 2");
    expect(await command("p")).toBe("a.");
    expect(await command("i")).toMatch(/^(is|si)\.|^i\.$/);
    expect(await command("p")).toMatch(/a\.$/);
    expect(await cellNamed(session, "pair")).toMatchObject({ state: "running", cpusFailed: [] });
  });

  test("the cell goes on without one CPU and fails with the last", async () => {
    await open(options);
    expect(await command("f")).toBe(".");
    expect(await cellNamed(session, "pair")).toMatchObject({ state: "running", cpusFailed: [3] });
    expect(heard).toContain('Parking CPU 3 (Cell: "pair")');

    // Its own cell cannot bring a failed CPU back.
    const before = heard;
    expect(await command("i")).toBe("i.");
    await session.run(SECOND / 1000);
    expect(heard).toBe(before);
    expect(await cellNamed(session, "pair")).toMatchObject({ state: "running", cpusFailed: [3] });

    await session.serial(1).write("x");
    await session.run(SECOND / 1000);
    expect(await cellNamed(session, "pair")).toMatchObject({ state: "failed", cpusFailed: [2, 3] });

    await session.loadCell("pair", [{ data: smp(), address: 0n }]);
    await session.startCell("pair");
    await session.serial(1).waitFor(new RegExp(`(${STARTED}${EXCHANGED}[^]*){2}`), SECOND);
    expect(await cellNamed(session, "pair")).toMatchObject({ state: "running", cpusFailed: [] });
  });

  test("both CPUs go back to the root cell, wherever they were", async () => {
    await open(options);
    await command("f");
    await session.destroyCell("pair");
    expect((await session.cells())[0]?.cpusAssigned).toEqual([0, 1, 2, 3]);
    expect((await session.status()).offline).toEqual([]);
    await session.disable();
  });
});
