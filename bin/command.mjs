// Starts the command. In a clone, where there are sources, it is built first if it has to be; the package has all in dist/.
// Plain JavaScript, because it runs before anything is built.
import { existsSync, statSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_NEEDED = [20, 19];

/** Whether sudo runs what another user owns: root writes nothing there, where links may lead elsewhere. */
function isForeign() {
  return process.getuid?.() === 0 && process.env.SUDO_UID && statSync(ROOT).uid !== 0;
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [least, lesser] = NODE_NEEDED;
  if (major > least || (major === least && minor >= lesser)) return;
  console.error(
    `jailhouse: Node ${NODE_NEEDED.join(".")} or newer is needed; this is ${process.versions.node}`,
  );
  process.exit(1);
}

checkNode();
const builder = join(ROOT, "tools", "fresh.mjs");
if (existsSync(builder)) {
  const { buildIfStale } = await import(pathToFileURL(builder).href);
  buildIfStale(isForeign());
}
// From Node 22 on: what was compiled once is not compiled again.
if (!isForeign()) module.enableCompileCache?.(join(ROOT, "dist", ".compile-cache"));
const { run } = await import(pathToFileURL(join(ROOT, "dist", "cli", "main.js")).href);
await run();
