// Every refusal of the driver (ABI section 7) over the real command and the real hypervisor: exact text, exit status 1, a
// reason, and nothing changed.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  CELL_CPU_SET_SIZE,
  CELL_HEADER_SIZE,
  CELL_NAME,
  CONFIG_ARCHITECTURE,
  CONFIG_REVISION_OFFSET,
  SYS_HEADER_SIZE,
} from "../../abi/config.ts";
import { Surroundings } from "../../cli/testing/surroundings.ts";
import { startSession } from "../../control/session.ts";
import { ROOT } from "../../tools/root.ts";

const ARM = 1;
const OLD_REVISION = 13;

let world: Surroundings;

/** Writes a shipped configuration, changed, into the working directory. */
function variant(name: string, of: string, change: (bytes: Buffer) => Buffer | undefined): void {
  const bytes = readFileSync(join(ROOT, "configs", `${of}.cell`));
  writeFileSync(join(world.directory, name), change(bytes) ?? bytes);
}

/** Sets bytes; the result of a `variant`'s change. */
const poke =
  (offset: number, ...values: number[]) =>
  (bytes: Buffer) => {
    bytes.set(values, offset);
    return undefined;
  };
const named = (name: string) => poke(CELL_NAME, ...Buffer.from(`${name}\0`));

function writeConfigurations(): void {
  const system = (name: string, change: (bytes: Buffer) => Buffer | undefined) =>
    variant(name, "qemu-x86", change);
  system("system.cell", () => undefined);
  system("signature.cell", poke(0, 0x58));
  system("architecture.cell", poke(CONFIG_ARCHITECTURE, ARM));
  system("revision.cell", poke(CONFIG_REVISION_OFFSET, OLD_REVISION));
  system("short.cell", (bytes) => bytes.subarray(0, SYS_HEADER_SIZE - 1));
  system("cut.cell", (bytes) => bytes.subarray(0, bytes.length - 1));
  system("cpus.cell", poke(SYS_HEADER_SIZE + CELL_HEADER_SIZE, 0x1f));
  const cell = (name: string, change: (bytes: Buffer) => Buffer | undefined) =>
    variant(name, "tiny-demo", change);
  cell("tiny.cell", () => undefined);
  cell("other.cell", named("other"));
  cell("cell-signature.cell", poke(0, 0x58));
  cell("cell-architecture.cell", poke(CONFIG_ARCHITECTURE, ARM));
  cell("cell-revision.cell", poke(CONFIG_REVISION_OFFSET, OLD_REVISION));
  cell("cell-short.cell", (bytes) => bytes.subarray(0, CELL_HEADER_SIZE - 1));
  cell("cell-cut.cell", (bytes) => bytes.subarray(0, bytes.length - 1));
  cell("cell-cpu0.cell", poke(CELL_HEADER_SIZE, 1));
  cell("cell-cpu9.cell", poke(CELL_HEADER_SIZE + 1, 2));
  cell("cell-nothing.cell", poke(CELL_HEADER_SIZE, 0));
  cell("cell-big.cell", (bytes) => {
    bytes.writeUInt32LE(0x20000, CELL_CPU_SET_SIZE);
    return Buffer.concat([bytes, Buffer.alloc(0x20000)]);
  });
  variant("apic.cell", "apic-demo", () => undefined);
  writeFileSync(join(world.directory, "image.bin"), "image");
  for (const name of ["apic-demo", "tiny-demo"]) {
    const image = readFileSync(join(ROOT, "inmates/demos/x86", `${name}.bin`));
    writeFileSync(join(world.directory, `${name}.bin`), image);
  }
}

beforeEach(async () => {
  world = new Surroundings();
  writeConfigurations();
});
afterEach(() => world.close());

const ON = ["enable system.cell"];
const TINY = [...ON, "cell create tiny.cell"];
const LOCKED = [
  ...ON,
  "cell create apic.cell",
  "cell load apic-demo apic-demo.bin -a 0xf0000",
  "cell start apic-demo",
];
const ENABLE = "JAILHOUSE_ENABLE";
const CREATE = "JAILHOUSE_CELL_CREATE";
const LOAD = "JAILHOUSE_CELL_LOAD";
const INVALID = "Invalid argument";
const BUSY = "Device or resource busy";
const DENIED = "Operation not permitted";
const MISSING = "No such file or directory";

