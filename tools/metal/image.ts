// The metal platform's image: hypervisor.wasm and the platform's module through wasm2c, clang and lld, to what the driver
// loads. The image depends on the sources and on the versions of these programs only, not on time or place.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  InmateError,
  missingPackages,
  resourceDirectory,
  run,
  runClang,
  runLld,
} from "../inmates/toolchain.ts";
import { ROOT } from "../root.ts";
import { type Translation, translate } from "./translate.ts";
import { verifyImage } from "./verify.ts";

const NATIVE = "platforms/metal/native";

/** What assembly and C share with the modules. */
const NUMBERS = [
  "abi/config.ts",
  "abi/errno.ts",
  "abi/hypercall.ts",
  "abi/platform.ts",
  "abi/x86/msr.ts",
  "abi/x86/registers.ts",
  "platforms/metal/numbers.ts",
];
const CONSTANT = /^export const (\w+): [ui](?:32|64) = (-?0x[0-9a-f]+|-?\d+);$/gm;

/**
 * -mgeneral-regs-only: the SSE registers are the guest's. -mno-red-zone: exceptions use the same stack. -mcmodel=kernel:
 * addresses are in the last two GiB. -fno-jump-tables: no branch goes where a guest could have trained the processor to go.
 */
export const CLANG_OPTIONS = [
  ...["--target=x86_64-unknown-none-elf", "-std=c11", "-Oz", "-ffreestanding", "-fno-builtin"],
  ...["-nostdinc", "-mgeneral-regs-only", "-mno-red-zone", "-mcmodel=kernel", "-fno-pic"],
  ...["-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fno-strict-aliasing"],
  ...["-fno-delete-null-pointer-checks", "-fomit-frame-pointer", "-fno-ident", "-g0"],
  ...["-ffunction-sections", "-fdata-sections", "-fno-jump-tables"],
  ...["-Wall", "-Wno-unused-function", "-Wno-unused-but-set-variable", "-Wno-unused-variable"],
];

/** The assembly units, below native/. */
const ASSEMBLY = ["entry.S", "exceptions.S", "amd/vmrun.S"];
const PAGE_SIZE = 4096;

/** An image to build: the paths of the core and of the platform's module. */
export interface Request {
  readonly root: string;
  readonly core: string;
  readonly platform: string;
}

/** What is loaded; the same with symbols; how many bytes of stack its code can need on a CPU. */
export interface Image {
  readonly bytes: Uint8Array;
  readonly elf: Uint8Array;
  readonly stack: number;
}

/** The numbers as a C header, and by name. */
export function numbersHeader(root: string): { text: string; numbers: Map<string, number> } {
  const found = NUMBERS.flatMap((path) => [
    ...readFileSync(join(root, path), "utf8").matchAll(CONSTANT),
  ]).map(([, name, value]) => ({ name: name!, value: value! }));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const lines = [
    ...found.map(({ name, value }) => `#define ${name} ${value}`),
    `#define PROJECT_VERSION "${version}"`,
  ];
  return {
    text: `#ifndef NUMBERS_H_\n#define NUMBERS_H_\n${lines.join("\n")}\n#endif\n`,
    numbers: new Map(found.map(({ name, value }) => [name, Number(value)])),
  };
}

/** Prefixes of C functions by the module that an import names: by the file of its contract. */
const PREFIXES: Readonly<Record<string, string>> = { platform: "metal", exports: "core" };

/** start_core of start.c stands in for the core's init: it says which core this is. */
function nativeName(module: string, member: string): string {
  if (module === "exports" && member === "init") return "start_core";
  return `${PREFIXES[module] ?? module}_${member}`;
}

function translated(name: string, module: string, directory: string): Translation {
  const output = join(directory, `${name}.c`);
  run("wasm2c", ["-n", name, "-o", output, module]);
  return translate(name, readFileSync(output, "utf8"), nativeName);
}

/** The only C unit: the modules and the members of hw.ts become one piece of code. */
function unit(modules: readonly Translation[], digest: string): string {
  return [
    `#define DIGEST "${digest}"`,
    '#include "hw.h"',
    ...modules.map(({ prototypes }) => prototypes),
    '#include "runtime.c"',
    ...modules.map(({ text }) => text),
    '#include "start.c"',
    "",
  ].join("\n");
}

function compile({ root }: Request, directory: string): readonly string[] {
  const native = join(root, NATIVE);
  const resources = resourceDirectory();
  const include = ["-I.", `-I${native}`, "-isystem", join(resources, "include")];
  const clang = (args: readonly string[]) =>
    runClang([...CLANG_OPTIONS, ...include, ...args], directory);
  const units = ["image.c", ...ASSEMBLY.map((name) => join(native, name))];
  clang(["-E", "-P", "-x", "c", join(native, "image.ld"), "-o", "image.ld"]);
  return units.map((path, index) => {
    clang(["-c", path, "-o", `${index}.o`]);
    return `${index}.o`;
  });
}

function link(objects: readonly string[], directory: string): void {
  const options = ["-m", "elf_x86_64", "-T", "image.ld", "--gc-sections", "--build-id=none"];
  const lld = (args: readonly string[]) =>
    runLld([...options, "-z", "noseparate-code", ...args, ...objects], directory);
  lld(["-o", "image.elf"]);
  lld(["--oformat=binary", "-o", "image.bin"]);
}

/**
 * Builds an image.
 * @throws InmateError when a program fails; Error when the image's code is not what it has to be.
 */
export function buildImage(request: Request): Image {
  const { root, core, platform } = request;
  const directory = mkdtempSync(join(tmpdir(), "image-"));
  try {
    const { text, numbers } = numbersHeader(root);
    writeFileSync(join(directory, "numbers.h"), text);
    const digest = createHash("sha256").update(readFileSync(core)).digest("hex");
    const modules = [translated("core", core, directory), translated("metal", platform, directory)];
    writeFileSync(join(directory, "image.c"), unit(modules, digest));
    link(compile(request, directory), directory);
    const elf = join(directory, "image.elf");
    const stack = verifyImage(elf, numbers.get("CPU_SIZE")! - PAGE_SIZE);
    return { bytes: readFileSync(join(directory, "image.bin")), elf: readFileSync(elf), stack };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The images that ship, and the core in each. */
const IMAGES = [
  { name: "jailhouse-amd.bin", core: "hypervisor.wasm", platform: "metal-amd.wasm" },
  { name: "jailhouse-conformance-amd.bin", core: "conformance.wasm", platform: "metal-amd.wasm" },
] as const;

/** Builds all images from the modules in dist/, into dist/. Returns a line about each. */
export function buildImages(root: string): string[] {
  const missing = missingPackages([64]);
  if (missing.length > 0) {
    throw new InmateError(`To build images, install: sudo apt-get install ${missing.join(" ")}`);
  }
  const dist = join(root, "dist");
  return IMAGES.map(({ name, core, platform }) => {
    const request = { root, core: join(dist, core), platform: join(dist, platform) };
    const { bytes, elf, stack } = buildImage(request);
    writeFileSync(join(dist, name), bytes);
    writeFileSync(join(dist, `${name}.elf`), elf);
    return `dist/${name}: ${bytes.length} bytes; at most ${stack} bytes of stack per CPU`;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const line of buildImages(ROOT)) console.log(line);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
