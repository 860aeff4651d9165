// What other commands take beside any inmate: `cell list`, from shell to shell, beside the same on a machine whose cell is idle.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { figure, median, table, times } from "./measure.ts";

const ROOT = join(fileURLToPath(import.meta.url), "../../..");
const JAILHOUSE = join(ROOT, "tools/jailhouse");
const RUNS = 7;
/** At most this ratio is aimed at. */
const AIM = 3;

/** Code at f000:0, 16 bits, where apic-demo's CPU starts. */
const INMATES: Readonly<Record<string, readonly number[]>> = {
  "halted for good": [0xfa, 0xf4],
  "jumps to itself": [0xeb, 0xfe],
  // add [bx+si], al over and over, around its segment: what was loaded are zeros.
  "is zeroed memory": new Array<number>(0xfff0).fill(0),
  // mov byte [cs:0], 0x2e, which is there already; jmp 0
  "writes its own code": [0x2e, 0xc6, 0x06, 0x00, 0x00, 0x2e, 0xeb, 0xf8],
  // cpuid; jmp
  "leaves for the hypervisor all the time": [0x0f, 0xa2, 0xeb, 0xfc],
};

function jailhouse(env: NodeJS.ProcessEnv, ...words: string[]): void {
  execFileSync(process.execPath, [JAILHOUSE, ...words], { stdio: "ignore", env });
}

/** Milliseconds of `cell list` beside an inmate. */
async function beside(directory: string, code: readonly number[]): Promise<number> {
  const env = { ...process.env, JAILHOUSE_RUNTIME_DIR: join(directory, "run") };
  const image = join(directory, "image");
  writeFileSync(image, Uint8Array.from(code));
  jailhouse(env, "machine", "start");
  try {
    jailhouse(env, "enable", join(ROOT, "configs/qemu-x86.cell"));
    jailhouse(env, "cell", "create", join(ROOT, "configs/apic-demo.cell"));
    jailhouse(env, "cell", "load", "apic-demo", image, "-a", "0xf0000");
    jailhouse(env, "cell", "start", "apic-demo");
    return median(await times(RUNS, () => jailhouse(env, "cell", "list")));
  } finally {
    jailhouse(env, "machine", "stop");
  }
}

/** Prints what `cell list` takes beside inmates of all kinds, over what it takes beside one that is idle. */
export async function benchAvailability(): Promise<void> {
  const rows: string[][] = [];
  let idle: number | undefined;
  for (const [name, code] of Object.entries(INMATES)) {
    const directory = mkdtempSync(join(tmpdir(), "bench-"));
    try {
      const value = await beside(directory, code);
      idle ??= value;
      rows.push([name, figure(value), figure(value / idle), `${AIM}`]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }
  console.log(table(["cell list beside an inmate that", "ms", "× idle", "aim"], rows));
}
