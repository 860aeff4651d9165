// Collects the data that `config create` reads from QEMU machines of many kinds, into test/data/machines/*.tar.gz: node
// dist/tools/collect-machines.js [NAME…]. The files are committed; this makes them anew, a minute each.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Entry, writeCpio } from "../control/guest/cpio.ts";
import { findKernel } from "./metal/kernel.ts";
import { findProgram } from "./metal/packages.ts";
import { ROOT } from "./root.ts";

const QEMU = "qemu-system-x86_64";
const DATA = join(ROOT, "test/data/machines");
const TIMEOUT = 300_000;
const BEGIN = "-----BEGIN-----";
const END = "-----END-----";

const AMD = ["-cpu", "EPYC,+svm,+npt"];
const INTEL = ["-cpu", "Skylake-Server"];
const E1000 = ["-nic", "user,model=e1000e"];
const VIRTIO = ["-nic", "user,model=virtio-net-pci", "-device", "virtio-rng-pci"];
const DEMO = [
  ...["-vga", "std", "-audiodev", "none,id=sound", "-device", "intel-hda,addr=1b.0"],
  ...["-device", "hda-duplex,audiodev=sound", ...E1000],
];

/** Machines by name: RAM, CPUs, and what else they have. */
export const MACHINES: Readonly<Record<string, readonly string[]>> = {
  // The machine of tools/metal, with the memory that its kernel option keeps.
  "q35-1g-4-amd-demo": ["-m", "1G", "-smp", "4", ...AMD, ...DEMO],
  // The same with the card that configs/x86/qemu-x86-e1000.ts describes.
  "q35-1g-4-amd-demo-e1000": [
    ...["-m", "1G", "-smp", "4", ...AMD, ...DEMO],
    ...["-device", "e1000,addr=19"],
  ],
  "q35-256m-1-amd-e1000": ["-m", "256M", "-smp", "1", ...AMD, ...E1000],
  "q35-1g-4-amd-virtio": ["-m", "1G", "-smp", "4", ...AMD, ...VIRTIO],
  "q35-6g-8-amd-iommu-e1000": [
    "-m",
    "6G",
    "-smp",
    "8,threads=2",
    ...AMD,
    ...E1000,
    "-device",
    "amd-iommu",
  ],
  "q35-1g-4-amd-iommu-virtio": ["-m", "1G", "-smp", "4", ...AMD, ...VIRTIO, "-device", "amd-iommu"],
  "q35-256m-4-intel-iommu-virtio": [
    "-m",
    "256M",
    "-smp",
    "4",
    ...INTEL,
    ...VIRTIO,
    "-device",
    "intel-iommu",
  ],
  "q35-6g-8-intel-iommu-e1000": [
    "-m",
    "6G",
    "-smp",
    "8",
    ...INTEL,
    ...E1000,
    "-device",
    "intel-iommu",
  ],
  "q35-6g-1-intel-virtio": ["-m", "6G", "-smp", "1", ...INTEL, ...VIRTIO],
};

const KERNEL_OPTIONS: Readonly<Record<string, string>> = {
  "q35-1g-4-amd-demo": "memmap=82M$0x3a000000",
  "q35-1g-4-amd-demo-e1000": "memmap=82M$0x3a000000",
};

/** The program that runs first: mounts what is read, collects, sends the archive as text, and switches off. */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mkdir -p /proc /sys /tmp /dev
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
sh /collect.sh /tmp/machine.tar
{ echo "${BEGIN}"; gzip -9 </tmp/machine.tar | base64; echo "${END}"; } >/dev/ttyS0
sleep 5
poweroff -f
`;

function initramfs(): Uint8Array {
  const busybox = findProgram("busybox");
  if (!busybox) throw new Error("busybox is missing: install busybox-static");
  const executable = (data: Uint8Array): Entry => ({ data, mode: 0o755 });
  return writeCpio(
    new Map<string, Entry>([
      ["bin", { directory: true }],
      ["dev", { directory: true }],
      ["bin/busybox", executable(readFileSync(busybox))],
      ["collect.sh", executable(readFileSync(join(ROOT, "tools/config-collect.sh")))],
      ["init", executable(Buffer.from(INIT))],
    ]),
  );
}

/** What QEMU's serial line said until it ended. */
function boot(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const qemu = spawn(findProgram(QEMU) ?? QEMU, args, { stdio: ["ignore", "pipe", "ignore"] });
    const timer = setTimeout(() => qemu.kill("SIGKILL"), TIMEOUT);
    let text = "";
    qemu.stdout.setEncoding("latin1").on("data", (piece) => {
      text += piece;
    });
    qemu.once("error", reject);
    qemu.once("close", () => {
      clearTimeout(timer);
      resolve(text);
    });
  });
}

async function collect(name: string, archive: string): Promise<void> {
  const { image } = findKernel((text) => console.log(text));
  const text = await boot([
    ...["-accel", "tcg", "-machine", "q35", "-display", "none", "-no-reboot", "-nodefaults"],
    ...["-serial", "stdio", "-kernel", image, "-initrd", archive],
    ...["-append", `console=ttyS0 panic=-1 quiet no_timer_check ${KERNEL_OPTIONS[name] ?? ""}`],
    ...MACHINES[name]!,
  ]);
  const [, body] = new RegExp(`${BEGIN}([\\s\\S]*?)${END}`).exec(text) ?? [];
  if (body === undefined) throw new Error(`${name}: nothing was collected\n${text.slice(-2000)}`);
  const bytes = Buffer.from(body.replace(/\s/g, ""), "base64");
  mkdirSync(DATA, { recursive: true });
  writeFileSync(join(DATA, `${name}.tar.gz`), bytes);
  console.log(`${name}: ${bytes.length} bytes`);
}

async function main(names: readonly string[]): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-collect-"));
  const archive = join(directory, "initramfs.cpio");
  try {
    writeFileSync(archive, initramfs());
    for (const name of names.length > 0 ? names : Object.keys(MACHINES))
      await collect(name, archive);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  await main(process.argv.slice(2));
