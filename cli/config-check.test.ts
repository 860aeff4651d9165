import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig, type SystemConfig } from "../config/index.ts";
import { shippedConfigs } from "../tools/configs.ts";
import { Surroundings } from "./testing/surroundings.ts";

const configs = (path: string) => fileURLToPath(new URL(`../configs/${path}`, import.meta.url));
const SYSTEM = configs("qemu-x86.cell");
/** The machine with the device of e1000-demo. */
const OTHER_SYSTEM = configs("qemu-x86-e1000.cell");

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
});
afterEach(() => world.close());

const check = (...args: string[]) => world.run(["config", "check", ...args]);
const at = (name: string) => join(world.directory, name);

const SOURCE = `// A cell.
import { defineCell, MiB } from "jailhouse-ts/config";

const COM1 = 0x3f8;

export default defineCell({
  name: "apic-demo",
  flags: ["virtual-console-permitted"],
  cpus: [3],
  memory: [
    {
      physical: 0x3ef00000,
      virtual: 0,
      size: MiB(1),
      flags: ["read", "write", "execute", "loadable"],
    },
    { virtual: 0x100000, size: 0x1000, flags: ["read", "write", "comm-region"] },
  ],
  caches: [{ start: 0, size: 2 }],
  ports: [{ base: COM1, length: 8 }],
  console: { type: "8250", address: COM1 },
});
`;

/** A cell's source with one piece of its text replaced. */
function changed(from: string, to: string): string {
  expect(SOURCE).toContain(from);
  writeFileSync(at("cell.ts"), SOURCE.replace(from, to));
  return "cell.ts";
}

