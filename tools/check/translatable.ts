// hypervisor.wasm can become native code: wasm2c, then clang for a world without an operating system and without SSE.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Check, execute, type Findings, missingCommands } from "./check.ts";
import { hostProgram } from "./translatable-host.ts";
import { HYPERVISOR, platformMembers } from "./waist.ts";

/**
 * -mgeneral-regs-only: the SSE registers are the guest's. -mno-red-zone: interrupts use the same stack. Without the last
 * one bounds checks are left to a SIGSEGV handler, and silently vanish.
 */
const FLAGS = [
  ...["-O2", "-ffreestanding", "-mgeneral-regs-only", "-mno-red-zone"],
  "-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0",
];

/** What the translated core needs besides the platform: the metal platform has to have these. */
const RUNTIME = [
  "Z_envZ_memory",
  "__assert_fail",
  "memcpy",
  "memmove",
  "memset",
  "wasm_rt_call_stack_depth",
  "wasm_rt_is_initialized",
  "wasm_rt_register_func_type",
  "wasm_rt_trap",
];

function symbolFaults(object: string): string[] {
  const { status, output } = execute("nm", ["-u", "--format=posix", object]);
  if (status !== 0) return [output];
  const undefinedSymbols = output.split("\n").map((line) => line.split(" ")[0] as string);
  const members = platformMembers().map((name) => `Z_platformZ_${name}`);
  const extra = undefinedSymbols.filter(
    (symbol) => !members.includes(symbol) && !RUNTIME.includes(symbol),
  );
  const absent = members.filter((symbol) => !undefinedSymbols.includes(symbol));
  return [
    ...extra.map((symbol) => `the native code needs ${symbol}, which no platform has`),
    ...absent.map((symbol) => `the native code does not use ${symbol}`),
  ];
}

function registerFaults(object: string): string[] {
  const { status, output } = execute("objdump", ["-d", object]);
  if (status !== 0) return [output];
  const uses = output.split("\n").filter((line) => /%[xyz]mm\d/.test(line));
  return uses.length > 0 ? [`the native code uses SSE registers: ${uses[0]?.trim()}`] : [];
}

/** Runs the translated core on this machine and makes it touch memory that it does not have. */
function panicFaults(directory: string): string[] {
  writeFileSync(join(directory, "host.c"), hostProgram(platformMembers()));
  const flags = ["-O2", "-DWASM_RT_MEMCHECK_SIGNAL_HANDLER=0", "-w"];
  const built = execute("clang", [...flags, "host.c", "core.c", "-o", "host"], directory);
  if (built.status !== 0) return [`the host program does not build: ${built.output}`];
  const { status, output } = execute(join(directory, "host"), [], directory);
  if (status === 0 && output === "panic: out of bounds") return [];
  return [`an access out of bounds ended with status ${status} and "${output}" instead of a panic`];
}

function checkIn(directory: string): Findings {
  const core = join(directory, "core.c");
  const translated = execute("wasm2c", ["-n", "hypervisor", HYPERVISOR, "-o", core]);
  if (translated.status !== 0) return { failures: [translated.output] };
  const object = join(directory, "core.o");
  const compiled = execute("clang", ["-c", ...FLAGS, core, "-o", object]);
  if (compiled.status !== 0) return { failures: [compiled.output] };
  const { stdout } = execute("size", [object]);
  const text = stdout.split("\n")[1]?.trim().split(/\s+/)[0];
  return {
    failures: [...symbolFaults(object), ...registerFaults(object), ...panicFaults(directory)],
    note: `${text} bytes of native code`,
  };
}

export const translatable: Check = {
  name: "hypervisor.wasm is translatable",
  run() {
    if (!existsSync(HYPERVISOR)) return { failures: ["dist/hypervisor.wasm is not built"] };
    const missing = missingCommands(["wasm2c", "clang", "nm", "objdump", "size"]);
    if (missing.length > 0)
      return { failures: [], skipped: `${missing.join(", ")} not found (Debian: wabt clang)` };
    const directory = mkdtempSync(join(tmpdir(), "translatable-"));
    try {
      return checkIn(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
};
