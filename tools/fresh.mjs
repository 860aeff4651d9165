// Builds the command of a clone when its sources have changed, and installs first what is missing. What it does on every call
// must be cheap.
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Its modification time says when everything was last known to be built. */
const STAMP = join(ROOT, "dist", ".command.stamp");
/** What the command and its daemons are made of. */
const SOURCES = [
  "abi",
  "cli",
  "config",
  "control",
  "hypervisor",
  "machine",
  "platforms",
  "tools/demo",
  "tools/inmates",
];
const FILES = ["package-lock.json", "tsconfig.json", "tools/build.mjs", "tools/progress.mjs"];

function newest(directory) {
  let time = statSync(directory, { throwIfNoEntry: false })?.mtimeMs;
  if (time === undefined) return 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) time = Math.max(time, newest(path));
    else if (entry.name.endsWith(".ts")) time = Math.max(time, statSync(path).mtimeMs);
  }
  return time;
}

function isFresh() {
  const stamp = statSync(STAMP, { throwIfNoEntry: false })?.mtimeMs;
  if (stamp === undefined || !existsSync(join(ROOT, "node_modules"))) return false;
  if (FILES.some((file) => statSync(join(ROOT, file)).mtimeMs > stamp)) return false;
  return SOURCES.every((room) => newest(join(ROOT, room)) <= stamp);
}

/** Builds as the clone's owner: any command of his does. */
function buildAsOwner() {
  const owner = ["-H", "-u", `#${statSync(ROOT).uid}`];
  const command = [process.execPath, join(ROOT, "bin", "jailhouse"), "--version"];
  const { status } = spawnSync("sudo", [...owner, ...command], { stdio: ["ignore", "ignore", 2] });
  if (status !== 0) process.exit(1);
}

function build() {
  const start = new Date();
  const command = [join(ROOT, "tools", "run.mjs"), "build"];
  const { status } = spawnSync(process.execPath, command, { stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(1);
  closeSync(openSync(STAMP, "w"));
  // What was edited while the build ran is newer than this.
  utimesSync(STAMP, start, start);
}

/** `foreign`: root runs another user's clone, and only the owner's own process may write there. */
export function buildIfStale(foreign) {
  if (isFresh()) return;
  if (foreign) buildAsOwner();
  else build();
}
