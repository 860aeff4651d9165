// Entry of the npm scripts: on a fresh clone it installs and builds what is missing, then runs the command asked for.
// Plain JavaScript without dependencies, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./build.mjs";
import { campaign } from "./campaign.mjs";
import { quietly, step } from "./progress.mjs";
import { test } from "./tests.mjs";

const NODE_NEEDED = [20, 19];

function fail(message) {
  console.error(message);
  process.exit(1);
}

function run(command, args) {
  const { status, signal, error } = spawnSync(command, args, { cwd: ROOT, stdio: "inherit" });
  if (error) fail(`${command} could not be run: ${error.message}`);
  return signal ? 1 : (status ?? 1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor < NODE_NEEDED[1])) {
    fail(`Node ${NODE_NEEDED.join(".")} or newer is needed; this is ${process.versions.node}.`);
  }
}

/** Installs the locked dependencies unless those installed are of this package-lock.json. */
async function install() {
  const installed = join(ROOT, "node_modules", ".package-lock.json");
  const lock = join(ROOT, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  if (existsSync(installed) && sameVersions(installed, lock)) return;
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  await step("installing the development dependencies, once", () =>
    quietly(npm, args, { cwd: ROOT, shell: process.platform === "win32" }),
  ).catch(() => fail("npm ci failed; see above. It needs access to the npm registry, once."));
}

/** Whether what is installed is what the lock says; what is optional may be missing. */
function sameVersions(installed, lock) {
  const packages = (path) => JSON.parse(readFileSync(path, "utf8")).packages;
  const there = packages(installed);
  return Object.entries(packages(lock)).every(([name, { version, optional }]) => {
    if (name === "") return true;
    return there[name] === undefined ? optional === true : there[name].version === version;
  });
}

// Ctrl-C is for the command, too, which cleans up: this process ends after it, and with it the shell's wait.
process.on("SIGINT", () => {});

const COMMANDS = {
  build: () => 0,
  demo: (args) => run(process.execPath, [join(ROOT, "dist/tools/demo.js"), ...args]),
  test,
  campaign,
  check: (args) => run(process.execPath, [join(ROOT, "dist/tools/check/index.js"), ...args]),
  bench: (args) => run(process.execPath, [join(ROOT, "dist/bench/index.js"), ...args]),
  // It runs tests, and so from its source.
  coverage: (args) =>
    run(process.execPath, [
      join(ROOT, "node_modules/jiti/lib/jiti-cli.mjs"),
      join(ROOT, "tools/coverage.ts"),
      ...args,
    ]),
  configs: (args) => run(process.execPath, [join(ROOT, "dist/tools/configs.js"), ...args]),
  "driver:numbers": (args) => run(process.execPath, [join(ROOT, "dist/tools/driver.js"), ...args]),
  reference: (args) => run(process.execPath, [join(ROOT, "dist/tools/reference.js"), ...args]),
  package: (args) => run(process.execPath, [join(ROOT, "dist/tools/package.js"), ...args]),
  release: (args) => run(process.execPath, [join(ROOT, "dist/tools/release.js"), ...args]),
  linux: (args) => run(process.execPath, [join(ROOT, "dist/tools/linux.js"), ...args]),
  man: (args) => run(process.execPath, [join(ROOT, "dist/tools/man.js"), ...args]),
  picture: (args) => run(process.execPath, [join(ROOT, "dist/tools/picture.js"), ...args]),
  sdk: (args) => run(process.execPath, [join(ROOT, "dist/tools/sdk.js"), ...args]),
  agent: (args) => run(process.execPath, [join(ROOT, "dist/tools/agent.js"), ...args]),
  "demo:linux": (args) =>
    run(process.execPath, [join(ROOT, "dist/tools/metal/demo.js"), "--bed", "pc", ...args]),
  "metal:demo": (args) => run(process.execPath, [join(ROOT, "dist/tools/metal/demo.js"), ...args]),
  "metal:coverage": (args) =>
    run(process.execPath, [join(ROOT, "dist/tools/metal/coverage/index.js"), ...args]),
  "metal:image": (args) =>
    run(process.execPath, [join(ROOT, "dist/tools/metal/image.js"), ...args]),
  inmates: (args) => run(process.execPath, [join(ROOT, "dist/tools/inmates.js"), ...args]),
  "metal:run": (args) => run(process.execPath, [join(ROOT, "dist/tools/metal/run.js"), ...args]),
  "metal:setup": (args) =>
    run(process.execPath, [join(ROOT, "dist/tools/metal/setup.js"), ...args]),
  "metal:shell": (args) =>
    run(process.execPath, [join(ROOT, "dist/tools/metal/shell.js"), ...args]),
};

const [name, ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (!command) fail(`Unknown command "${name}". Known: ${Object.keys(COMMANDS).join(", ")}.`);
checkNode();
await install();
const { build } = await import("./build.mjs");
await build().catch(() => fail("The build failed; see above."));
process.exit(command(args));
