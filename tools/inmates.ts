// `npm run inmates`: rebuilds the demos, or builds an inmate of one's own.
//
//   npm run inmates                                 all demos, in place
//   npm run inmates -- apic-demo                    one of them
//   npm run inmates -- path/to/my.ts [-o my.bin] [--32]
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { buildInmate } from "./inmates/build.ts";
import { type Bits, InmateError, missingPackages } from "./inmates/toolchain.ts";
import { ROOT } from "./root.ts";

/** Where the demos are, below the clone's root. */
const DEMOS = "inmates/demos/x86";
/** Demos whose name begins like this run in 32-bit mode. */
const PREFIX_32 = "32-bit-";

/** An inmate to build: paths are absolute. */
export interface Job {
  readonly source: string;
  readonly output: string;
  readonly bits: Bits;
}

/** All demos of the clone, by name. */
export function demoJobs(root: string): Map<string, Job> {
  const names = readdirSync(join(root, DEMOS))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => basename(name, ".ts"))
    .sort();
  return new Map(
    names.map((name) => [
      name,
      {
        source: join(root, DEMOS, `${name}.ts`),
        output: join(root, DEMOS, `${name}.bin`),
        bits: name.startsWith(PREFIX_32) ? 32 : 64,
      },
    ]),
  );
}

function jobsOf(args: readonly string[], cwd: string): Job[] {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { output: { type: "string", short: "o" }, 32: { type: "boolean" } },
    allowPositionals: true,
  });
  const demos = demoJobs(ROOT);
  if (positionals.length === 0) return [...demos.values()];
  if (positionals.length > 1 && values.output !== undefined) {
    throw new InmateError("-o needs exactly one inmate.");
  }
  return positionals.map((given) => {
    const demo = demos.get(given);
    const source = demo?.source ?? resolve(cwd, given);
    if (!existsSync(source))
      throw new InmateError(`There is no ${given}, and no demo of that name.`);
    const output = values.output ?? demo?.output ?? source.replace(/(\.ts)?$/, ".bin");
    return { source, output: resolve(cwd, output), bits: values[32] ? 32 : (demo?.bits ?? 64) };
  });
}

function main(): void {
  // npm runs scripts in the clone's root and tells where it was called.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  const jobs = jobsOf(process.argv.slice(2), cwd);
  const missing = missingPackages(jobs.map(({ bits }) => bits));
  if (missing.length > 0) {
    throw new InmateError(`To build inmates, install: sudo apt-get install ${missing.join(" ")}`);
  }
  for (const { source, output, bits } of jobs) {
    writeFileSync(output, buildInmate({ root: ROOT, source, bits }));
    console.log(`${relative(cwd, output)} (${bits}-bit)`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    main();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    console.error(error instanceof InmateError ? error.message : String(error));
    process.exitCode = 1;
  }
}
