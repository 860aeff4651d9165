// What gcc and clang make of floating point and the rest of C, at every level of optimisation: the same objects say the same in a cell of
// the emulated PC and on the processor that runs the tests; the PC says so under an arm64 Node as well.
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../../tools/root.ts";
import { CAN_BUILD } from "../sdk/project.ts";
import { ARM64, fetchArm64Node, HAS_ARM64 } from "./arm64.ts";
import { runImage } from "./run.ts";

const LEVELS = ["-O0", "-O1", "-O2", "-O3"];
const BUILDS = ["gcc", "clang"].flatMap((compiler) => LEVELS.map((level) => ({ compiler, level })));
/** Only these may be calculated in another order by another compiler. */
const FAST = /^fast /;
const isHere = process.platform === "linux" && process.arch === "x64";

describe.skipIf(!CAN_BUILD || !isHere)("the torture set", () => {
  let directory: string;
  let common: string[];
  const digests = new Map<string, string>();
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "torture-"));
    cpSync(join(ROOT, "test/torture"), directory, { recursive: true });
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it.each(BUILDS)("$compiler $level", async ({ compiler, level }) => {
    const sdk = `JAILHOUSE_SDK=${join(ROOT, "sdk")}`;
    const options = { cwd: directory, encoding: "utf8" } as const;
    execFileSync("make", ["-s", "-j2", sdk, `CC=${compiler}`, `LEVEL=${level}`], options);
    const native = execFileSync(join(directory, "native"), options).trimEnd();
    const lines = native.split("\n");
    expect(lines.at(-1)).toBe("end");
    const image = `${compiler}${level}.bin`;
    renameSync(join(directory, "torture.bin"), join(directory, image));
    expect(await runImage(readFileSync(join(directory, image)))).toEqual(lines);
    // A compiler's own doubt: whatever was built, by whichever compiler, says the same.
    const rest = lines.filter((line) => !FAST.test(line));
    common ??= rest;
    expect(rest).toEqual(common);
    digests.set(image, createHash("sha256").update(native).digest("hex"));
  });

  it.skipIf(!HAS_ARM64)("has the same digests under an arm64 Node", async () => {
    execFileSync(process.execPath, [join(ROOT, "tools/run.mjs"), "build"], { stdio: "ignore" });
    const node = fetchArm64Node(directory);
    const images = [...digests.keys()];
    expect(images).toHaveLength(BUILDS.length);
    const program = join(ROOT, "dist/test/torture/digest.js");
    const { stdout } = await promisify(execFile)(ARM64.emulator, [...node, program, ...images], {
      cwd: directory,
    });
    expect(stdout.trimEnd().split("\n")).toEqual([
      "arm64",
      ...images.map((image) => `${digests.get(image)}  ${image}`),
    ]);
  });
});
