// The Debian packages that the metal commands need, and which of them are missing here.

import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Something that must be installed. */
export interface Package {
  /** Its name on Debian and Ubuntu. */
  readonly name: string;
  /** What it is needed for, for people. */
  readonly purpose: string;
  readonly isInstalled: () => boolean;
}

/** A metal command cannot run here; the message has one line for each reason. */
export class MissingPackages extends Error {
  override readonly name = "MissingPackages";
}

/** Where programs are that an ordinary user's PATH may leave out. */
const SYSTEM_PATHS = ["/usr/sbin", "/sbin"];

/** The absolute path of a program; undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const directories = [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_PATHS];
  return directories.map((directory) => join(directory, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const program = (name: string) => () => findProgram(name) !== undefined;

/** Where kernel header packages unpack to. */
const HEADERS = "/usr/src";
const HEADERS_NAME = /^linux-headers-(.+-amd64)$/;

/** The newest kernel version (as `uname -r` says it) whose headers are installed; undefined when none are. */
export function headersVersion(): string | undefined {
  if (!existsSync(HEADERS)) return undefined;
  const versions = readdirSync(HEADERS)
    .map((name) => HEADERS_NAME.exec(name)?.[1])
    .filter((version) => version !== undefined);
  return versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
}

/** The version of clang that is, or would be, installed: part of its compiler runtime's package name. */
function clangVersion(): string {
  const text = ["clang", "apt-cache"].map((name) => {
    const args = name === "clang" ? ["--version"] : ["depends", "clang"];
    return spawnSync(name, args, { encoding: "utf8" }).stdout ?? "";
  });
  return /version (\d+)/.exec(text[0]!)?.[1] ?? /Depends: clang-(\d+)/.exec(text[1]!)?.[1] ?? "14";
}

/** clang's compiler runtime for 32-bit code, in any version. */
function hasCompilerRuntime(): boolean {
  const found = spawnSync("clang", ["-m32", "-print-libgcc-file-name", "-rtlib=compiler-rt"], {
    encoding: "utf8",
  });
  return found.status === 0 && existsSync(found.stdout.trim());
}

/** The programs of the beds (beds/). */
export const QEMU_PROGRAM = "qemu-system-x86_64";
export const BOCHS_PROGRAM = "bochs";
export const BOCHS_BIOS = "/usr/share/bochs/BIOS-bochs-latest";
export const BOCHS_VGA_BIOS = "/usr/share/bochs/VGABIOS-lgpl-latest";

export const QEMU_PACKAGES: readonly Package[] = [
  {
    name: "qemu-system-x86",
    purpose: "the machine: QEMU emulates an AMD CPU with SVM",
    isInstalled: program(QEMU_PROGRAM),
  },
];

const XZ: Package = {
  name: "xz-utils",
  purpose: "unpacking the kernel",
  isInstalled: program("xz"),
};

/** Of the project's own PC. */
export const PC_PACKAGES: readonly Package[] = [XZ];

export const BOCHS_PACKAGES: readonly Package[] = [
  {
    name: "bochs",
    purpose: "another machine: Bochs emulates AMD CPUs with SVM",
    isInstalled: program(BOCHS_PROGRAM),
  },
  { name: "bochsbios", purpose: "its BIOS", isInstalled: () => existsSync(BOCHS_BIOS) },
  { name: "vgabios", purpose: "its video BIOS", isInstalled: () => existsSync(BOCHS_VGA_BIOS) },
  XZ,
];

const BUSYBOX = ["/bin/busybox", "/usr/bin/busybox"];

/** The program of all programs that the guest has; to be called only where its package is installed. */
export const busybox = () => BUSYBOX.find((path) => existsSync(path)) as string;

/** What a guest with a real Linux is made of. */
export const GUEST_PACKAGES: readonly Package[] = [
  {
    name: "busybox-static",
    purpose: "the guest's shell and tools",
    isInstalled: () => BUSYBOX.some((path) => existsSync(path)),
  },
  {
    name: "e2fsprogs",
    purpose: "the guest's disk",
    isInstalled: program("mkfs.ext4"),
  },
  {
    name: "linux-headers-amd64",
    purpose: "building the driver; the guest's kernel has the same version",
    isInstalled: () => headersVersion() !== undefined,
  },
];

/** What translates the hypervisor to an image and builds the driver. */
export const BUILD_PACKAGES: readonly Package[] = [
  { name: "wabt", purpose: "wasm2c: hypervisor.wasm to C", isInstalled: program("wasm2c") },
  { name: "clang", purpose: "compiling the image", isInstalled: program("clang") },
  { name: "lld", purpose: "linking the image", isInstalled: program("ld.lld") },
  {
    name: `libclang-rt-${clangVersion()}-dev`,
    purpose: "64-bit division in 32-bit inmates",
    isInstalled: hasCompilerRuntime,
  },
  { name: "gcc", purpose: "compiling the driver", isInstalled: program("gcc") },
  { name: "make", purpose: "building the driver", isInstalled: program("make") },
];

/** The board of beds/virt.ts, and what builds a module for its kernel; kernel and busybox are unpacked, not installed. */
export const ARM64_QEMU_PROGRAM = "qemu-system-aarch64";
export const ARM64_COMPILER_PREFIX = "aarch64-linux-gnu-";
export const ARM64_PACKAGES: readonly Package[] = [
  {
    name: "qemu-system-arm",
    purpose: "the board: QEMU emulates an Arm64 processor with EL2",
    isInstalled: program(ARM64_QEMU_PROGRAM),
  },
  {
    name: "gcc-aarch64-linux-gnu",
    purpose: "building modules for its kernel",
    isInstalled: program(`${ARM64_COMPILER_PREFIX}gcc`),
  },
  {
    name: "linux-headers-amd64",
    purpose: "building modules: the kernel's programs for this computer",
    isInstalled: () => headersVersion() !== undefined,
  },
];

/** What builds the agent of computers without Node. */
export const AGENT_PACKAGES: readonly Package[] = [
  { name: "musl-tools", purpose: "a small static agent", isInstalled: program("musl-gcc") },
  { name: "make", purpose: "building the agent", isInstalled: program("make") },
];

/** What carries a session to another computer over ssh. */
export const SSH_PACKAGES: readonly Package[] = [
  { name: "openssh-client", purpose: "targets behind ssh", isInstalled: program("ssh") },
  { name: "openssh-server", purpose: "the other end, for tests", isInstalled: program("sshd") },
];

/** All that the metal commands need, on every bed. */
export const METAL_PACKAGES: readonly Package[] = [
  ...QEMU_PACKAGES,
  ...BOCHS_PACKAGES,
  ...GUEST_PACKAGES,
  ...BUILD_PACKAGES,
  ...AGENT_PACKAGES,
];

/** Those of the packages that are not installed. */
export function missingPackages(packages: readonly Package[] = METAL_PACKAGES): Package[] {
  return packages.filter(({ isInstalled }) => !isInstalled());
}

/** Throws MissingPackages, a line for each, unless all are installed. */
export function requirePackages(packages: readonly Package[] = METAL_PACKAGES): void {
  const missing = missingPackages(packages);
  if (missing.length === 0) return;
  const lines = missing.map(({ name, purpose }) => `Missing Debian package: ${name} (${purpose})`);
  throw new MissingPackages([...lines, "Install them with: npm run metal:setup"].join("\n"));
}
