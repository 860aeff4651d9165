// A booted Linux that other processes go on from.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../tools/root.ts";
import { kernels } from "./kernel.ts";

/** Milliseconds; a boot takes seconds on an idle computer. */
const PATIENCE = 600_000;
const JITI = join(ROOT, "node_modules/jiti/lib/jiti-cli.mjs");

let top: string;
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), "snapshots-"));
  if (!kernels) return;
  writeFileSync(join(top, "vmlinux"), kernels.vmlinux.data);
  const library = pathToFileURL(join(ROOT, "control/guest/linux.ts"));
  writeFileSync(
    join(top, "start.mts"),
    `import { startLinux } from "${library}";
let boots = null;
const onProgress = (time, line) => { boots = [time, line]; };
const linux = await startLinux({ kernel: process.argv[2], seed: Number(process.argv[3]), onProgress });
const before = await linux.session.fingerprint();
const { out } = await linux.run("dmesg | tail -n 3; date; cat /proc/sys/kernel/random/uuid");
const console_ = await linux.console();
console.log(JSON.stringify([boots, before, out, console_, await linux.session.fingerprint()]));
await linux.close();
`,
  );
});
afterAll(() => rmSync(top, { recursive: true }));

/** The last progress of a boot: virtual nanoseconds, and the console's last line. */
type Progress = [time: number, line: string] | null;

/** Starts a Linux in a process of its own; how its boot went, if it has booted, and what it was like. */
async function start(seed = 0): Promise<{ boots: Progress; state: unknown[] }> {
  const env = { ...process.env, XDG_CACHE_HOME: join(top, "cache") };
  const args = [JITI, join(top, "start.mts"), join(top, "vmlinux"), `${seed}`];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const [boots, ...state] = JSON.parse(await text(child.stdout));
  return { boots, state };
}

describe.skipIf(!kernels)("a Linux that has booted", () => {
  test("is there at once in another process, the same; a damaged snapshot is not", {
    timeout: PATIENCE,
  }, async () => {
    const first = await start();
    const second = await start();
    expect(first.boots).toEqual([expect.any(Number), expect.stringMatching(/^\[ +\d+\.\d+\] /)]);
    expect(first.boots![0]).toBeGreaterThan(1e9);
    expect(second.boots).toBeNull();
    expect(second.state).toEqual(first.state);

    const directory = join(top, "cache/jailhouse-ts/snapshots");
    const [name, ...others] = readdirSync(directory);
    expect(others).toEqual([]);
    const path = join(directory, name!);
    const file = readFileSync(path);
    const damaged = Buffer.from(file);
    damaged[file.length >> 1]! ^= 1;
    writeFileSync(path, damaged);
    const third = await start();
    expect(third.boots).toEqual(first.boots);
    expect(third.state).toEqual(first.state);
    expect(readFileSync(path).equals(file)).toBe(true);
  });

  test("with other options is another one", { timeout: PATIENCE }, async () => {
    const other = await start(1);
    expect(other.boots).not.toBeNull();
    expect(other.state).not.toEqual((await start()).state);
  });
});
