import { describe, expect, it } from "vitest";
import { cited, isKnown, isNear, named } from "./citations.ts";
import { codeLeft } from "./image.ts";
import { circles, eagerFaults, type Graph, importFault } from "./imports.ts";
import { linkFault } from "./links.ts";
import { namesOf } from "./neutral.ts";
import { mayImport, roomOf } from "./rooms.ts";
import { partFailures } from "./sizes.ts";
import { codeLines, type Import, importsOf, withoutComments } from "./source.ts";
import { versionFault } from "./versions.ts";
import { wordFaults } from "./words.ts";

const imported = (path: string, rest: Partial<Import> = {}) => ({
  target: `../${path}`,
  path,
  typeOnly: false,
  lazy: false,
  ...rest,
});

describe("importsOf", () => {
  it("finds every form, and nothing in comments and strings", () => {
    const source = `
      import "./a.ts";
      import b from "./b.ts";
      import {
        c, // from "./no.ts"
        d,
      } from "./c.ts";
      import * as e from './e.ts';
      import type { F } from "./f.ts";
      export * from "./g.ts";
      export type { H } from "./h.ts";
      export { i } from "./i.ts";
      /* import "./no.ts"; */
      const text = 'import "./no.ts"';
      const template = \`
        import "./no.ts";
      \`;
      export const j = await import("./j.ts");
    `;
    const found = importsOf(source);
    expect(found.map(({ target }) => target)).toEqual(
      ["a", "b", "c", "e", "f", "g", "h", "i", "j"].map((name) => `./${name}.ts`),
    );
    expect(found.filter(({ typeOnly }) => typeOnly).map(({ target }) => target)).toEqual([
      "./f.ts",
      "./h.ts",
    ]);
    expect(found.filter(({ lazy }) => lazy).map(({ target }) => target)).toEqual(["./j.ts"]);
  });
});

describe("codeLines", () => {
  it("counts lines with more than comments", () => {
    const source = `// one

      const a = "// no comment"; // comment
      /* two
         three */ const b = /\\/\\*/;
      /** four */
      const c = \`
        /* text \${a} */
      \`;`;
    expect(codeLines(source)).toBe(5);
    expect(withoutComments(source).split("\n").length).toBe(source.split("\n").length);
  });

  it("does not count imports, however they are laid out", () => {
    const source = `import "./a.ts";
import * as b from "./b.ts"; // all of it
import {
  c,
  // what for
  d,
} from "./c.ts";

const important = await import("./e.ts");
export { f } from "./f.ts";
`;
    expect(codeLines(source)).toBe(2);
  });
});

describe("partFailures", () => {
  it("allows a part its limit and not a line more", () => {
    expect(partFailures("hypervisor/core", 3500)).toEqual([]);
    expect(partFailures("hypervisor/core", 3501)).toEqual([
      expect.stringMatching(/^hypervisor\/core has 3501 lines .*at most 3500/),
    ]);
  });
});

describe("rooms", () => {
  it("a file belongs to the innermost room", () => {
    expect(roomOf("platforms/emulated/index.ts")).toBe("platforms/emulated");
    expect(roomOf("config/index.ts")).toBe("config");
    expect(roomOf("vitest.config.ts")).toBeUndefined();
  });

  it("a directory in the table stands for the rooms in it", () => {
    expect(mayImport("control", "platforms/emulated")).toBe(true);
    expect(mayImport("config", "platforms/emulated")).toBe(false);
    expect(mayImport("test", "cli")).toBe(true);
  });
});

describe("importFault", () => {
  it.each([
    ["hypervisor/core/cells/cell.ts", imported("abi/config.ts"), undefined],
    [
      "hypervisor/core/cells/cell.ts",
      imported("machine/pc.ts"),
      "hypervisor/ may not import machine/",
    ],
    ["config/load.ts", imported("control/api.ts"), "config/ may not import control/"],
    ["config/load.test.ts", imported("control/api.ts"), undefined],
    ["control/session.ts", imported("platforms/emulated/index.ts"), undefined],
    ["cli/main.ts", imported("elsewhere/index.ts"), "in no room"],
  ])("%s", (from, one, message) => {
    if (message === undefined) expect(importFault(from, one)).toBeUndefined();
    else expect(importFault(from, one)).toContain(message);
  });
});

const graph = (edges: Record<string, ReturnType<typeof imported>[]>): Graph =>
  new Map(Object.entries(edges));

