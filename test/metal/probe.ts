// The probe: a cell's program that tells all registers that it finds at its first instructions (probe/main.c).
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commRegion, defineCell, MiB, uart } from "../../config/index.ts";
import { headerOf, readConstants } from "../../tools/inmates/header.ts";
import { runClang, runLld } from "../../tools/inmates/toolchain.ts";
import { ROOT } from "../../tools/root.ts";

const PROBE = join(ROOT, "test/metal/probe");
const UNITS = ["entry.S", "main.c"];
const OPTIONS = [
  ...["--target=x86_64-unknown-none-elf", "-std=c11", "-O1", "-ffreestanding", "-fno-builtin"],
  ...["-nostdinc", "-mgeneral-regs-only", "-mno-red-zone", "-fno-pic", "-mcmodel=small"],
  ...["-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fno-strict-aliasing"],
];

/** Its image, for address 0; or that of another such program, whose sources are in `sources`. */
export function buildProbe(sources = PROBE): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), "probe-"));
  try {
    writeFileSync(join(directory, "abi.h"), headerOf(readConstants(ROOT)));
    const clang = [...OPTIONS, "-I.", `-I${sources}`];
    const objects = UNITS.map((name) => {
      runClang([...clang, "-c", join(sources, name), "-o", `${name}.o`], directory);
      return `${name}.o`;
    });
    const link = ["-m", "elf_x86_64", "-T", join(PROBE, "probe.ld"), "--oformat=binary"];
    runLld([...link, "-o", "probe", ...objects], directory);
    return readFileSync(join(directory, "probe"));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A cell for it, by its CPUs: one, or 2 and 3. */
export const probeCell = (cpus: readonly number[]) =>
  defineCell({
    name: "probe",
    cpus: [...cpus],
    flags: ["passive-commreg"],
    memory: [
      {
        physical: 0x3ee00000,
        virtual: 0,
        size: MiB(1),
        flags: ["read", "write", "execute", "loadable"],
      },
      commRegion(),
    ],
    devices: [uart("COM2")],
    cpuResetAddress: 0,
  });

/** Registers by name, as the probe told them; those that it did not tell are zero or cannot be read. */
export type Registers = ReadonlyMap<string, bigint>;

/** What it said of each CPU, in their order. */
export function readProbe(said: string): Registers[] {
  return said
    .replaceAll("\r", "")
    .split("end\n")
    .slice(0, -1)
    .map((text) => {
      const lines = [...text.matchAll(/^([a-z ]+[0-9a-f]+)=([0-9a-f]+)$/gm)];
      return new Map(lines.map(([, name, value]) => [name!, BigInt(`0x${value}`)]));
    });
}
