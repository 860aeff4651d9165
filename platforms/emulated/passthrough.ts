// The waist's pass-through members, its console and its clock.
import {
  CONSOLE_ADDRESS,
  CONSOLE_FLAG_MMIO,
  CONSOLE_FLAGS,
  CONSOLE_TYPE,
  CONSOLE_TYPE_8250,
} from "../../abi/config.ts";
import { CONSOLE_FRESH_LINE } from "../../abi/platform.ts";
import { PORT_MAP } from "../../machine/board.ts";
import { FRESH_LINE } from "../../machine/serial-log.ts";
import type { Context } from "./context.ts";

/** First ports of COM1 and COM2. */
const SERIAL_PORTS: readonly number[] = [PORT_MAP.com1.first, PORT_MAP.com2.first];

export function passthroughMembers(context: Context) {
  const { pc } = context;
  let locked = false;

  return {
    portIn: (port: number, size: number) => pc.readPort(context.caller, port, size) | 0,
    portOut: (port: number, size: number, value: number) =>
      pc.writePort(context.caller, port, size, value >>> 0),
    mmioRead: (address: bigint, size: number) =>
      pc.readPhysical(context.caller, Number(BigInt.asUintN(64, address)), size),
    mmioWrite: (address: bigint, size: number, value: bigint) =>
      pc.writePhysical(
        context.caller,
        Number(BigInt.asUintN(64, address)),
        size,
        BigInt.asUintN(64, value),
      ),
    pciRead: (bdf: number, register: number, size: number) => pc.pci.read(bdf, register, size) | 0,
    pciWrite: (bdf: number, register: number, size: number, value: number) =>
      pc.pci.write(bdf, register, size, value >>> 0),
    readMsr(cpu: number, msr: number, destination: number): number {
      const value = pc.readMsr(cpu, msr >>> 0);
      if (value === undefined) return 0;
      new DataView(context.coreMemory.buffer).setBigUint64(destination >>> 0, value, true);
      return 1;
    },
    writeMsr: (cpu: number, msr: number, value: bigint) =>
      pc.writeMsr(cpu, msr >>> 0, BigInt.asUintN(64, value)) ? 1 : 0,
    cpuid: (cpu: number, leaf: number, subleaf: number, part: number) =>
      pc.cpuid(cpu, leaf, subleaf, part) | 0,

    /** Bytes go to the wire of the UART at the console's port, past its registers: a cell that uses it sees no change. */
    putConsole(console: number, byte: number): void {
      const view = new DataView(context.coreMemory.buffer, console >>> 0);
      if (view.getUint16(CONSOLE_TYPE, true) !== CONSOLE_TYPE_8250) return;
      if (view.getUint16(CONSOLE_FLAGS, true) & CONSOLE_FLAG_MMIO) return;
      const port = Number(view.getBigUint64(CONSOLE_ADDRESS, true));
      const line = SERIAL_PORTS.indexOf(port);
      const inserted = byte === CONSOLE_FRESH_LINE ? FRESH_LINE : byte;
      if (line >= 0) pc.serialLogs[line]!.insert(inserted, pc.time);
    },
    now: () => BigInt(Math.floor(pc.time)),
    relax(cpu: number): void {
      const { caller } = context;
      pc.relax(cpu);
      context.caller = caller;
    },
    // One thread owns the core, so the lock only checks that it is used as the waist says.
    lock(): void {
      if (locked) throw new Error("hypervisor.wasm takes its lock twice");
      locked = true;
    },
    unlock(): void {
      if (!locked) throw new Error("hypervisor.wasm gives back a lock that it does not hold");
      locked = false;
    },
  };
}
