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
import { ARM64_INSTRUCTIONS, type Instructions, verifyImage, X86_INSTRUCTIONS } from "./verify.ts";

/** Native code that every architecture has. */
const NATIVE = "platforms/metal/native";

/** What assembly and C share with the modules, on every architecture. */
const NUMBERS = [
  "abi/config.ts",
  "abi/errno.ts",
  "abi/hypercall.ts",
  "abi/platform.ts",
  "platforms/metal/numbers.ts",
];
const CONSTANT = /^export const (\w+): [ui](?:32|64) = (-?0x[0-9a-f]+|-?\d+);$/gm;

const COMMON_OPTIONS = [
  ...["-std=c11", "-Oz", "-ffreestanding", "-fno-builtin", "-nostdinc", "-mgeneral-regs-only"],
  ...["-fno-pic", "-fno-stack-protector", "-fno-asynchronous-unwind-tables"],
  ...["-fno-strict-aliasing", "-fno-delete-null-pointer-checks", "-fomit-frame-pointer"],
  ...["-fno-ident", "-g0", "-ffunction-sections", "-fdata-sections", "-fno-jump-tables"],
  ...["-Wall", "-Wno-unused-function", "-Wno-unused-but-set-variable", "-Wno-unused-variable"],
];

/** What differs between the processors that images are for. */
export interface Target {
  /** clang's options. -mgeneral-regs-only: floating point registers are the guest's. -fno-jump-tables: no branch goes where a
   *  guest could have trained the processor to go. */
  readonly options: readonly string[];
  /** The directory of its own native code, with image.ld. */
  readonly native: string;
  /** More directories with headers. */
  readonly include?: readonly string[];
  /** More of NUMBERS. */
  readonly numbers: readonly string[];
  /** Units besides the one with the modules, below `native`, and options of their own. */
  readonly units: readonly { readonly name: string; readonly options?: readonly string[] }[];
  readonly linking: readonly string[];
  readonly instructions: Instructions;
}

/**
 * Of x86 with a vendor's virtualisation: the folder with its native code, its units there, its numbers. -mno-red-zone: exceptions
 * use the same stack. -mcmodel=kernel: addresses are in the last two GiB.
 */
function x86(vendor: string, unit: string, numbers: readonly string[]): Target {
  const native = "platforms/metal/x86/native";
  return {
    options: [
      ...["--target=x86_64-unknown-none-elf", ...COMMON_OPTIONS],
      ...["-mno-red-zone", "-mcmodel=kernel"],
    ],
    native,
    include: [`${native}/${vendor}`],
    numbers: [...X86_NUMBERS, ...numbers],
    units: ["entry.S", "exceptions.S", `${vendor}/${unit}`].map((name) => ({ name })),
    linking: ["-m", "elf_x86_64"],
    instructions: X86_INSTRUCTIONS,
  };
}

const X86_NUMBERS = ["abi/x86/msr.ts", "abi/x86/registers.ts", "platforms/metal/x86/numbers.ts"];
export const AMD = x86("amd", "vmrun.S", []);
export const INTEL = x86("intel", "enter.S", [
  "abi/x86/vmx.ts",
  "platforms/metal/x86/intel/numbers.ts",
]);
/** Those that ship. */
const X86: readonly Target[] = [AMD, INTEL];

/** X18 is Linux' when the image is entered. -pie: the linker counts what would have to be relocated, and image.ld refuses it. */
export const ARM64: Target = {
  options: ["--target=aarch64-none-elf", ...COMMON_OPTIONS, "-ffixed-x18", "-mno-outline-atomics"],
  native: "platforms/metal/arm64/native",
  numbers: ["abi/arm64/registers.ts"],
  units: [{ name: "entry.S" }, { name: "boot.c", options: ["-mstrict-align"] }],
  linking: ["-m", "aarch64elf", "-pie", "--no-dynamic-linker"],
  instructions: ARM64_INSTRUCTIONS,
};

const PAGE_SIZE = 4096;

