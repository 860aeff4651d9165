// One inmate from TypeScript to a flat image: asc, wasm2c, clang, lld. The image depends on the sources and on the
// versions of these programs only, not on time or place.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { headerOf, readConstants } from "./header.ts";
import {
  type Bits,
  builtins32,
  InmateError,
  resourceDirectory,
  run,
  runClang,
  runLld,
} from "./toolchain.ts";

/** Everything that an image is built from besides the inmate itself, below the root. */
const START = "inmates/start";
const ENTRY = "inmates/lib/start.ts";
const UNITS = ["boot.S", "vectors.S", "runtime.c", "hardware.c"];
const ABORT = "inmates/lib/trap/abort";
/** Runs asc, so that sources can import the library by the package's name. */
const COMPILER = "tools/inmates/compile.mjs";

/** No library, no SSE (the compiler must not touch what nobody saves), no red zone (interrupts share the stack). */
const CLANG_OPTIONS = [
  ...["-std=c11", "-Os", "-ffreestanding", "-fno-builtin", "-nostdinc", "-mgeneral-regs-only"],
  ...["-mno-red-zone", "-fno-stack-protector", "-fno-pic", "-fno-asynchronous-unwind-tables"],
  ...["-fno-delete-null-pointer-checks", "-fno-strict-aliasing", "-fomit-frame-pointer"],
  ...["-ffunction-sections", "-fdata-sections", "-fno-ident", "-g0"],
  ...["-Wall", "-Wno-unused-function", "-Wno-unused-but-set-variable"],
];
const MACHINES = {
  64: { clang: ["--target=x86_64-unknown-none-elf", "-mcmodel=small"], lld: ["-m", "elf_x86_64"] },
  32: { clang: ["--target=i686-unknown-none-elf"], lld: ["-m", "elf_i386"] },
} as const;

/** Instructions on floating-point numbers, in a disassembly. */
const FLOATING_POINT = /\| +f(32|64)\./;

/** What to build. Paths are absolute. */
export interface Request {
  /** The directory of the clone or of the package. */
  readonly root: string;
  /** The inmate: a file that exports `main(): void`. */
  readonly source: string;
  /** Where messages have paths from; by default the root. */
  readonly directory?: string;
  readonly bits: Bits;
}

function compileModule(
  { root, source, directory = root }: Request,
  constants: Map<string, number>,
  out: string,
): void {
  const base = String(constants.get("DATA_BASE"));
  const options = [
    ...[ENTRY, relative(root, source), "--runtime", "stub", "--use", `abort=${ABORT}`],
    ...["--importMemory", "--noExportMemory", "--zeroFilledMemory", "--memoryBase", base],
    ...["-O1", "-o", out],
  ];
  const compiler = spawnSync(process.execPath, [join(root, COMPILER), directory, ...options], {
    cwd: root,
    encoding: "utf8",
  });
  if (compiler.status === 0) return;
  const complaint = `${compiler.stderr}${compiler.stdout}`.trim();
  throw new InmateError(`${relative(directory, source)} does not compile:\n${complaint}`);
}

/** Checks what asc cannot know: that the inmate has a `main`, and that its data leaves the heap's end alone. */
function checkModule(
  { root, source, directory: base = root }: Request,
  constants: Map<string, number>,
  directory: string,
): void {
  const name = relative(base, source);
  const dump = (section: string) =>
    run("wasm-objdump", ["-j", section, "-x", "inmate.wasm"], directory);
  if (!dump("Export").includes('-> "main"')) {
    throw new InmateError(`${name} does not export a function "main".`);
  }
  if (FLOATING_POINT.test(run("wasm-objdump", ["-d", "inmate.wasm"], directory))) {
    throw new InmateError(`${name} uses floating point; inmates have none.`);
  }
  const pages = Number(/memory.*initial=(\d+)/.exec(dump("Import"))?.[1] ?? 0);
  if (pages <= constants.get("HEAP_END_PAGES")!) return;
  const room = constants.get("HEAP_END")! - constants.get("DATA_BASE")!;
  throw new InmateError(`The inmate's static data does not fit: there are ${room} bytes for it.`);
}

function link(directory: string, bits: Bits, objects: readonly string[]): void {
  const libraries = bits === 32 ? [builtins32()] : [];
  try {
    runLld(
      [
        ...[...MACHINES[bits].lld, "-T", "inmate.ld", "--oformat=binary", "--gc-sections"],
        ...["--build-id=none", "-z", "noseparate-code", "-e", "0xffff0", "-o", "image.bin"],
        ...[...objects, ...libraries],
      ],
      directory,
    );
  } catch (error) {
    throw explain(error);
  }
}

/** Says in the inmate's terms what the linker says in its own. */
function explain(error: unknown): unknown {
  if (!(error instanceof InmateError)) return error;
  const excess = /region 'image': overflowed by (\d+) bytes/.exec(error.message)?.[1];
  if (excess !== undefined) {
    return new InmateError(`The inmate is ${excess} bytes too big for the 64 KiB image.`);
  }
  return error;
}

/**
 * Builds an image: exactly 64 KiB, to be loaded at 0xf0000 and entered at 0xffff0.
 * @throws InmateError when the inmate does not compile, uses floating point, or is too big.
 */
export function buildInmate(request: Request): Uint8Array {
  const { root, bits } = request;
  const constants = readConstants(root);
  const directory = mkdtempSync(join(tmpdir(), "inmate-"));
  const file = (name: string) => join(directory, name);
  try {
    compileModule(request, constants, file("inmate.wasm"));
    checkModule(request, constants, directory);
    writeFileSync(file("abi.h"), headerOf(constants));
    run("wasm2c", ["-n", "inmate", "-o", "inmate.c", "inmate.wasm"], directory);
    const clang = [
      ...[...MACHINES[bits].clang, ...CLANG_OPTIONS, "-I.", `-I${join(root, START, "include")}`],
      ...["-isystem", join(resourceDirectory(), "include")],
    ];
    const units = [...UNITS.map((name) => join(root, START, name)), "inmate.c"];
    const objects = units.map((path, index) => {
      const object = `${index}.o`;
      runClang([...clang, "-c", path, "-o", object], directory);
      return object;
    });
    const script = join(root, START, "inmate.ld");
    runClang([...clang, "-E", "-P", "-x", "c", script, "-o", "inmate.ld"], directory);
    link(directory, bits, objects);
    return finish(readFileSync(file("image.bin")), constants.get("IMAGE_SIZE")!);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function finish(image: Uint8Array, size: number): Uint8Array {
  if (image.length !== size)
    throw new InmateError(`The linker made ${image.length} bytes, not ${size}.`);
  return image;
}