describe("eagerFaults", () => {
  const session = [imported("platforms/emulated/index.ts")];

  it("follows what other rooms import of a room", () => {
    const edges = {
      "cli/main.ts": [imported("control/client.ts")],
      "control/client.ts": [imported("control/session.ts")],
      "control/session.ts": session,
    };
    expect(eagerFaults(graph(edges))).toEqual([
      "control/session.ts, which others load at once, imports platforms/emulated/index.ts at once too",
    ]);
  });

  it("stops at import(), at types, and at what nobody imports", () => {
    const edges = {
      "cli/main.ts": [imported("control/client.ts")],
      "control/client.ts": [
        imported("control/session.ts", { lazy: true }),
        imported("control/session.ts", { typeOnly: true }),
      ],
      "control/session.ts": session,
      "test/scenario.test.ts": [imported("control/session.ts")],
    };
    expect(eagerFaults(graph(edges))).toEqual([]);
  });
});

describe("importFault", () => {
  it("lets platforms share the waist's contracts, and nothing else of the core", () => {
    const from = "platforms/metal/x86/enter.ts";
    expect(importFault(from, imported("hypervisor/x86/exports.ts"))).toBeUndefined();
    expect(importFault(from, imported("hypervisor/x86/exits.ts"))).toContain("may not import");
    expect(importFault("machine/pc.ts", imported("hypervisor/exports.ts"))).toContain(
      "may not import",
    );
  });
});

describe("circles", () => {
  it("reports a circle once, from its first file", () => {
    const edges = {
      "cli/c.ts": [imported("cli/a.ts")],
      "cli/a.ts": [imported("cli/b.ts")],
      "cli/b.ts": [imported("cli/c.ts")],
      "cli/d.ts": [imported("cli/b.ts")],
    };
    expect(circles(graph(edges))).toEqual(["circle of imports: cli/a.ts -> cli/b.ts -> cli/c.ts"]);
  });

  it("finds them in AssemblyScript too", () => {
    const edges = {
      "machine/cpu/a.ts": [imported("machine/cpu/b.ts")],
      "machine/cpu/b.ts": [imported("machine/cpu/a.ts")],
    };
    expect(circles(graph(edges))).toEqual([
      "circle of imports: machine/cpu/a.ts -> machine/cpu/b.ts",
    ]);
  });

  it("does not count types, lazy imports and what arch.ts closes", () => {
    const edges = {
      "cli/a.ts": [imported("cli/b.ts", { typeOnly: true }), imported("cli/c.ts")],
      "cli/b.ts": [imported("cli/a.ts")],
      "cli/c.ts": [imported("cli/a.ts", { lazy: true })],
      "hypervisor/core/a.ts": [imported("hypervisor/arch.ts")],
      "hypervisor/arch.ts": [imported("hypervisor/x86/arch.ts")],
      "hypervisor/x86/arch.ts": [imported("hypervisor/core/a.ts")],
    };
    expect(circles(graph(edges))).toEqual([]);
  });
});

describe("citations", () => {
  const files = new Set(["hypervisor/core/memory/mmio.ts", "abi/comm.ts"]);

  it.each([
    ["see core/memory/mmio.ts", []],
    ["see hypervisor/core/memory/mmio.ts and abi/comm.ts.", []],
    ["see core/mmio.ts", ["core/mmio.ts"]],
    ["linux/kvm_para.h, dist/cpu.wasm.map.ts, mmio.ts", []],
  ])("%s", (text, unknown) => {
    expect(cited(text).filter((path) => !isKnown(path, files))).toEqual(unknown);
  });
});

describe("named", () => {
  const files = new Set(["abi/pci.ts", "hypervisor/x86/msr/trapped.ts", "machine/access.ts"]);

  it.each([
    ["(trapped.ts), pci.ts and msr/nowhere.ts", []],
    ["raises #GP (access.ts); numbers.h", ["access.ts"]],
  ])("%s", (text, unknown) => {
    const path = "hypervisor/x86/msr/list.ts";
    expect(named(text).filter((name) => !isNear(name, path, files))).toEqual(unknown);
  });
});

