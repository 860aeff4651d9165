// An exit of a CPU becomes a call of the core's handler for it.
import {
  EXIT_MISSING_INSTRUCTION,
  EXIT_OTHER,
  EXIT_TRIPLE_FAULT,
  EXIT_VIRTUALISATION_END,
  REG_CR0,
} from "../../abi/platform.ts";
import * as svm from "../../abi/x86/svm.ts";
import {
  EXIT_CPUID,
  EXIT_CR0_WRITE,
  EXIT_EXCEPTION,
  EXIT_HYPERCALL,
  EXIT_MEMORY,
  EXIT_MSR_READ,
  EXIT_MSR_WRITE,
  EXIT_PIO,
  EXIT_SHUTDOWN,
  EXIT_UNIMPLEMENTED,
  EXIT_VIRTUALISATION,
  EXIT_XSETBV,
  REASON_VMXOFF,
} from "../../machine/cpu/interface.ts";
import type { Processor } from "../../machine/processor.ts";
import type { Context } from "./context.ts";

/** AMD's exit code of a state that cannot be entered (AMD64 Architecture Programmer's Manual, volume 2, appendix C). */
const EXIT_INVALID = 0xffff_ffff_ffff_ffffn;
/** Intel's exit reasons of a triple fault and of a state that cannot be entered (SDM, volume 3, appendix C). */
const REASON_TRIPLE_FAULT = 2n;
const REASON_INVALID_STATE = 0x8000_0021n;

/** An exit that no handler of its own has: EXIT_*, and what the maker of the processor calls it. */
interface Unhandled {
  readonly kind: number;
  readonly amd: bigint;
  readonly intel: bigint;
}

const TRIPLE_FAULT: Unhandled = {
  kind: EXIT_TRIPLE_FAULT,
  amd: BigInt(svm.EXIT_SHUTDOWN),
  intel: REASON_TRIPLE_FAULT,
};
/** The emulator itself cannot go on: no processor has a number for that. */
const UNIMPLEMENTED: Unhandled = {
  kind: EXIT_MISSING_INSTRUCTION,
  amd: EXIT_INVALID,
  intel: REASON_INVALID_STATE,
};

function unhandled({ core, pc }: Context, cpu: number, exit: Unhandled): void {
  core.exitUnhandled(cpu, exit.kind, exit[pc.options.vendor], 0n, 0n);
}

/** An instruction of the processor's virtualisation: the exit code, or the exit reason, is what its maker gave it. */
function virtualisation({ core, pc }: Context, cpu: number, code: bigint): void {
  const end = pc.options.vendor === "amd" ? svm.EXIT_STGI : REASON_VMXOFF;
  const kind = code === BigInt(end) ? EXIT_VIRTUALISATION_END : EXIT_OTHER;
  core.exitUnhandled(cpu, kind, code, 0n, 0n);
}

type Handler = (context: Context, cpu: number, processor: Processor) => void;

const HANDLERS: Readonly<Record<number, Handler>> = {
  [EXIT_MEMORY]: ({ core }, cpu, p) => core.exitMmio(cpu, p.exitInfo1, Number(p.exitInfo2)),
  [EXIT_PIO]: ({ core }, cpu, p) => {
    const facts = Number(p.exitInfo2);
    return core.exitPio(cpu, Number(p.exitInfo1), facts & 0xff, facts >> 8, p.exitLength);
  },
  [EXIT_CPUID]: ({ core }, cpu, p) => core.exitCpuid(cpu, p.exitLength),
  [EXIT_MSR_READ]: ({ core }, cpu, p) => core.exitMsrRead(cpu, p.exitLength),
  [EXIT_MSR_WRITE]: ({ core }, cpu, p) => core.exitMsrWrite(cpu, p.exitLength),
  [EXIT_CR0_WRITE]: ({ core }, cpu, p) => core.exitCr(cpu, REG_CR0, p.exitInfo2, p.exitLength),
  [EXIT_HYPERCALL]: ({ core }, cpu, p) => core.hypercall(cpu, p.exitLength),
  [EXIT_XSETBV]: ({ core }, cpu, p) => core.exitXsetbv(cpu, p.exitLength),
  [EXIT_EXCEPTION]: ({ core }, cpu, p) =>
    core.exitException(cpu, Number(p.exitInfo1), Number(BigInt.asIntN(32, p.exitInfo2))),
  [EXIT_SHUTDOWN]: (context, cpu) => unhandled(context, cpu, TRIPLE_FAULT),
  [EXIT_VIRTUALISATION]: (context, cpu, p) => virtualisation(context, cpu, p.exitInfo1),
  [EXIT_UNIMPLEMENTED]: (context, cpu) => unhandled(context, cpu, UNIMPLEMENTED),
};

/** Hands an exit of `processor` to the core. Returns false for one that no handler knows: the machine then stops. */
export function handleExit(context: Context, processor: Processor, code: number): boolean {
  const handler = HANDLERS[code];
  if (!handler) return false;
  const { caller } = context;
  context.caller = processor.index;
  handler(context, processor.index, processor);
  if (context.released.delete(processor.index)) leave(context, processor);
  context.caller = caller;
  return true;
}

/** Takes a CPU out of the hypervisor, with its guest state. */
function leave(context: Context, processor: Processor): void {
  processor.guest = 0;
  context.cellOf.delete(processor.index);
}
