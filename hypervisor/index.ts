// Entry of hypervisor.wasm: the exports listed in ARCHITECTURE.md.
import { activate, init, initCpu } from "./core/boot.ts";
import { consolePage } from "./core/console.ts";
import { denialTable } from "./core/denials.ts";
import {
  exceptions,
  exitCpuid,
  exitCr,
  exitException,
  exitManagement,
  exitMmio,
  exitMsrRead,
  exitMsrWrite,
  exitPio,
  exitUnhandled,
  exitXsetbv,
  hypercall,
} from "./x86/exits.ts";

export {
  activate,
  consolePage,
  denialTable,
  exceptions,
  exitCpuid,
  exitCr,
  exitException,
  exitManagement,
  exitMmio,
  exitMsrRead,
  exitMsrWrite,
  exitPio,
  exitUnhandled,
  exitXsetbv,
  hypercall,
  init,
  initCpu,
};

/** First byte after the module's own static data. */
export function heapBase(): usize {
  return __heap_base;
}
