// The serial port on which the hypervisor prints: nothing that anybody is advised to hand out.
import * as abi from "../../abi/config.ts";
import type { Console, PortRange, SystemConfig } from "../types.ts";
import { has } from "./ranges.ts";

/** Registers of an 8250. */
export const UART_PORTS = 8;

/** Whether a console is a serial port of a PC, not registers in memory. */
export const isPorts = ({ type, flags }: Console): boolean =>
  type === abi.CONSOLE_TYPE_8250 && !has(flags, abi.CONSOLE_FLAG_MMIO);

/** Whether the range has ports of the hypervisor's own line. */
export function isDebugConsole({ debugConsole }: SystemConfig, range: PortRange): boolean {
  const first = Number(debugConsole.address);
  return (
    isPorts(debugConsole) && range.base < first + UART_PORTS && first < range.base + range.length
  );
}
