// jailhouse inmate build: an image from an inmate of the user's own, once or at every change.

import { existsSync, type FSWatcher, readFileSync, statSync, watch, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "../config/shipped.ts";
import { buildInmate } from "../tools/inmates/build.ts";
import {
  type Bits,
  hasAssemblyScript,
  InmateError,
  missingPackages,
} from "../tools/inmates/toolchain.ts";
import { CommandFailure, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

export interface BuildOptions {
  readonly output?: string;
  readonly 32?: boolean;
  readonly watch?: boolean;
}

/** What is to be built; paths are absolute. */
interface Job {
  readonly source: string;
  readonly output: string;
  readonly bits: Bits;
}

const SOURCE = /\.ts$/;
const IMPORT = /\bfrom\s*["'](\.\.?\/[^"']*)["']/g;
/** An editor writes a file in several steps: milliseconds until they are over. */
const SETTLED = 50;

export async function buildInmateFile(io: Io, file: string, options: BuildOptions): Promise<void> {
  const job = jobOf(io, file, options);
  needTools(job.bits);
  if (options.watch) return buildAlways(io, job);
  try {
    build(io, job);
  } catch (error) {
    throw asFailure(error);
  }
}

function jobOf(io: Io, file: string, options: BuildOptions): Job {
  if (!SOURCE.test(file)) throw new UsageError(`${file}: an inmate's source ends in .ts`);
  const source = resolve(io.cwd, file);
  if (!existsSync(source)) throw new CommandFailure(`opening ${file}: No such file or directory`);
  if (!statSync(source).isFile()) throw new CommandFailure(`opening ${file}: Is a directory`);
  const output = resolve(io.cwd, options.output ?? file.replace(SOURCE, ".bin"));
  if (output === source) throw new UsageError("the image would replace its source");
  return { source, output, bits: options[32] ? 32 : 64 };
}

/** Names all that is missing, in one line. */
function needTools(bits: Bits): void {
  const packages = missingPackages([bits]);
  const commands = [
    ...(packages.length > 0 ? [`sudo apt-get install ${packages.join(" ")}`] : []),
    ...(hasAssemblyScript() ? [] : [`npm install ${assemblyScript()}`]),
  ];
  if (commands.length === 0) return;
  throw new CommandFailure(`To build inmates, install: ${commands.join(" && ")}`);
}

/** The optional dependency, with the version that the images are made with. */
function assemblyScript(): string {
  const text = readFileSync(join(root(), "package.json"), "utf8");
  return `assemblyscript@${JSON.parse(text).optionalDependencies.assemblyscript}`;
}

function build(io: Io, { source, output, bits }: Job): void {
  const bytes = buildInmate({ root: root(), source, bits, directory: io.cwd });
  try {
    writeFileSync(output, bytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new InmateError(`writing ${relative(io.cwd, output)}: ${code}`);
  }
  io.out(`${relative(io.cwd, output)} (${bits}-bit)\n`);
}

const asFailure = (error: unknown): unknown =>
  error instanceof InmateError ? new CommandFailure(error.message) : error;

/** The source and all files that it imports by relative paths, as far as they exist. */
function sourcesOf(path: string, found = new Set<string>()): Set<string> {
  const file = [path, `${path}.ts`, join(path, "index.ts")].find(
    (one) => statSync(one, { throwIfNoEntry: false })?.isFile() === true,
  );
  if (file === undefined || found.has(file)) return found;
  found.add(file);
  for (const [, target] of readFileSync(file, "utf8").matchAll(IMPORT))
    sourcesOf(resolve(dirname(file), target!), found);
  return found;
}

/** Resolves at the next change in the directories of these files, or when `ended` does. */
async function changeOf(files: ReadonlySet<string>, ended: Promise<void>): Promise<void> {
  const directories = new Set([...files].map(dirname));
  const watchers: FSWatcher[] = [];
  const changed = new Promise<void>((resolve) => {
    for (const directory of directories)
      watchers.push(watch(directory, (_, name) => name?.endsWith(".ts") !== false && resolve()));
  });
  await Promise.race([changed, ended]);
  for (const watcher of watchers) watcher.close();
}

/** Builds now and after each change, until Ctrl-C. What does not build is said, and the next change awaited. */
async function buildAlways(io: Io, job: Job): Promise<void> {
  let isOver = false;
  const interrupted = io.interrupted().then(() => {
    isOver = true;
  });
  while (!isOver) {
    // Watched from before the build on: what changes while it runs is built, too.
    const change = changeOf(sourcesOf(job.source), interrupted);
    report(io, job);
    await change;
    await sleep(SETTLED);
  }
}

function report(io: Io, job: Job): void {
  try {
    build(io, job);
  } catch (error) {
    if (!(error instanceof InmateError)) throw error;
    io.err(`${error.message}\n`);
  }
}
