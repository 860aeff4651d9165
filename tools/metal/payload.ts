// What the guest's memory holds at the beginning: busybox, kernel modules, and the parts of this clone that run in it.

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CELL_MSG_REPLY_TIMEOUT, SIGNATURE_SIZE } from "../../abi/config.ts";
import { SIGNATURES } from "../../config/encode.ts";
import type { Entry } from "../../control/guest/cpio.ts";
import type { KernelModule } from "../../control/guest/modules.ts";
import { ROOT } from "../root.ts";
import type { Disk } from "./disk.ts";
import { busybox } from "./packages.ts";

/** Rooms of dist/ that the command is made of. */
const ROOMS = ["abi", "cli", "config", "configs", "control", "machine", "platforms/emulated"];
/** Modules of the emulated PC, whose CPU knows how to write instructions down. */
const MODULES = ["dist/cpu.wasm", "dist/hypervisor.wasm"];
/** koffi's native code is in packages of their own. */
const NATIVE = "@koromix";
/** Sources and notes of packages are of no use to a guest. */
const USELESS = /\.(map|md|test\.js|d\.ts|d\.cts|d\.mts)$|\/(doc|vendor)\//;
const EXECUTABLE = 0o755;
/** More polls of an answer than there is time for. */
const POLLS = 2n ** 40n;
const SCRIPTS = join(ROOT, "tools", "metal", "guest");

const TITLE = "A Debian Linux on an AMD machine with 4 CPUs, nothing of Jailhouse in it yet.";
const MOTD = `
${TITLE} Try:
  insmod driver/jailhouse.ko
  jailhouse enable configs/qemu-x86.cell
  jailhouse cell create configs/apic-demo.cell
  jailhouse cell load apic-demo inmates/demos/x86/apic-demo.bin -a 0xf0000
  jailhouse cell start apic-demo
  jailhouse cell list
"exit" ends the machine.

`;
/** Where the command does not run. */
const MOTD_OUTSIDE = `
${TITLE} Try insmod driver/jailhouse.ko,
and then jailhouse outside, as said before it booted. "exit" ends the machine.

`;

/** Adds a file, or all files of a directory, under a path of the guest. */
function addTree(tree: Map<string, Entry>, source: string, target: string): void {
  if (!existsSync(source)) return;
  if (statSync(source).isFile()) {
    tree.set(target, { data: readFileSync(source), mode: statSync(source).mode & 0o777 });
    return;
  }
  for (const name of (readdirSync(source, { recursive: true }) as string[]).sort()) {
    const path = join(source, name);
    if (USELESS.test(path) || !statSync(path).isFile()) continue;
    tree.set(join(target, name), { data: readFileSync(path) });
  }
}

function addSystem(tree: Map<string, Entry>, { disk, modules, agent }: Parts): void {
  tree.set("bin/busybox", { data: readFileSync(busybox()), mode: EXECUTABLE });
  for (const name of ["proc", "sys", "dev", "tmp", "run", "disk", "root"]) {
    tree.set(name, { directory: true });
  }
  for (const name of ["agent", "shell"]) {
    tree.set(`etc/${name}`, { data: readFileSync(join(SCRIPTS, name)), mode: EXECUTABLE });
  }
  tree.set("init", { data: readFileSync(join(SCRIPTS, "init")), mode: EXECUTABLE });
  tree.set("etc/motd", { data: Buffer.from(agent ? MOTD_OUTSIDE : MOTD) });
  if (agent) tree.set("sbin/jailhouse-agent", { data: agent, mode: EXECUTABLE });
  tree.set("etc/passwd", { data: Buffer.from("root::0:0:root:/root:/bin/sh\n") });
  for (const path of disk.paths) tree.set(path.slice(1), { link: `/disk${path}` });
  for (const { name, data } of modules) tree.set(`modules/${name}.ko`, { data });
  const order = modules.map(({ name }) => `${name}\n`).join("");
  tree.set("modules/order", { data: Buffer.from(order) });
}

/** Packages that the command needs. */
function packages(): string[] {
  const text = readFileSync(join(ROOT, "package.json"), "utf8");
  const { dependencies } = JSON.parse(text);
  return [...Object.keys(dependencies), "koffi", NATIVE];
}

/** Adds a file or directory of the clone at its place. */
const addPart = (tree: Map<string, Entry>, path: string) =>
  addTree(tree, join(ROOT, path), join("jailhouse", path));

/**
 * A cell's configuration under which it may take a minute for its answer, which is as long as the hypervisor ever waits, instead of
 * a second: a busy host may stop a cell for that long. Others are as they were.
 */
export function patient(config: Uint8Array): Buffer {
  const bytes = Buffer.from(config);
  const isCell = bytes.toString("latin1", 0, SIGNATURE_SIZE) === SIGNATURES.cell;
  if (isCell) bytes.writeBigUInt64LE(POLLS, CELL_MSG_REPLY_TIMEOUT);
  return bytes;
}

/** The command, and what it works with. */
function addClone(tree: Map<string, Entry>): void {
  const add = (path: string) => addPart(tree, path);
  add("package.json");
  for (const room of ROOMS) add(join("dist", room));
  for (const path of MODULES) add(path);
  for (const name of packages()) add(join("node_modules", name));
  for (const name of readdirSync(join(ROOT, "configs"))) {
    if (!name.endsWith(".cell")) continue;
    const path = join("configs", name);
    tree.set(join("jailhouse", path), { data: patient(readFileSync(join(ROOT, path))) });
  }
  add("configs/x86");
  add("inmates/demos/x86");
  add("abi");
  addScripts(tree, ["jailhouse", "jailhouse.mjs"]);
}

function addScripts(tree: Map<string, Entry>, names: readonly string[]): void {
  for (const name of names)
    tree.set(`jailhouse/bin/${name}`, {
      data: readFileSync(join(SCRIPTS, name)),
      mode: EXECUTABLE,
    });
}

/** What the guest is made of, besides Linux. */
export interface Parts {
  readonly disk: Disk;
  readonly modules: readonly KernelModule[];
  /** The hypervisor's images by their names; undefined: none. */
  readonly firmware?: ReadonlyMap<string, Buffer> | undefined;
  /** jailhouse-agent, in the place of the command, which then runs outside; undefined: none. */
  readonly agent?: Buffer | undefined;
  /** jailhouse.ko; undefined: none. */
  readonly driver?: Buffer | undefined;
  /** More files, by their paths in the guest without the leading slash. */
  readonly extra?: ReadonlyMap<string, Entry> | undefined;
}

/** The guest's first file system. The clone's parts are in /jailhouse, its working directory. */
export function guestTree(parts: Parts): Map<string, Entry> {
  const { agent, firmware, driver, extra } = parts;
  const tree = new Map<string, Entry>();
  addSystem(tree, parts);
  if (!agent) addClone(tree);
  addPart(tree, "tools/config-collect.sh");
  addScripts(tree, ["workload"]);
  for (const [name, data] of firmware ?? []) tree.set(`lib/firmware/${name}`, { data });
  if (driver) tree.set("jailhouse/driver/jailhouse.ko", { data: driver });
  for (const [path, entry] of extra ?? []) tree.set(path, entry);
  return tree;
}
