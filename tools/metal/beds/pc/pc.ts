// The PC that the bed is: with four serial ports, and a kernel at its entry.

import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { basename, join } from "node:path";
import { parseCpu } from "../../../../control/cpu-option.ts";
import { bootKernel } from "../../../../machine/boot/kernel.ts";
import type { DiskImage } from "../../../../machine/devices/virtio/block.ts";
import { Pc } from "../../../../machine/pc.ts";
import { ROOT } from "../../../root.ts";

/** A machine with a kernel; paths are absolute. */
export interface PcDescription {
  /** MODEL[,feature=on|off]… */
  readonly cpu: string;
  readonly cpus: number;
  /** In MiB. */
  readonly memory: number;
  readonly kernel: string;
  /** The initrd, or modules. */
  readonly modules: readonly string[];
  readonly disks: readonly string[];
  readonly commandLine: string;
}

const MIB = 1 << 20;
/** Which of the machine's lines COM1 to COM4 are. */
const LINES = [0, 1, 3, 4] as const;

function diskOf(path: string): DiskImage {
  const file = openSync(path, "r");
  const { size } = fstatSync(file);
  process.once("exit", () => closeSync(file));
  return {
    size,
    read(offset, count) {
      const bytes = new Uint8Array(count);
      readSync(file, bytes, 0, count, offset);
      return bytes;
    },
  };
}

const read = (path: string) => ({ name: basename(path), data: readFileSync(path) });

/** Makes it; `send` gets what COM1 (0) to COM4 (3) send. */
export function createPc(
  description: PcDescription,
  send: (port: number, byte: number) => void,
): Pc {
  const { vendor, features } = parseCpu(description.cpu);
  const serial: ((byte: number) => void)[] = [];
  for (const [port, line] of LINES.entries()) serial[line] = (byte) => send(port, byte);
  const pc = new Pc({
    cpu: readFileSync(join(ROOT, "dist/cpu.wasm")) as Uint8Array<ArrayBuffer>,
    ...{ cpus: description.cpus, memory: description.memory * MIB, vendor, features },
    ...{ serialPorts: 4, serialSpeed: "instant", serial },
    disks: description.disks.map(diskOf),
  });
  bootKernel(pc, {
    image: read(description.kernel),
    modules: description.modules.map(read),
    commandLine: description.commandLine,
  });
  return pc;
}
