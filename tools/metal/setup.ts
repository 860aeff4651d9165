// npm run metal:setup [-- --yes]: shows which Debian packages the metal commands lack, asks, and installs them. The guest's
// kernel is unpacked into the cache, not installed.

import { spawnSync } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { driverFor } from "./driver.ts";
import { findKernel } from "./kernel.ts";
import { findProgram, MissingPackages, missingPackages, requirePackages } from "./packages.ts";

const USAGE = `Usage: npm run metal:setup [-- OPTIONS]
  --yes  install without asking
`;
const ENVIRONMENT = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };

const say = (text: string) => void process.stdout.write(`${text}\n`);

function execute(command: readonly string[]): boolean {
  say(`$ ${command.join(" ")}`);
  const [program, ...args] = command;
  return spawnSync(program!, args, { stdio: "inherit", env: ENVIRONMENT }).status === 0;
}

async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Installs packages. Returns whether all went well. */
async function install(names: readonly string[], yes: boolean): Promise<boolean> {
  if (!findProgram("apt-get")) {
    say("There is no apt-get here; on Debian and Ubuntu the packages have the names above.");
    return false;
  }
  const root = process.getuid?.() === 0 ? [] : ["sudo"];
  const command = [...root, "apt-get", "install", "-y", "--no-install-recommends", ...names];
  say(`To be run: ${command.join(" ")}`);
  if (!yes && !(await confirm("Install them?"))) {
    say("Nothing was installed. Without a question: npm run metal:setup -- --yes");
    return false;
  }
  return execute([...root, "apt-get", "update"]) && execute(command);
}

async function setup(): Promise<boolean> {
  const { yes = false } = parseArgs({ options: { yes: { type: "boolean" } } }).values;
  const missing = missingPackages();
  for (const { name, purpose } of missing) say(`Missing Debian package: ${name} (${purpose})`);
  const names = missing.map(({ name }) => name);
  if (names.length > 0 && !(await install(names, yes))) return false;
  requirePackages();
  const kernel = findKernel(say);
  driverFor(kernel, say);
  say(`Everything is here; the guests run Linux ${kernel.version}.`);
  return true;
}

try {
  process.exitCode = (await setup()) ? 0 : 1;
} catch (error) {
  const isPlain = error instanceof MissingPackages;
  const usage = (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") ? USAGE : "";
  process.stderr.write(`${isPlain || usage ? (error as Error).message : (error as Error).stack}\n`);
  process.stderr.write(usage);
  process.exitCode = 1;
}
