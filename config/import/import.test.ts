// Configurations in C, hand-written for every architecture: their bytes beside what testing/golden.c lays out by structures of
// its own, and their comments beside their entries.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decompileToSource } from "../decompile/source.ts";
import { type CellConfig, ConfigError, loadConfig, type SystemConfig } from "../index.ts";
import type { CompilerOptions } from "./compiler.ts";
import { importC } from "./index.ts";
import { commentKey, tokensOf } from "./tokens.ts";

const TESTING = fileURLToPath(new URL("../testing/", import.meta.url));
const sourceOf = (name: string) => join(TESTING, "import", `${name}.c`);
const NAMES = ["x86-system", "x86-cell", "arm-cell", "arm64-system"];
const isThere = (name: string) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0;
const compilers = ["gcc", "clang"].filter(isThere);

const directory = mkdtempSync(join(tmpdir(), "import-"));
afterAll(() => rmSync(directory, { recursive: true }));

const read = (name: string, options: CompilerOptions = {}) =>
  importC(sourceOf(name), options, directory);
const typescript = ({ config, remarks }: ReturnType<typeof importC>) =>
  decompileToSource(config, "x", remarks);

/** A file of a few lines, with the usual beginning. */
function written(text: string): string {
  const path = join(directory, "board.c");
  writeFileSync(path, `#include <jailhouse/types.h>\n#include <jailhouse/cell-config.h>\n${text}`);
  return path;
}

/** A cell with these regions and further members. */
const cellWith = (regions: string, count = "ARRAY_SIZE(config.mem_regions)") =>
  written(`struct {
  struct jailhouse_cell_desc cell;
  __u64 cpus[1];
  struct jailhouse_memory mem_regions[3];
} __attribute__((packed)) config = {
  .cell = {
    .signature = JAILHOUSE_CELL_DESC_SIGNATURE, .revision = JAILHOUSE_CONFIG_REVISION,
    .name = "small", .cpu_set_size = sizeof(config.cpus), .num_memory_regions = ${count},
  },
  .cpus = { 2 },
  .mem_regions = {
${regions}
  },
};
`);

