// An image that lets no CPU go before all have asked for it, as the original's does: the project's with another `disable`.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMON_OPTIONS, MODULES } from "../../../tools/build.mjs";
import { buildImage } from "../../../tools/metal/image.ts";
import { ROOT } from "../../../tools/root.ts";
import { packTexts } from "../../../tools/texts.mjs";

const ASC = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
const CONTROL = "hypervisor/core/control.ts";
/** Where a CPU asks for it. */
const ASKED = "    case HC_DISABLE:\n";
const HOLDING = `${ASKED}      awaitOthers(cpu);\n      return resultOf(manageExclusively(cpu, code, argument1));\n`;
const AWAIT_OTHERS = `
const COME: usize = memory.data(4, 4);

function awaitOthers(caller: u32): void {
  let count: u32 = 0;
  for (let cpu: u32 = 0; cpu < 256; cpu++) if (cpuExists(cpu)) count++;
  lock();
  store<u32>(COME, load<u32>(COME) + 1);
  unlock();
  while (load<u32>(COME) < count) relax(caller);
}
`;

/** Builds it; for AMD-V. */
export function holdingImage(): Uint8Array {
  const tree = mkdtempSync(join(tmpdir(), "holding-"));
  try {
    for (const room of ["abi", "hypervisor"])
      cpSync(join(ROOT, room), join(tree, room), { recursive: true });
    const text = readFileSync(join(tree, CONTROL), "utf8");
    const changed = text
      .replace(ASKED, HOLDING)
      .replace("{ lock, poolPages,", "{ lock, poolPages, relax,");
    if (!changed.includes(HOLDING) || !changed.includes("relax,"))
      throw new Error(`${CONTROL} has changed: this test replaces some of its text`);
    writeFileSync(join(tree, CONTROL), changed + AWAIT_OTHERS);
    const core = join(tree, "core.wasm");
    const { entry, options } = MODULES.find(({ name }) => name === "hypervisor")!;
    execFileSync(process.execPath, [ASC, entry, ...COMMON_OPTIONS, ...options, "-o", core], {
      cwd: tree,
      stdio: ["ignore", "ignore", "pipe"],
    });
    writeFileSync(core, packTexts(readFileSync(core)));
    return buildImage({ root: ROOT, core, platform: join(ROOT, "dist/metal-amd.wasm") }).bytes;
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}
