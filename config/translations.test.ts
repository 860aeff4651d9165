import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { loadConfig } from "./load.ts";
import { originOf } from "./origin.ts";
import { translated } from "./translations.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "translations-"));
  vi.stubEnv("JAILHOUSE_CACHE_DIR", join(directory, "kept"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true });
});

test("a translation is made once, for the same parts", () => {
  const made = vi.fn(() => "code");
  for (const parts of [["a", "b"], ["a", "b"], ["ab"]])
    expect(translated(parts, made)).toBe("code");
  expect(made).toHaveBeenCalledTimes(2);
});

test("only the user may read what is kept", () => {
  translated(["a"], () => "code");
  const [name] = readdirSync(join(directory, "kept"));
  expect(statSync(join(directory, "kept")).mode & 0o077).toBe(0);
  expect(statSync(join(directory, "kept", name!)).mode & 0o077).toBe(0);
});

test("without a directory, or where none can be, nothing is kept", () => {
  const made = vi.fn(() => "code");
  writeFileSync(join(directory, "file"), "");
  for (const place of ["", join(directory, "file")]) {
    vi.stubEnv("JAILHOUSE_CACHE_DIR", place);
    for (const _ of [1, 2]) expect(translated(["a"], made)).toBe("code");
  }
  expect(made).toHaveBeenCalledTimes(4);
});

test("a source with a mistake is translated again each time", () => {
  const made = vi.fn(() => "exports.__JITI_ERROR__ = {}");
  for (const _ of [1, 2]) translated(["a"], made);
  expect(made).toHaveBeenCalledTimes(2);
});

test("a kept module gives the same configuration and the same places", async () => {
  const path = join(directory, "cell.ts");
  writeFileSync(
    path,
    `import { defineCell, lowRam } from "jailhouse-ts/config";
export default defineCell({
  name: "kept", cpus: [1],
  memory: [lowRam({ physical: 0x1000 })],
});`,
  );
  const first = await loadConfig(path);
  expect(readdirSync(join(directory, "kept"))).toHaveLength(1);
  const second = await loadConfig(path);
  expect(second.bytes).toEqual(first.bytes);
  expect(originOf(second.config, "memory[0]")?.line).toBe(4);
});
