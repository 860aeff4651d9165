// The user's C compiler: a configuration's bytes, and its text as the preprocessor leaves it. Nothing of it is run.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ConfigError } from "../errors.ts";
import { headers } from "./header.ts";

export interface CompilerOptions {
  /** The compiler with its first arguments, as CC has it; default: the first of those that are usual. */
  readonly compiler?: string | undefined;
  /** As -D and -I take them. */
  readonly defines?: readonly string[];
  readonly includes?: readonly string[];
}

export interface Compiled {
  readonly object: Uint8Array;
  /** The text that was compiled, with comments and with the places where it comes from. */
  readonly text: string;
  /** Where our headers were: their comments are nobody's. */
  readonly headerDirectory: string;
}

const USUAL = ["cc", "gcc", "clang"];
/** Bytes that a compiler may write: some configurations include others. */
const MAX_OUTPUT = 64 << 20;
const OPTIONS = ["-std=gnu11", "-ffreestanding", "-fno-common", "-fno-lto", "-O0", "-g0", "-w"];
/** Elsewhere compilers write other objects than Linux'. */
const TARGET = process.platform === "linux" ? [] : ["--target=x86_64-linux-gnu"];
/** Fields that only configurations of another revision have end so. */
const OTHER_REVISION = /has no member|no member named|field designator|unknown field|undeclared/;

const isThere = (words: readonly string[]): boolean =>
  spawnSync(words[0]!, [...words.slice(1), "--version"], { stdio: "ignore" }).status === 0;

/** The compiler as words. Throws a ConfigError when there is none. */
function findCompiler(wanted: string | undefined): string[] {
  const candidates = wanted === undefined ? USUAL.map((name) => [name]) : [wanted.split(/\s+/)];
  const found = candidates.find(isThere);
  if (found) return found;
  throw new ConfigError(
    "source",
    wanted === undefined ? "no C compiler was found" : `"${wanted}" is no compiler that runs`,
    { hint: "install gcc or clang (Debian: apt install gcc), or name one with --cc" },
  );
}

function run(words: readonly string[], args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(words[0]!, [...words.slice(1), ...args], {
    encoding: "utf8",
    maxBuffer: MAX_OUTPUT,
  });
  if (status === 0) return stdout;
  const said = error?.message ?? stderr.trim();
  const hint = OTHER_REVISION.test(said)
    ? "it may be for another revision of the format than 14, or want a header (-I) or a macro (-D)"
    : "its own options for the preprocessor are given with -I and -D";
  throw new ConfigError("source", `${words.join(" ")} does not compile it:\n${said}`, { hint });
}

/** Compiles a file. Throws a ConfigError with what the compiler says. */
export function compileC(path: string, options: CompilerOptions): Compiled {
  const words = findCompiler(options.compiler);
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-import-"));
  try {
    const include = join(directory, "include");
    for (const [name, text] of headers()) {
      mkdirSync(dirname(join(include, name)), { recursive: true });
      writeFileSync(join(include, name), text);
    }
    const given = [
      `-I${include}`,
      ...(options.includes ?? []).map((one) => `-I${one}`),
      ...(options.defines ?? []).map((one) => `-D${one}`),
      ...["-x", "c", path],
    ];
    const object = join(directory, "config.o");
    run(words, [...TARGET, ...OPTIONS, "-c", "-o", object, ...given]);
    // -CC keeps the comments that are inside macros, too.
    const text = run(words, [...TARGET, ...OPTIONS, "-E", "-CC", ...given]);
    return { object: readFileSync(object), text, headerDirectory: include };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
