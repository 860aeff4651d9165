// A user's project outside of the clone, with a Node of its own; and what is run in it.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { ROOT } from "../../tools/root.ts";

/** How a command ended, and all that it said. */
export interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** A directory of the tests' own, above which no package is installed that would be found from in it. */
export function outside(): string {
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-package-"));
  for (let above = directory; above !== dirname(above); above = dirname(above)) {
    if (existsSync(join(above, "node_modules")))
      throw new Error(`${above} has packages: set TMPDIR to a directory outside of projects`);
  }
  return directory;
}

/** What npm would tell its scripts about this project must not reach those of another. */
const FOREIGN = /^(npm_|INIT_CWD$|VITEST|NODE_(OPTIONS|PATH|ENV)$|JAILHOUSE_)/i;

function environment(path: readonly string[], directory: string): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  return {
    ...Object.fromEntries(inherited),
    PATH: [...path, process.env.PATH ?? ""].join(delimiter),
    JAILHOUSE_RUNTIME_DIR: join(directory, "run"),
    XDG_CACHE_HOME: join(directory, "cache"),
    npm_config_prefer_offline: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_update_notifier: "false",
  };
}

/** Runs a program and waits for its end; it gets Ctrl-C once `until` says so of all that it has said. */
export function execute(
  command: string,
  args: readonly string[],
  { cwd, env, until }: { cwd: string; env?: NodeJS.ProcessEnv; until?: (said: string) => boolean },
): Promise<Outcome> {
  const child = spawn(command, args, {
    cwd,
    env: env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err, said] = ["", "", ""];
  const look = (data: unknown) => {
    said += data;
    if (until?.(said)) child.kill("SIGINT");
  };
  child.stdout.on("data", (data) => {
    out += data;
    look(data);
  });
  child.stderr.on("data", (data) => {
    err += data;
    look(data);
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, out, err }));
  });
}

/** A project's directory, and its commands. */
export class Project {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;

  /** `node`: the directory of the program that this project's `node` is. */
  constructor(directory: string, node: string) {
    this.directory = directory;
    mkdirSync(directory, { recursive: true });
    const path = [node, join(directory, "node_modules/.bin")];
    this.env = environment(path, directory);
    this.write("package.json", '{ "name": "mine", "private": true, "type": "module" }\n');
  }

  write(name: string, text: string): void {
    const path = join(this.directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  run(command: string, ...args: readonly string[]): Promise<Outcome> {
    return execute(command, args, { cwd: this.directory, env: this.env });
  }

  /** What a command prints. Throws with its words when it fails. */
  async succeed(command: string, ...args: readonly string[]): Promise<string> {
    const { status, out, err } = await this.run(command, ...args);
    if (status === 0) return out;
    throw new Error(`${[command, ...args].join(" ")} ended with ${status}\n${out}${err}`);
  }
}

/** Installs a version of Node as npm's package of that name has it; the directory of its program. */
export async function installNode(top: string, version: number): Promise<string> {
  if (process.versions.node.startsWith(`${version}.`)) return dirname(process.execPath);
  const project = new Project(join(top, `node-${version}`), dirname(process.execPath));
  await project.succeed("npm", "install", `node@${version}`);
  return join(project.directory, "node_modules/node/bin");
}

/** Makes the package's file as `npm pack` does, in a directory. */
export async function pack(directory: string): Promise<string> {
  const args = ["pack", "--silent", "--pack-destination", directory];
  const { status, out, err } = await execute("npm", args, { cwd: ROOT });
  if (status !== 0) throw new Error(`npm pack failed\n${out}${err}`);
  const [name] = readdirSync(directory).filter((one) => one.endsWith(".tgz"));
  return join(directory, name!);
}

/** Whether packages can be had: in CI they must. */
export async function canInstall(): Promise<boolean> {
  if (process.env.CI === "true") return true;
  const { status } = await execute("npm", ["ping", "--fetch-retries=0"], { cwd: tmpdir() });
  return status === 0;
}

export const remove = (directory: string): void =>
  rmSync(directory, { recursive: true, force: true });