describe("codeLeft", () => {
  it("is what the last page of code has left", () => {
    const elf = new DataView(new ArrayBuffer(0x40 + 2 * 0x40));
    elf.setBigUint64(0x28, 0x40n, true);
    elf.setUint16(0x3a, 0x40, true);
    elf.setUint16(0x3c, 2, true);
    // Code from 0x180 on, and what is no code behind it.
    elf.setBigUint64(0x40 + 0x08, 0x6n, true);
    elf.setBigUint64(0x40 + 0x10, 0xfffffffff0000180n, true);
    elf.setBigUint64(0x40 + 0x20, 0x1e71n, true);
    elf.setBigUint64(0x80 + 0x08, 0x2n, true);
    elf.setBigUint64(0x80 + 0x10, 0xfffffffff0002000n, true);
    elf.setBigUint64(0x80 + 0x20, 0x1440n, true);
    expect(codeLeft(new Uint8Array(elf.buffer))).toBe(15);
  });
});

describe("namesOf", () => {
  const core = "hypervisor/core/boot.ts";

  it.each([
    ["const type = IOMMU_TYPE_AMD;", "IOMMU_TYPE_"],
    ["/** Opens a port. */", "port"],
    ["import { sendIpi } from '../x86/platform.ts';", "x86"],
    ["// the local APIC", "APIC"],
    ["/** MPIDR of a CPU. */", "MPIDR"],
  ])("finds %s", (line, word) => {
    expect(namesOf(core, `\n${line}`)).toEqual([
      expect.stringMatching(`^${core}:2 names .*${word}`),
    ]);
    expect(namesOf("hypervisor/x86/exits.ts", line)).toEqual([]);
  });

  it.each(["VMCB_CLEAN", "a VMRUN", "EFER_SVME", "the ASID"])("finds a vendor's %s", (word) => {
    expect(namesOf("platforms/metal/x86/run.ts", `// ${word}`)).toHaveLength(1);
    expect(namesOf("platforms/metal/stop.ts", `// ${word}`)).toHaveLength(1);
    expect(namesOf("platforms/metal/x86/amd/exits.ts", `// ${word}`)).toEqual([]);
  });

  it.each([
    ["platforms/metal/pool.ts", "// a page for CR3", "CR3"],
    ["platforms/metal/pool.ts", 'import { x } from "../../abi/x86/msr.ts";', "x86"],
    ["platforms/metal/native/report.c", "/* UD2 */", "UD2"],
    ["platforms/metal/native/members.h", "// EL2's", "EL2"],
    ["platforms/metal/pool.ts", 'import { pause } from "./x86/cpu.ts";', undefined],
    ["platforms/metal/x86/native/runtime.c", "/* UD2 */", undefined],
  ])("%s: %s", (path, line, word) => {
    expect(namesOf(path, line)).toEqual(
      word === undefined ? [] : [expect.stringContaining(`names ${word}`)],
    );
  });

  it("lets given formats have their names", () => {
    expect(namesOf(core, "load<u32>(config, CELL_NUM_PIO) * PIO_SIZE; support(reports);")).toEqual(
      [],
    );
  });
});

describe("linkFault", () => {
  it.each([
    ["https://example.org", undefined],
    ["types.ts", undefined],
    ["../config/README.md#config", undefined],
    ["#config", undefined],
    ["nowhere.ts", "does not exist"],
    ["#nowhere", "no such heading"],
    ["../../elsewhere.md", "out of the repository"],
  ])("%s", (link, message) => {
    const fault = linkFault("config/README.md", link);
    if (message === undefined) expect(fault).toBeUndefined();
    else expect(fault).toContain(message);
  });
});

/** A path from the root, put together here so that this file names none. */
const absolute = (...parts: string[]) => `/${parts.join("/")}`;

describe("wordFaults", () => {
  it.each([
    [`see ${absolute("work", "x")}`, 1],
    [`a path like inmates${absolute("work", "x")}`, 0],
    [`in ${absolute("home", "someone", "x")}`, 1],
    [`"resolved": "${"http"}://localhost/x"`, 1],
    ['"resolved": false', 0],
    [`../${"shared"}/x`, 1],
    ["shared memory", 0],
    [`one\ntwo ${absolute("root", "x")}`, 1],
  ])("%s", (text, count) => {
    expect(wordFaults("file", text)).toHaveLength(count);
  });
});

describe("versionFault", () => {
  const form = /^VERSION (\S+)$/m;
  it.each([
    ["VERSION 1.2.3\n", undefined],
    ["VERSION 1.2.2\n", "a is of 1.2.2, package.json of 1.2.3"],
    ["\n", "a is of no release, package.json of 1.2.3"],
  ])("reads %j", (text, fault) => {
    expect(versionFault("a", text, form, "1.2.3")).toBe(fault);
  });
});
