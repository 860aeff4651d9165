// By hand, for it takes minutes: Debian's programs in Debian's Linux on the emulated PC, from a disk; a line of a table for each.
// npx jiti test/linux/programs/campaign.ts [--release 6.1] [--cpus 4] [--cpu amd] [--only TEXT]
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { startLinux } from "../../../control/guest/linux.ts";
import { unpackKernel } from "../../../tools/metal/beds/bochs/vmlinux.ts";
import { findRelease } from "../../../tools/metal/releases.ts";
import { complaints } from "../complaints.ts";
import { CHECKS, mount } from "./checks.ts";
import { programsDisk } from "./disk.ts";

const SECOND = 1e9;
const text = { type: "string" } as const;
const { values } = parseArgs({ options: { release: text, cpus: text, cpu: text, only: text } });
const { release = "6.1", cpus = "4", cpu = "amd", only = "" } = values;

const image = findRelease(release);
const name = basename(image);
const linux = await startLinux({
  kernel: { name, data: unpackKernel(readFileSync(image)) },
  moduleDirectory: join(dirname(image), "../lib/modules", name.replace("vmlinuz-", "")),
  disks: [programsDisk()],
  ...{ cpus: Number(cpus), cpu, memory: 1 << 30, fresh: true },
});
const row = (cells: readonly string[]) => process.stdout.write(`| ${cells.join(" | ")} |\n`);
row([`${release}, ${cpu}, ${cpus} CPUs`, "virtual s", "CPU s", "result"]);
row(Array(4).fill("---"));
await mount(linux);
for (const check of CHECKS.filter((one) => one.name.includes(only))) {
  const cpuStart = process.cpuUsage();
  const start = linux.session.machine.time;
  const result = await check.run(linux).then(
    () => "as expected",
    (error) => String(error.hint ?? error.message),
  );
  const { user, system } = process.cpuUsage(cpuStart);
  const virtual = (linux.session.machine.time - start) / SECOND;
  row([check.name, virtual.toFixed(2), ((user + system) / 1e6).toFixed(0), result]);
}
row(["complaints in dmesg", "", "", (await complaints(linux)).join("; ") || "none"]);
await linux.powerOff();
await linux.close();
