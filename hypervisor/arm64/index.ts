// Entry of hypervisor-arm64.wasm.
import { activate, init, initCpu } from "../core/boot.ts";
import { exitManagement } from "../core/cells/cpus.ts";
import { consolePage } from "../core/console.ts";
import { denialTable } from "../core/denials.ts";
import { exitTrap } from "./exits.ts";

export { activate, consolePage, denialTable, exitManagement, exitTrap, init, initCpu };

/** First byte after the module's own static data. */
export function heapBase(): usize {
  return __heap_base;
}
