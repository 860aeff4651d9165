// An exit of a CPU becomes a call of the core's handler for it.
import { REG_CR0 } from "../../abi/platform.ts";
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
  EXIT_SVM,
  EXIT_UNIMPLEMENTED,
  EXIT_XSETBV,
} from "../../machine/cpu/interface.ts";
import type { Processor } from "../../machine/processor.ts";
import type { Context } from "./context.ts";
import type { CoreExports } from "./core.ts";

/** SVM exit code of a triple fault (AMD64 Architecture Programmer's Manual, volume 2, appendix C). */
const VMEXIT_SHUTDOWN = 0x7fn;
/** SVM exit code that no instruction has: the emulator itself cannot go on. */
const VMEXIT_INVALID = 0xffff_ffff_ffff_ffffn;

type Handler = (core: CoreExports, cpu: number, processor: Processor) => unknown;

const HANDLERS: Readonly<Record<number, Handler>> = {
  [EXIT_MEMORY]: (core, cpu, p) =>
    core.exitMmio(cpu, p.exitInfo1, Number(p.exitInfo2), p.exitLength),
  [EXIT_PIO]: (core, cpu, p) => {
    const facts = Number(p.exitInfo2);
    return core.exitPio(cpu, Number(p.exitInfo1), facts & 0xff, facts >> 8, p.exitLength);
  },
  [EXIT_CPUID]: (core, cpu, p) => core.exitCpuid(cpu, p.exitLength),
  [EXIT_MSR_READ]: (core, cpu, p) => core.exitMsrRead(cpu, p.exitLength),
  [EXIT_MSR_WRITE]: (core, cpu, p) => core.exitMsrWrite(cpu, p.exitLength),
  [EXIT_CR0_WRITE]: (core, cpu, p) => core.exitCr(cpu, REG_CR0, p.exitInfo2, p.exitLength),
  [EXIT_HYPERCALL]: (core, cpu, p) => core.hypercall(cpu, p.exitLength),
  [EXIT_XSETBV]: (core, cpu, p) => core.exitXsetbv(cpu, p.exitLength),
  [EXIT_EXCEPTION]: (core, cpu, p) =>
    core.exitException(cpu, Number(p.exitInfo1), Number(BigInt.asIntN(32, p.exitInfo2))),
  [EXIT_SHUTDOWN]: (core, cpu) => core.exitUnhandled(cpu, VMEXIT_SHUTDOWN, 0n, 0n),
  [EXIT_SVM]: (core, cpu, p) => core.exitUnhandled(cpu, p.exitInfo1, 0n, 0n),
  [EXIT_UNIMPLEMENTED]: (core, cpu) => core.exitUnhandled(cpu, VMEXIT_INVALID, 0n, 0n),
};

/** Hands an exit of `processor` to the core. Returns false for one that no handler knows: the machine then stops. */
export function handleExit(context: Context, processor: Processor, code: number): boolean {
  const handler = HANDLERS[code];
  if (!handler) return false;
  const { caller } = context;
  context.caller = processor.index;
  handler(context.core, processor.index, processor);
  if (context.released.delete(processor.index)) leave(context, processor);
  context.caller = caller;
  return true;
}

/** Takes a CPU out of the hypervisor, with its guest state. */
function leave(context: Context, processor: Processor): void {
  processor.guest = 0;
  context.cellOf.delete(processor.index);
}
