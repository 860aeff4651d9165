import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encode } from "./encode.ts";
import { ConfigError, defineCell, defineSystem, loadConfig, MiB } from "./index.ts";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "config-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

async function refusal(path: string): Promise<ConfigError> {
  const result = await loadConfig(path).catch((error: unknown) => error);
  expect(result).toBeInstanceOf(ConfigError);
  return result as ConfigError;
}

const CELL = defineCell({
  name: "loaded",
  cpus: [2],
  memory: [{ physical: MiB(16), size: MiB(1), flags: ["read"] }],
});
const SOURCE = `{
  name: "loaded",
  cpus: [2],
  memory: [{ physical: MiB(16), size: MiB(1), flags: ["read"] }],
}`;

describe("loadConfig", () => {
  it("takes a .cell file, whatever it is called", async () => {
    for (const name of ["a.cell", "b"]) {
      const loaded = await loadConfig(file(name, encode(CELL)));
      expect(loaded.config).toEqual(CELL);
      expect(Buffer.from(loaded.bytes).equals(encode(CELL))).toBe(true);
    }
  });

  it.each(["c.ts", "d.mts", "e.js", "f.mjs"])(
    "takes a module outside of the clone: %s",
    async (name) => {
      const annotation = name.includes("ts") ? ": number" : "";
      const path = file(
        name,
        `import { defineCell, MiB as mib } from "jailhouse-ts/config";
       const MiB = (count${annotation}) => mib(count);
       export default defineCell(${SOURCE});`,
      );
      expect((await loadConfig(path)).config).toEqual(CELL);
    },
  );

  it("takes a module of the clone, which imports this room by its path", async () => {
    const path = fileURLToPath(new URL("../configs/x86/apic-demo.ts", import.meta.url));
    expect((await loadConfig(path)).config).toMatchObject({ name: "apic-demo", cpus: [3] });
  });

  it("takes a module with a module of its own beside it", async () => {
    file("shared.ts", "export const NAME: string = 'shared';");
    const path = file(
      "sharing.ts",
      `import { defineCell } from "jailhouse-ts/config";
       import { NAME } from "./shared.ts";
       export default defineCell({ name: NAME, cpus: [1] });`,
    );
    expect((await loadConfig(path)).config).toMatchObject({ name: "shared" });
  });

  it("takes a module changed since it was loaded", async () => {
    const text = (name: string) =>
      `import { defineCell } from "jailhouse-ts/config"; export default defineCell({ name: "${name}", cpus: [1] });`;
    await loadConfig(file("changing.ts", text("old")));
    const { config } = await loadConfig(file("changing.ts", text("new")));
    expect(config).toMatchObject({ name: "new" });
  });

  it("takes JSON with addresses as text", async () => {
    const memory = [{ physical: "16 MiB", size: "0x100000", flags: ["read"] }];
    const json = { $schema: "x", kind: "cell", name: "loaded", cpus: [2], memory };
    expect((await loadConfig(file("g.json", JSON.stringify(json)))).config).toEqual(CELL);
  });

  it("takes a JSON system", async () => {
    const definition = {
      hypervisorMemory: { physical: 0x3a000000, size: MiB(6) },
      x86: { pmTimer: 0x608 },
      rootCell: { name: "root", cpus: [0] },
    };
    const path = file("h.json", JSON.stringify({ kind: "system", ...definition }));
    expect((await loadConfig(path)).config).toEqual(defineSystem(definition));
  });
});

describe("loadConfig refuses, naming the file in one line", () => {
  it.each([
    ["a missing file", "none.cell", undefined, "file", "No such file or directory"],
    ["a directory", ".", undefined, "file", "Is a directory"],
    ["rubbish", "i.cell", "MZ", "signature", "JHCLL"],
    ["a syntax error", "j.ts", "export default {", "source", ""],
    ["a thrown error", "k.ts", "throw new Error('no luck\\nat all')", "source", "no luck"],
    ["no default export", "l.ts", "export const a = 1;", "source", "no default export"],
    ["another default export", "m.ts", "export default 5;", "source", "not a configuration"],
    ["a made-up configuration", "n.js", 'export default { kind: "cell" };', "value", "cpuSetSize"],
    ["broken JSON", "o.json", "{", "source", "JSON"],
    ["JSON null", "p.json", "null", "key", '"kind"'],
    ["JSON of unknown kind", "q.json", '{"kind":"pizza"}', "key", '"kind"'],
    ["a JSON fault", "r.json", '{"kind":"cell","name":"a","cpus":["x"]}', "value", "cpus[0]"],
    [
      "a definition's fault",
      "s.ts",
      'import { defineCell } from "jailhouse-ts/config"; export default defineCell({ name: "", cpus: [] });',
      "name",
      "name is empty",
    ],
  ])("%s", async (_, name, content, code, message) => {
    const path = content === undefined ? join(directory, name) : file(name, content);
    const error = await refusal(path);
    expect(error.code).toBe(code);
    expect(error.message).toContain(path);
    expect(error.message).toContain(message);
    expect(error.message).not.toContain("\n");
  });
});
