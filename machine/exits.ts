// Words for exits, for errors and reports.
import { REG_RIP } from "../abi/platform.ts";
import * as S from "./cpu/interface.ts";
import { MachineError } from "./error.ts";
import type { Processor } from "./processor.ts";

const NAMES = new Map<number, string>([
  [S.EXIT_DEADLINE, "deadline"],
  [S.EXIT_HALTED, "halt"],
  [S.EXIT_STOPPED, "stop"],
  [S.EXIT_MEMORY, "nested page fault"],
  [S.EXIT_PIO, "port access"],
  [S.EXIT_CPUID, "CPUID"],
  [S.EXIT_MSR_READ, "RDMSR"],
  [S.EXIT_MSR_WRITE, "WRMSR"],
  [S.EXIT_CR0_WRITE, "write of CR0"],
  [S.EXIT_HYPERCALL, "hypercall"],
  [S.EXIT_XSETBV, "XSETBV"],
  [S.EXIT_EXCEPTION, "exception"],
  [S.EXIT_SHUTDOWN, "triple fault"],
  [S.EXIT_VIRTUALISATION, "virtualisation instruction"],
  [S.EXIT_UNIMPLEMENTED, "unimplemented instruction"],
  [S.EXIT_BREAKPOINT, "breakpoint"],
  [S.EXIT_INIT, "INIT"],
]);

/** The name of an EXIT_*. */
export function exitName(code: number): string {
  return NAMES.get(code) ?? `exit ${code}`;
}

/** The error for an exit that nobody handles: names the CPU, the exit, RIP and the instruction's bytes. */
export function describeExit(processor: Processor, code: number): MachineError {
  const rip = `0x${processor.get(REG_RIP).toString(16).padStart(16, "0")}`;
  const facts = [processor.exitInfo1, processor.exitInfo2].map((fact) => `0x${fact.toString(16)}`);
  const bytes = [...processor.exitBytes].map((byte) => byte.toString(16).padStart(2, "0"));
  const instruction = code === S.EXIT_UNIMPLEMENTED ? `, bytes ${bytes.join(" ")}` : "";
  return new MachineError(
    "unhandled-exit",
    `CPU ${processor.index}: unhandled ${exitName(code)} at RIP ${rip} (${facts.join(", ")})${instruction}`,
    "Set a handler with onExit, or correct the program.",
  );
}