/** An image to build: the paths of the core and of the platform's module; for AMD-V unless said otherwise. */
export interface Request {
  readonly root: string;
  readonly target?: Target;
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
export function numbersHeader(
  root: string,
  more: readonly string[] = AMD.numbers,
): { text: string; numbers: Map<string, number> } {
  const found = [...NUMBERS, ...more]
    .flatMap((path) => [...readFileSync(join(root, path), "utf8").matchAll(CONSTANT)])
    .map(([, name, value]) => ({ name: name!, value: value! }));
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

function compile(root: string, target: Target, directory: string): readonly string[] {
  const native = join(root, target.native);
  const resources = resourceDirectory();
  const { include: own = [] } = target;
  const folders = [target.native, NATIVE, ...own].map((path) => `-I${join(root, path)}`);
  const include = ["-I.", ...folders];
  const system = ["-isystem", join(resources, "include")];
  const clang = (args: readonly string[]) =>
    runClang([...target.options, ...include, ...system, ...args], directory);
  const others = target.units.map(({ name, options = [] }) => [...options, join(native, name)]);
  clang(["-E", "-P", "-x", "c", join(native, "image.ld"), "-o", "image.ld"]);
  return [["image.c"], ...others].map((unit, index) => {
    clang(["-c", ...unit, "-o", `${index}.o`]);
    return `${index}.o`;
  });
}

function link(objects: readonly string[], { linking }: Target, directory: string): void {
  const options = [...linking, "-T", "image.ld", "--gc-sections", "--build-id=none"];
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
  const { root, core, platform, target = AMD } = request;
  const directory = mkdtempSync(join(tmpdir(), "image-"));
  try {
    const { text, numbers } = numbersHeader(root, target.numbers);
    writeFileSync(join(directory, "numbers.h"), text);
    const digest = createHash("sha256").update(readFileSync(core)).digest("hex");
    const modules = [translated("core", core, directory), translated("metal", platform, directory)];
    writeFileSync(join(directory, "image.c"), unit(modules, digest));
    link(compile(root, target, directory), target, directory);
    const elf = join(directory, "image.elf");
    const stack = verifyImage(elf, numbers.get("CPU_SIZE")! - PAGE_SIZE, target.instructions);
    return { bytes: readFileSync(join(directory, "image.bin")), elf: readFileSync(elf), stack };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The images that a driver asks Linux for: one for each vendor's processors, with the platform's module in it. */
export const FIRMWARE = [
  { name: "jailhouse-amd.bin", platform: "metal-amd.wasm", target: AMD },
  { name: "jailhouse-intel.bin", platform: "metal-intel.wasm", target: INTEL },
] as const;

/** All images, and the core in each. */
const IMAGES = [
  ...FIRMWARE.map((image) => ({ ...image, core: "hypervisor.wasm" })),
  {
    name: "jailhouse-conformance-amd.bin",
    core: "conformance.wasm",
    platform: "metal-amd.wasm",
    target: AMD,
  },
  {
    name: "jailhouse-arm64.bin",
    core: "hypervisor-arm64.wasm",
    platform: "metal-arm64.wasm",
    target: ARM64,
  },
];

/** Builds the images for a processor from the modules in dist/, into dist/. Returns a line about each. */
export function buildImages(root: string, wanted = X86): string[] {
  const missing = missingPackages([64]);
  if (missing.length > 0) {
    throw new InmateError(`To build images, install: sudo apt-get install ${missing.join(" ")}`);
  }
  const dist = join(root, "dist");
  return IMAGES.filter(({ target }) => wanted.includes(target)).map((one) => {
    const { name, core, platform, target } = one;
    const request = { root, target, core: join(dist, core), platform: join(dist, platform) };
    const { bytes, elf, stack } = buildImage(request);
    writeFileSync(join(dist, name), bytes);
    writeFileSync(join(dist, `${name}.elf`), elf);
    return `dist/${name}: ${bytes.length} bytes; at most ${stack} bytes of stack per CPU`;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const target = process.argv[2] === "arm64" ? [ARM64] : X86;
    for (const line of buildImages(ROOT, target)) console.log(line);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
