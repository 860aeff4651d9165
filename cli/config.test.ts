import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Surroundings } from "./testing/surroundings.ts";

const configs = (path: string) => fileURLToPath(new URL(`../configs/${path}`, import.meta.url));

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
});
afterEach(() => world.close());

const at = (name: string) => join(world.directory, name);

test("config compile builds the file that ships", async () => {
  const source = configs("x86/apic-demo.ts");
  expect(await world.run(["config", "compile", source, "-o", "demo.cell"])).toEqual({
    status: 0,
    out: 'demo.cell: cell "apic-demo", x86, 228 bytes\n',
    err: "",
  });
  expect(readFileSync(at("demo.cell"))).toEqual(readFileSync(configs("apic-demo.cell")));
});

test.each<[string, string | Uint8Array | undefined, string, string]>([
  ["none.ts", undefined, "opening none.ts: No such file or directory", ""],
  [".", undefined, "opening .: Is a directory", ""],
  ["/dev/zero", undefined, "opening /dev/zero: File too large", "no configuration has more than"],
  ["a.cell", "MZ", "a.cell: not a configuration", "give the built .cell file"],
  ["b.cell", "JHCELL\x0e", "b.cell: the revision of this configuration is older", "build the"],
  ["c.cell", "JHCLL\0\x0f\0", "c.cell, byte 0x6: the revision of this configuration is 15", ""],
  ["d.cell", "JHCLL\x07\x0e\0", "d.cell, byte 0x5: unknown architecture 7", "0 is x86"],
  ["e.cell", "JHCLL\0\x0e\0 ", "e.cell: the file ends after 9 bytes", "not complete"],
  ["f.json", '{\n"kind": 5}', 'f.json: it needs "kind"', ""],
  ["g.json", '{\n"kind":}', "g.json: line 2, column 8", ""],
  ["h.json", '{"kind":"cell",\n"cpus":[],"name":3}', "h.json:2: name is 3, not a string", ""],
  ["i.ts", "export default 1;", "i.ts: its default export is not", "write `export default"],
])("config compile of %s says what is wrong", async (name, content, message, hint) => {
  if (content !== undefined) writeFileSync(at(name), content, "latin1");
  const { status, out, err } = await world.run(["config", "compile", name, "-o", "out.cell"]);
  expect([status, out]).toEqual([1, ""]);
  const [first = "", second = ""] = err.split("\n");
  expect(first).toContain(message);
  expect(second).toContain(hint);
  expect(existsSync(at("out.cell"))).toBe(false);
});

test("config compile says why it cannot write", async () => {
  const source = configs("apic-demo.cell");
  const { status, err } = await world.run(["config", "compile", source, "-o", "no/such.cell"]);
  expect([status, err]).toEqual([1, "writing no/such.cell: No such file or directory\n"]);
});

test("config without a verb shows the usage; without what a verb needs it says so", async () => {
  const { status, out } = await world.run("config");
  expect([status, out.startsWith("Usage: jailhouse config")]).toEqual([1, true]);
  for (const line of ["config compile", "config compile a.ts", "config cook"])
    expect(await world.run(line), line).toEqual({
      status: 1,
      out: "",
      err: expect.stringMatching(/^error: [^\n]* \(see: jailhouse config[a-z ]* --help\)\n$/),
    });
});

test("config show has a table for each list", async () => {
  const { status, out } = await world.run(["config", "show", configs("apic-demo.cell")]);
  expect(status).toBe(0);
  expect(out).toContain('Cell "apic-demo"\n  format     revision 14, x86\n');
  expect(out).toContain("0x00100000-0x00100fff  4 KiB  read write comm-region");
});

test("config show --map draws a system with its cells, and --svg writes it", async () => {
  const files = ["qemu-x86.cell", "apic-demo.cell"].map(configs);
  const { status, out } = await world.run([
    "config",
    "show",
    "--map",
    "--svg",
    "map.svg",
    ...files,
  ]);
  expect(status).toBe(0);
  expect(out).toMatch(/^CPU {2}0 1 2 3\n {5}0 0 0 1\n/);
  expect(out).toContain("0x3ef00000 ├");
  expect(readFileSync(at("map.svg"), "utf8")).toContain("apic-demo: rwx loadable");
});

test.each<[string, string[]]>([
  ["a map is of one system; two were given", ["qemu-x86.cell", "qemu-x86.cell"]],
  [
    "a map of several cells needs the system's configuration too",
    ["apic-demo.cell", "tiny-demo.cell"],
  ],
])("config show --map: %s", async (message, files) => {
  const { status, err } = await world.run(["config", "show", "--map", ...files.map(configs)]);
  expect([status, err]).toEqual([1, `error: ${message} (see: jailhouse config show --help)\n`]);
});

test("config diff tells differences, and nothing of equals", async () => {
  const [apic, source, tiny] = ["apic-demo.cell", "x86/apic-demo.ts", "tiny-demo.cell"].map(
    configs,
  );
  expect(await world.run(["config", "diff", apic!, source!])).toMatchObject({ status: 0, out: "" });
  const { status, out, err } = await world.run(["config", "diff", apic!, tiny!]);
  expect([status, err]).toEqual([1, ""]);
  expect(out).toContain('name: "apic-demo" -> "tiny-demo"\n');
  expect(out).toContain("CPU removed: 3\nCPU added: 2\n");
});

test("config decompile writes a source that config compile turns back into the same bytes", async () => {
  for (const source of ["made.ts", "made.json"]) {
    const cell = configs("qemu-x86.cell");
    expect(await world.run(["config", "decompile", cell, "-o", source])).toMatchObject({
      status: 0,
    });
    const { status, err } = await world.run(["config", "compile", source, "-o", "again.cell"]);
    expect([status, err]).toEqual([0, ""]);
    expect(readFileSync(at("again.cell"))).toEqual(readFileSync(cell));
  }
  const { out } = await world.run(["config", "decompile", configs("tiny-demo.cell")]);
  expect(out).toContain('devices: [uart("COM2")],\n  console: "COM2",');
});

/** Writes a configuration that ships, with bytes after its end and without. */
function padded(name: string, shipped: string): Buffer {
  const content = readFileSync(configs(`${shipped}.cell`));
  writeFileSync(at(`${name}-clean.cell`), content);
  writeFileSync(at(`${name}.cell`), Buffer.concat([content, Buffer.alloc(4, 0xff)]));
  return content;
}
const TRAILING = "warning: 4 bytes follow the end of the configuration";

test("bytes after the end of a configuration are warned of, and left out, by every verb", async () => {
  padded("system", "qemu-x86");
  const cell = padded("cell", "tiny-demo");
  const lines = [
    "config show system.cell cell.cell",
    "config decompile cell.cell",
    "config diff cell.cell cell-clean.cell",
    "config compile cell.cell -o new.cell",
    "config create-cell system.cell --beside cell.cell",
  ];
  for (const line of lines) {
    const { status, err } = await world.run(line);
    expect({ line, status }).toEqual({ line, status: 0 });
    expect(err, line).toContain(TRAILING);
  }
  expect(readFileSync(at("new.cell"))).toEqual(cell);
});

test("bytes after the end of a configuration are a warning of the check", async () => {
  padded("system", "qemu-x86");
  padded("cell", "tiny-demo");
  const { status, out } = await world.run("config check system.cell cell.cell");
  expect(status).toBe(0);
  for (const name of ["system.cell", "cell.cell"]) expect(out).toContain(`${name}: ${TRAILING}`);
  expect((await world.run("config check --strict system.cell cell.cell")).status).toBe(1);
});