describe("config check", () => {
  it("prints what the original prints when all is well, for every cell that ships", async () => {
    for (const { name, config, built } of await shippedConfigs()) {
      if (config.kind === "system") continue;
      const system = name === "e1000-demo" ? OTHER_SYSTEM : SYSTEM;
      const root = (await loadConfig(system)).config as SystemConfig;
      const { status, out, err } = await check(system, built);
      expect({ status, err }).toEqual({ status: 0, err: "" });
      const [frame, warning, summary, ...more] = out.split("\n\n");
      expect(`${frame!.trimEnd()}\n`).toBe(
        [
          "Reading configuration set:",
          "  Architecture:  x86",
          `  Root cell:     ${root.rootCell.name} (${system})`,
          `  Non-root cell: ${name} (${built})`,
          "Overlapping memory regions inside cell: None",
          "Overlapping memory regions with hypervisor: None",
          "Missing PCI MMCONFIG interceptions: None",
          "Missing resource interceptions for architecture x86: None",
          "",
        ].join("\n"),
      );
      // Some have the line where the hypervisor prints, as in the original.
      if (warning === undefined) continue;
      expect(warning).toMatch(/: warning: .* \[debug-console-shared\]\n/);
      expect(summary).toMatch(/^0 errors, 1 warning, \d+ notes?\n$/);
      expect(more).toEqual([]);
      expect((await check("--strict", system, built)).status).toBe(1);
    }
  });

  it("fails on a warning about what the original's check takes for an error, else with --strict only", async () => {
    const alias = changed(
      "memory: [",
      'memory: [\n    { physical: 0x3ef00000, virtual: 0x200000, size: 0x1000, flags: ["read"] },',
    );
    const twice = await check(SYSTEM, alias);
    expect(twice.out).toMatch(/warning: .* \[memory-alias\]/);
    expect(twice.status).toBe(1);
  });

  it("underlines the line of a source, shows the ranges, and prints the line that repairs it", async () => {
    const { status, out } = await check(SYSTEM, changed("0x3ef00000", "0x3a100000"));
    expect(status).toBe(1);
    expect(out).toContain("Overlapping memory regions with hypervisor: 1, see below\n");
    const found = out.slice(out.indexOf("\n\n") + 2);
    expect(found).toBe(
      [
        'cell.ts:12:7: error: memory[0].physical: 0x3a100000 to 0x3a1fffff of cell "apic-demo" has 1 MiB of the hypervisor\'s memory, 0x3a000000 to 0x3a5fffff [memory-hypervisor]',
        "    12 |       physical: 0x3a100000,",
        "               ^^^^^^^^^^^^^^^^^^^^",
        `    memory[0]  |      #######${" ".repeat(27)}| 0x3a100000 to 0x3a1fffff`,
        `    hypervisor |${"#".repeat(40)}| 0x3a000000 to 0x3a5fffff`,
        `    see: hypervisorMemory of ${SYSTEM}`,
        "    fix: write as memory[0]:",
        '        { physical: 0x3ef00000, virtual: 0x0, size: 0x100000, flags: ["read", "write", "execute", "loadable"] },',
        "",
        "cell.ts:20:3: warning: ports[0]: cell \"apic-demo\" has the line of the hypervisor's debug console: it can print there what looks like the hypervisor's words, and spoil a line that is being sent [debug-console-shared]",
        "    20 |   ports: [{ base: COM1, length: 8 }],",
        `           ${"^".repeat(34)}`,
        `    see: debugConsole.address of ${SYSTEM}`,
        "    help: Give the cell another line where it is not to be trusted, or the hypervisor.",
        "",
        "1 error, 1 warning, 5 notes",
        "",
      ].join("\n"),
    );
  });

  it("finds everything at once, files that are none included", async () => {
    writeFileSync(at("half.cell"), readFileSync(configs("tiny-demo.cell")).subarray(0, 100));
    writeFileSync(at("old.cell"), "JHCELL\x0c");
    const source = changed("cpus: [3]", "cpus: [0, 9]");
    const { status, out } = await check(SYSTEM, "half.cell", source, "old.cell", "none.cell");
    expect(status).toBe(1);
    for (const rule of ["file-format", "cpu-zero", "cpu-foreign", "file-unreadable"])
      expect(out).toContain(`[${rule}]`);
    expect(out).toContain("half.cell");
    expect(out).toContain("older");
    expect(out).toContain("none.cell: error: opening none.cell: No such file or directory");
    expect(out).toMatch(/\n5 errors, 1 warning, /);
  });

  it("names the byte of a built file", async () => {
    const bytes = readFileSync(configs("tiny-demo.cell"));
    bytes.writeUInt32LE(0x800, 0x8c + 16);
    writeFileSync(at("tiny.cell"), bytes);
    const { out } = await check(SYSTEM, "tiny.cell");
    expect(out).toContain("tiny.cell, byte 0x8c: error: memory[0]: ");
    expect(out).toContain("memory[0] | { physical: 0x3ee00000, virtual: 0x0, size: 0x800, flags");
  });

  it("takes the machine into account when it is told of it", async () => {
    expect((await check(SYSTEM)).status).toBe(0);
    const { status, out } = await check(SYSTEM, "--cpus", "2", "--memory", "512M");
    expect(status).toBe(1);
    expect(out).toContain("[cpu-offline]");
    expect(out).toContain("[hypervisor-outside]");
  });

  it("compares with a machine that was collected, as file or directory", async () => {
    const machine = (name: string) =>
      fileURLToPath(new URL(`../test/data/machines/${name}.tar.gz`, import.meta.url));
    const demo = machine("q35-1g-4-amd-demo");
    expect((await check("-r", demo, SYSTEM, configs("apic-demo.cell"))).status).toBe(0);

    const { status, out } = await check("-r", machine("q35-1g-4-amd-virtio"), SYSTEM);
    expect(status).toBe(1);
    expect(out).toContain(
      "error: hypervisorMemory: Linux uses 6 MiB of it: its command line has no memmap= [machine-memmap]",
    );
    expect(out).toContain(
      'help: Boot Linux with memmap=80M$0x3a000000; in /etc/default/grub: GRUB_CMDLINE_LINUX="memmap=80M\\\\\\$0x3a000000"',
    );

    // Two threads of one core, in a directory whose name has blanks.
    mkdirSync(at("a machine"));
    spawnSync("tar", ["xzf", demo, "-C", at("a machine")]);
    for (const cpu of [2, 3]) {
      const topology = at(`a machine/sys/devices/system/cpu/cpu${cpu}/topology`);
      writeFileSync(join(topology, "thread_siblings_list"), "2-3\n");
    }
    const split = await check("--root", "a machine", SYSTEM, changed("cpus: [3]", "cpus: [2]"));
    expect(split.status).toBe(0);
    expect(split.out).toContain("cell.ts:9:3: warning: cpus: CPUs 2 and 3 are one core");
    expect(split.out).toContain("    fix: write as cpus:\n        cpus: [2, 3],\n");
  });

  it("returns 2 when there is no machine to compare with", async () => {
    mkdirSync(at("empty"));
    writeFileSync(at("text.tar"), "no archive at all\n".repeat(100));
    writeFileSync(at("broken.gz"), Buffer.from([0x1f, 0x8b, 8, 0, 0, 0]));
    for (const [root, words] of [
      ["nowhere", "opening nowhere: No such file or directory\n"],
      ["empty", "empty: /proc/iomem shows no RAM: it must be read as root\n"],
      ["text.tar", "text.tar: it is no tar file\n"],
      ["broken.gz", "broken.gz: it is no tar file: unexpected end of file\n"],
    ])
      expect(await check("-r", root!, SYSTEM)).toEqual({ status: 2, out: "", err: words });
    const { status, err } = await check("-r", "/", "--cpus", "2", SYSTEM);
    expect([status, err]).toEqual([
      2,
      "error: --cpus and --memory are what --root finds out (see: jailhouse config check --help)\n",
    ]);
  });

  it("shows notes only when asked", async () => {
    const { status, out } = await check(SYSTEM, configs("tiny-demo.cell"), "--notes");
    expect(status).toBe(0);
    expect(out).toContain(": note: caches[0]: ");
  });

  it("loses nothing of what is found very often", async () => {
    const again = Array.from(
      { length: 39 },
      () => '    { physical: 0x3ef00000, virtual: 0x200000, size: 0x1000, flags: ["read"] },\n',
    );
    const file = changed("    { virtual: 0x100000", `${again.join("")}    { virtual: 0x100000`);
    const pairs = (39 * 38) / 2;
    const count = (text: string) => text.split("[memory-inside]").length - 1;
    const { out } = await check(SYSTEM, file);
    expect(out).toMatch(
      /\n {4}the same each with each other, 39 in all: (memory\[\d+\] of \S+; )+/,
    );
    expect(count(out)).toBe(1);
    expect(count((await check(SYSTEM, file, "--all")).out)).toBe(pairs);
    const { findings } = JSON.parse((await check(SYSTEM, file, "--json")).out);
    const { runs } = JSON.parse((await check(SYSTEM, file, "--sarif")).out);
    const rules = [
      findings.map(({ rule }: { rule: string }) => rule),
      runs[0].results.map(({ ruleId }: { ruleId: string }) => ruleId),
    ];
    for (const list of rules)
      expect(list.filter((rule: string) => rule === "memory-inside")).toHaveLength(pairs);
  });

  it("shows the first 25 of a kind, and says so", async () => {
    const ports = Array.from({ length: 39 }, (_, index) => ({
      base: 0x9000 + 4 * index,
      length: 1,
    }));
    const cell = { kind: "cell", name: "a", cpus: [1], ports };
    const file = join(world.directory, "many.json");
    writeFileSync(file, JSON.stringify(cell));
    const { out } = await check(SYSTEM, file);
    expect(out).toContain("\n14 more of this kind [port-foreign]: --all shows them\n");
    expect(out.split("[port-foreign]").length - 1).toBe(25 + 1);
    const all = await check(SYSTEM, file, "--all");
    expect(all.out.split("[port-foreign]").length - 1).toBe(39);
  });

  it("prints JSON", async () => {
    const { status, out } = await check(SYSTEM, changed("cpus: [3]", "cpus: [9]"), "--json");
    expect(status).toBe(1);
    const { clean, files, findings } = JSON.parse(out);
    expect(clean).toBe(false);
    expect(files).toEqual([
      { path: SYSTEM, kind: "system" },
      { path: "cell.ts", kind: "cell" },
    ]);
    expect(findings[0]).toMatchObject({
      rule: "cpu-foreign",
      severity: "error",
      file: "cell.ts",
      path: "cpus",
      line: 9,
      column: 3,
      fix: [{ action: "replace", file: "cell.ts", path: "cpus", line: "cpus: [1]," }],
      edits: [{ op: "set", file: "cell.ts", path: "cpus", value: [1] }],
    });
  });

  it("prints SARIF", async () => {
    const { out } = await check(SYSTEM, changed("cpus: [3]", "cpus: [9]"), "--sarif");
    const { version, runs } = JSON.parse(out);
    expect(version).toBe("2.1.0");
    expect(runs[0].results[0]).toMatchObject({
      ruleId: "cpu-foreign",
      level: "error",
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "cell.ts" },
            region: { startLine: 9, startColumn: 3, endColumn: 12 },
          },
        },
      ],
    });
  });

  it("returns 2 when it is misused, as the original does", async () => {
    for (const args of [[], ["--frob", "a"], ["a", "--cpus", "many"], ["a", "--json", "--sarif"]]) {
      const { status, out, err } = await check(...args);
      expect([status, out], args.join()).toEqual([2, ""]);
      expect(err).toContain("(see: jailhouse config check --help)");
    }
  });
});

describe("a file that was not looked at", () => {
  const large = () => Array.from({ length: 20_000 }, () => "{ base: 0x2f8, length: 1 }");
  it.each<[string, string | undefined, string]>([
    ["is not there", undefined, "file-unreadable"],
    ["is damaged", "JHCLL", "file-format"],
    ["is a source with a fault", "export default 1;", "file-source"],
    [
      "is of the other kind",
      `export { default } from ${JSON.stringify(configs("x86/qemu-x86.ts"))};`,
      "file-kind",
    ],
    ["is too large", SOURCE.replace("ports: [", `ports: [${large()}, `), "file-large"],
  ])("%s: no question of the original's is answered with None", async (_, content, rule) => {
    const name = content?.startsWith("JHCLL") ? "cell.cell" : "cell.ts";
    if (content !== undefined) writeFileSync(at(name), content);
    const { status, out } = await check(SYSTEM, name);
    expect(status).toBe(1);
    expect(out).toContain(`[${rule}]`);
    expect(out).not.toContain("None");
  });
});