function refusal(path: string, options: CompilerOptions = {}): ConfigError {
  try {
    importC(path, options, directory);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("it was taken");
}

describe.skipIf(compilers.length === 0)("a configuration in C", () => {
  const golden = join(directory, "golden");
  beforeAll(() => {
    execFileSync(compilers[0]!, ["-std=gnu11", "-o", golden, join(TESTING, "golden.c")]);
  });

  describe.each(compilers)("through %s", (compiler) => {
    it.each([
      ["x86-system", "x86"],
      ["arm-cell", "arm"],
      ["arm64-system", "arm64"],
    ])("%s has the bytes of golden.c's", (name, expected) => {
      const bytes = Buffer.from(read(name, { compiler }).bytes).toString("hex");
      expect(bytes).toBe(execFileSync(golden, [expected]).toString("hex"));
    });

    it.each(NAMES)("%s becomes TypeScript that compiles to the same bytes", async (name) => {
      const imported = read(name, { compiler });
      const path = join(directory, `${name}.ts`);
      writeFileSync(path, typescript(imported));
      const { bytes } = await loadConfig(path);
      expect(Buffer.from(bytes).toString("hex")).toBe(Buffer.from(imported.bytes).toString("hex"));
    });

    it.each(NAMES)("%s keeps every comment, once", (name) => {
      const source = readFileSync(sourceOf(name), "utf8");
      const made = typescript(read(name, { compiler }))
        .split("\n")
        .flatMap((line) => /^\s*\/\/ ?(.*)/.exec(line)?.[1] ?? [])
        .join(" ");
      for (const { kind, text } of tokensOf(source.replaceAll("\\\n", "\n")))
        if (kind === "comment" && !["/* the DMA engine's */"].includes(text))
          expect(made.split(commentKey(text)), text).toHaveLength(2);
    });

    it.each([
      ["x86-system", "kept by memmap=", "hypervisorMemory: {"],
      ["x86-system", "the line on the back", "address: 0x3f8,"],
      ["x86-system", "ACPI PM_TMR", "pmTimer: 0x608,"],
      ["x86-system", "from MCFG", "mmconfigBase: 0xb0000000,"],
      ["x86-system", "Intel's", '{ type: "intel", base: 0xfed90000,'],
      ["x86-system", "AMD's", '{\n      type: "amd",'],
      ["x86-system", "long enough", "msgReplyTimeout: 0x123456789a,"],
      ["x86-system", "cores 0 to 3", "cpus: [0, 1, 2, 3],"],
      ["x86-system", "block device for a guest", "ivshmemLink({"],
      ["x86-system", "all of Linux' RAM", "ram({ physical: 0x0,"],
      ["x86-system", "timer", "{ physical: 0xfed00000,"],
      ["x86-system", "a quarter of it", "{ start: 0, size: 4,"],
      ["x86-system", "24 pins, and one of a table", "ioapic([...range(0, 23), 127]),"],
      ["x86-system", "serial", "{ base: 0x3f8, length: 8 },"],
      ["x86-system", "windows of the bus", "{ base: 0xc000,"],
      ["x86-system", "network card behind the second unit", '{\n        type: "device",'],
      ["x86-system", "written by its driver", '{ id: "msi",'],
      ["x86-system", "says who it is", '{ id: "serial-number",'],
      ["x86-cell", "what `cell list` shows", 'name: "networked",'],
      ["x86-cell", "between the cells", "ivshmemLink({"],
      ["x86-cell", "low RAM", "lowRam({ physical: 0x3ee00000,"],
      ["x86-cell", "communication region", "commRegion(),"],
      ["x86-cell", "its console", 'uart("COM2"),'],
      ["arm-cell", "the console's registers", "{ physical: 0x1c090000,"],
      ["arm-cell", "the program's RAM", "lowRam({ physical: 0xbbfe0000,"],
      ["arm-cell", "low power", 'type: "imx-lpuart",'],
      ["arm-cell", "above 4 GiB", "cpuResetAddress: 0x100000000,"],
      ["arm-cell", "mailbox", "{ address: 0x1c81000,"],
      ["arm-cell", "the card's", "0x2a,"],
      ["arm64-system", "shared ones", "{ address: 0x8000000, id: 0, pinBase: 32,"],
      ["arm64-system", "one more", "{ address: 0x8000000, id: 0, pinBase: 160,"],
      ["arm64-system", "without large pages", "{\n        physical: 0x800000000,"],
      ["arm64-system", "redistributors", "gicrBase: 0x80a0000,"],
      ["arm64-system", "the older one", '{ type: "mmu500",'],
      ["arm64-system", "a group", "0x7f000010,"],
      ["arm64-system", "the second cluster", "cpus: [0, 64],"],
    ])("%s has beside its own entry: %s", (name, comment, entry) => {
      const made = typescript(read(name, { compiler }));
      const behind = made.slice(made.indexOf(`// ${comment}\n`) + 3 + comment.length);
      // Another comment on the same entry may come between.
      expect(
        behind
          .replace(/^(\s*\/\/.*\n)+/, "")
          .trimStart()
          .startsWith(entry),
        made,
      ).toBe(true);
    });

    it("has comments on shared memory that no link makes inside its device", () => {
      const text = readFileSync(sourceOf("x86-cell"), "utf8");
      const path = join(directory, "intx.c");
      writeFileSync(path, text.replace("BAR_MASK_MSIX", "BAR_MASK_INTX"));
      expect(typescript(importC(path, { compiler }, directory))).toMatch(
        /regions: \[\n\s*\/\/ between the cells\n\s*\{ physical: 0x3f100000,/,
      );
    });

    it("takes macros that it is told, and what they choose", () => {
      const cell = read("x86-cell", { compiler, defines: ["CPU=3"] }).config as CellConfig;
      expect(cell.cpus).toEqual([3]);
      const arm = read("arm-cell", { compiler, defines: ["WITH_DMA", "OTHER_UART"] });
      expect((arm.config as CellConfig).streamIds).toEqual([0x2b]);
      expect(typescript(arm)).toContain("// the DMA engine's\n");
      expect(typescript(arm)).not.toContain("// low power\n");
    });

    it.each([
      [
        "in front of each on a line of their own",
        "/* a */\n{ 0x1000, 0x1000, 0x1000, 1 },\n/* b */\n{ 0x2000, 0x2000, 0x1000, 1 },",
      ],
      [
        "behind each on its line",
        "{ 0x1000, 0x1000, 0x1000, 1 }, // a\n{ 0x2000, 0x2000, 0x1000, 1 } /* b */,",
      ],
      [
        "by number",
        "[1] = { 0x2000, 0x2000, 0x1000, 1 }, /* b */ [0] = { 0x1000, 0x1000, 0x1000, 1 /* a */ },",
      ],
      [
        "in a macro, in front",
        "#define ALL /* a */ { 0x1000, 0x1000, 0x1000, 1 }, \\\n/* b */ { 0x2000, 0x2000, 0x1000, 1 }\nALL",
      ],
      [
        "in a macro, behind",
        "#define ALL { 0x1000, 0x1000, 0x1000, 1 }, /* a */ \\\n{ 0x2000, 0x2000, 0x1000, 1 } /* b */\nALL",
      ],
      [
        "beside calls of one",
        "#define M(at) { .phys_start = at, .virt_start = at, .size = 0x1000, .flags = 1 }\nM(0x1000), /* a */\nM(\n0x2000\n), /* b */",
      ],
      [
        "inside",
        "{ .phys_start = 0x1000, /* a */\n.virt_start = 0x1000, .size = 0x1000, .flags = 1 },\n{ 0x2000, /* b */ 0x2000, 0x1000, 1 }",
      ],
    ])("may have its comments %s", (_, regions) => {
      const made = typescript(importC(cellWith(regions), { compiler }, directory));
      // [1] before [0] is one line: what stands between them is about the later one, as in prose.
      const [a, b] = [made.indexOf("// a\n"), made.indexOf("// b\n")];
      const [first, second] = [made.indexOf("physical: 0x1000"), made.indexOf("physical: 0x2000")];
      if (regions.startsWith("[1]")) expect([a, b].every((at) => at > 0 && at < first)).toBe(true);
      else expect([a < first, first < b, b < second], made).toEqual([true, true, true]);
    });
  });

  it("leaves out what its counts do not cover, and says how much", () => {
    const path = cellWith("{ 0x1000, 0x1000, 0x1000, 1 }", "1");
    expect(importC(path, {}, directory)).toMatchObject({ trailing: 64 });
  });

  it("shows text of others without what a terminal would obey", () => {
    const path = cellWith(
      "/* red \u001b[31m, turned \u202e, größer */ { 0x1000, 0x1000, 0x1000, 1 }",
    );
    const made = typescript(importC(path, {}, directory));
    expect(made).toContain("// red \\u001b[31m, turned \\u202e, größer\n");
  });

  it("is refused with what is wrong, and what to do", () => {
    expect(refusal(join(directory, "nowhere.c")).message).toMatch(/^opening .*No such file/);
    const old = refusal(cellWith("{ .phys_begin = 1 }"));
    expect([old.message, old.hint]).toEqual([
      expect.stringMatching(/does not compile it:[\s\S]*phys_begin/),
      expect.stringContaining("another revision of the format than 14"),
    ]);
    expect(refusal(written("int x = 1, y = 2;")).message).toContain('no variable "config"');
    expect(refusal(written("struct jailhouse_memory config;")).message).toContain("all zeros");
    expect(refusal(written("void *config = &config;")).message).toContain("addresses in it");
    expect(refusal(written("struct jailhouse_memory config = { 1 };")).code).toBe("signature");
    const none = refusal(cellWith(""), { compiler: "no-such-compiler" });
    expect(none.hint).toContain("install gcc or clang");
  });

  it("is a system whose entries can be read", () => {
    const { config } = read("x86-system");
    expect((config as SystemConfig).rootCell.name).toBe("golden");
  });
});