test.each<[string, string, readonly string[]]>([
  ["enable system.cell", `${ENABLE}: ${BUSY}`, ON],
  ["enable signature.cell", `${ENABLE}: ${INVALID}`, []],
  ["enable architecture.cell", `${ENABLE}: ${INVALID}`, []],
  ["enable revision.cell", `${ENABLE}: ${INVALID}`, []],
  ["enable short.cell", `${ENABLE}: ${INVALID}`, []],
  ["enable cut.cell", `${ENABLE}: ${INVALID}`, []],
  ["enable cpus.cell", `${ENABLE}: ${INVALID}`, []],
  ["enable tiny.cell", `${ENABLE}: ${INVALID}`, []],
  ["enable nothing.cell", `opening nothing.cell: ${MISSING}`, []],
  ["disable", `JAILHOUSE_DISABLE: ${INVALID}`, []],
  ["disable", `JAILHOUSE_DISABLE: ${DENIED}`, LOCKED],
  ["cell create tiny.cell", `${CREATE}: ${INVALID}`, []],
  ["cell create system.cell", `${CREATE}: ${INVALID}`, ON],
  ["cell create cell-signature.cell", `${CREATE}: ${INVALID}`, ON],
  ["cell create cell-architecture.cell", `${CREATE}: ${INVALID}`, ON],
  ["cell create cell-revision.cell", `${CREATE}: ${INVALID}`, ON],
  ["cell create cell-short.cell", `${CREATE}: ${INVALID}`, ON],
  ["cell create cell-cut.cell", `${CREATE}: ${INVALID}`, ON],
  ["cell create cell-cpu0.cell", `${CREATE}: ${INVALID}`, ON],
  ["cell create cell-cpu9.cell", `${CREATE}: ${BUSY}`, ON],
  ["cell create cell-nothing.cell", `${CREATE}: ${INVALID}`, ON],
  ["cell create cell-big.cell", `${CREATE}: Argument list too long`, ON],
  ["cell create tiny.cell", `${CREATE}: File exists`, TINY],
  ["cell create other.cell", `${CREATE}: ${BUSY}`, TINY],
  ["cell create tiny.cell", `${CREATE}: ${DENIED}`, LOCKED],
  ["cell load tiny-demo image.bin", `${LOAD}: ${INVALID}`, []],
  ["cell load nobody image.bin", `${LOAD}: ${MISSING}`, ON],
  ["cell load 7 image.bin", `${LOAD}: ${MISSING}`, ON],
  ["cell load 0 image.bin", `${LOAD}: ${INVALID}`, ON],
  ["cell load 1 image.bin -a 0xffffc", `${LOAD}: ${INVALID}`, TINY],
  ["cell load 1 image.bin -a 0x100000", `${LOAD}: ${INVALID}`, TINY],
  ["cell load 1 image.bin -a 0xffffffffffffffff", `${LOAD}: ${INVALID}`, TINY],
  ["cell load 1 none.bin", `opening none.bin: ${MISSING}`, TINY],
  ["cell start tiny-demo", `JAILHOUSE_CELL_START: ${INVALID}`, []],
  ["cell start 1", `JAILHOUSE_CELL_START: ${MISSING}`, ON],
  ["cell start 0", `JAILHOUSE_CELL_START: ${INVALID}`, ON],
  ["cell shutdown 1", `${LOAD}: ${MISSING}`, ON],
  ["cell shutdown apic-demo", `${LOAD}: ${DENIED}`, LOCKED],
  ["cell start apic-demo", `JAILHOUSE_CELL_START: ${DENIED}`, LOCKED],
  ["cell destroy 1", `JAILHOUSE_CELL_DESTROY: ${MISSING}`, ON],
  ["cell destroy 0", `JAILHOUSE_CELL_DESTROY: ${INVALID}`, ON],
  ["cell destroy apic-demo", `JAILHOUSE_CELL_DESTROY: ${DENIED}`, LOCKED],
  ["cell stats 1", `reading stats: ${MISSING}`, ON],
  ["cell stats 0", `reading stats: ${INVALID}`, []],
])("%s -> %s", async (line, message, before) => {
  const { daemon } = await world.machine("default", startSession);
  for (const each of before) {
    const { status, err } = await world.run(each);
    expect([each, status, err]).toEqual([each, 0, ""]);
  }
  if (before === LOCKED) {
    await daemon.clock.wait({
      until: 2e9,
      ready: () => daemon.serial[0]!.text.includes("Timer fired"),
    });
  }
  const list = (await world.run("cell list")).out;
  const { status, out, err } = await world.run(line);
  const [first, hint] = err.split("\n");
  expect([status, out, first]).toEqual([1, "", message]);
  if (!message.startsWith("opening")) expect(hint).toMatch(/\w/);
  expect((await world.run("cell list")).out).toBe(list);
});

test("another cell cannot be destroyed while one is locked", async () => {
  const { daemon } = await world.machine("default", startSession);
  for (const each of [...TINY, ...LOCKED.slice(1)]) {
    expect(await world.run(each)).toMatchObject({ status: 0 });
  }
  const ready = () => daemon.serial[0]!.text.includes("Timer fired");
  expect(await daemon.clock.wait({ until: 2e9, ready })).toBe(true);
  const { status, err } = await world.run("cell destroy tiny-demo");
  expect([status, err.split("\n")[0]]).toEqual([1, `JAILHOUSE_CELL_DESTROY: ${DENIED}`]);
  await world.run("cell destroy apic-demo");
  expect(await world.run("cell destroy apic-demo")).toMatchObject({ status: 0 });
  expect(await world.run("cell destroy tiny-demo")).toMatchObject({ status: 0 });
});
