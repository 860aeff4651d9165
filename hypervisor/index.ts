// Entry of hypervisor.wasm: what exports.ts and x86/exports.ts declare.
import { activate, init, initCpu } from "./core/boot.ts";
import { exitManagement } from "./core/cells/cpus.ts";
import { consolePage } from "./core/console.ts";
import { denialTable } from "./core/denials.ts";
import {
  exceptions,
  exitCpuid,
  exitCr,
  exitException,
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
