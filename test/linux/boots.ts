// By hand, for it takes a quarter of an hour: Debian's kernels on the emulated PC, a line of a table for each boot (docs/linux.md).
// npx jiti test/linux/boots.ts [--release 6.1,6.12,6.1-rt] [--cpus 1,4,8] [--cpu amd,intel]
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { BootFile } from "../../control/api.ts";
import { startLinux } from "../../control/guest/linux.ts";
import { findRelease } from "../../tools/metal/releases.ts";
import { complaints } from "./complaints.ts";

const MIB = 0x100000;
const SECOND = 1e9;

/** Boots, reboots and powers off; what was seen, as cells of a table. */
async function boot(kernel: BootFile, cpus: number, cpu: string): Promise<string[]> {
  const start = process.cpuUsage();
  const linux = await startLinux({ kernel, cpus, cpu, memory: 512 * MIB, fresh: true });
  try {
    const time = linux.session.machine.time / SECOND;
    const { out } = await linux.run("uname -r; nproc");
    const [version, count] = out.split("\n");
    const found = await complaints(linux);
    await linux.reboot();
    found.push(...(await complaints(linux)));
    await linux.powerOff();
    const { user, system } = process.cpuUsage(start);
    const { resets, endReason = "goes on" } = await linux.session.status();
    const end = `${resets} reboot, ${endReason}`;
    const cost = ((user + system) / 1e6).toFixed(0);
    const said = found.length === 0 ? "none" : found.join("; ");
    return [version!, cpu, `${count} of ${cpus}`, time.toFixed(2), cost, said, end];
  } finally {
    await linux.close();
  }
}

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { release: text, cpus: text, cpu: text } });
const list = (value: string | undefined, standard: string) => (value ?? standard).split(",");
const row = (cells: readonly string[]) => process.stdout.write(`| ${cells.join(" | ")} |\n`);
row(["kernel", "processor", "CPUs", "virtual s", "CPU s", "complaints", "end"]);
row(Array(7).fill("---"));
for (const release of list(values.release, "6.1,6.12,6.1-rt")) {
  const image = findRelease(release);
  const kernel = { name: basename(image), data: readFileSync(image) };
  for (const cpus of list(values.cpus, "1,4,8").map(Number))
    for (const cpu of list(values.cpu, "amd,intel"))
      row(
        await boot(kernel, cpus, cpu).catch((error) => [
          ...[release, cpu, `${cpus}`, "", "", String(error.hint ?? error.stack), "failed"],
        ]),
      );
}
