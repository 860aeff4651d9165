// Entry of hypervisor.wasm: the exports listed in ARCHITECTURE.md. The handlers of VM exits come from x86/exits.ts.
import { consolePage } from "./core/console.ts";
import { mmioAccess, mmioRegister } from "./core/mmio.ts";
import { fatal, violation } from "./core/panic.ts";

export { consolePage, fatal, mmioAccess, mmioRegister, violation };

/** First byte after the module's own static data. */
export function heapBase(): usize {
  return __heap_base;
}
