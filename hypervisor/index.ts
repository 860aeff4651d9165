// Entry of hypervisor.wasm: the exports listed in ARCHITECTURE.md. The handlers of VM exits come from x86/exits.ts.
import { activate, init, initCpu } from "./core/boot.ts";
import { consolePage } from "./core/console.ts";
import { handleHypercall } from "./core/control.ts";
import { mmioAccess, mmioRegister } from "./core/mmio.ts";
import { fatal, violation } from "./core/panic.ts";

export {
  activate,
  consolePage,
  fatal,
  handleHypercall,
  init,
  initCpu,
  mmioAccess,
  mmioRegister,
  violation,
};

/** First byte after the module's own static data. */
export function heapBase(): usize {
  return __heap_base;
}
