// The process of the PC's bed: `node machine.js FILE` runs the machine that FILE describes until it powers off or is reset.

import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { basename, join } from "node:path";
import { parseCpu } from "../../../../control/cpu-option.ts";
import { bootKernel } from "../../../../machine/boot/kernel.ts";
import { Pc } from "../../../../machine/pc.ts";
import { ROOT } from "../../../root.ts";

/** A machine with Linux; paths are absolute. */
export interface PcDescription {
  /** MODEL[,feature=on|off]… */
  readonly cpu: string;
  readonly cpus: number;
  /** In MiB. */
  readonly memory: number;
  readonly kernel: string;
  readonly initramfs: string;
  readonly disk: string;
  readonly commandLine: string;
  /** Sockets to which COM1 to COM4 connect. */
  readonly serial: readonly string[];
}

const MIB = 1 << 20;
/** Virtual nanoseconds between two looks at the sockets. */
const TURN = 1e6;
/** How much faster than real time an idle machine's goes by, and how far it may be ahead, in ms. */
const PACE = 20;
const AHEAD = 2;
/** Which of the machine's lines COM1 to COM4 are. */
const LINES = [0, 1, 3, 4] as const;

function diskOf(path: string) {
  const file = openSync(path, "r");
  const { size } = fstatSync(file);
  process.once("exit", () => closeSync(file));
  return {
    size,
    read(offset: number, count: number): Uint8Array {
      const bytes = new Uint8Array(count);
      readSync(file, bytes, 0, count, offset);
      return bytes;
    },
  };
}

async function main(path: string): Promise<void> {
  const description = JSON.parse(readFileSync(path, "utf8")) as PcDescription;
  const sockets = description.serial.map((address): Socket => connect(address));
  const sinks: ((byte: number) => void)[] = [];
  const outputs: number[][] = sockets.map(() => []);
  for (const [port, line] of LINES.entries()) sinks[line] = (byte) => outputs[port]!.push(byte);
  const { vendor, features } = parseCpu(description.cpu);
  const pc = new Pc({
    cpu: readFileSync(join(ROOT, "dist/cpu.wasm")) as Uint8Array<ArrayBuffer>,
    ...{ cpus: description.cpus, memory: description.memory * MIB, vendor, features },
    ...{ serialPorts: 4, serialSpeed: "instant", serial: sinks },
    disks: [diskOf(description.disk)],
  });
  const read = (name: string) => ({ name: basename(name), data: readFileSync(name) });
  bootKernel(pc, {
    image: read(description.kernel),
    modules: [read(description.initramfs)],
    commandLine: description.commandLine,
  });
  for (const [port, socket] of sockets.entries()) {
    socket.on("data", (data) => pc.serial(port).input(data as Buffer));
    // Whoever had started this machine is gone.
    socket.on("close", () => process.exit());
    socket.on("error", () => process.exit(1));
  }
  const start = performance.now();
  while (pc.endReason === undefined) {
    pc.run(pc.time + TURN);
    for (const [port, bytes] of outputs.entries())
      if (bytes.length > 0) sockets[port]!.write(Buffer.from(bytes.splice(0)));
    const ahead = pc.time / 1e6 / PACE - (performance.now() - start);
    await new Promise<void>((resolve) => {
      if (ahead > AHEAD) setTimeout(resolve, ahead);
      else setImmediate(resolve);
    });
  }
  for (const socket of sockets) socket.end();
}

await main(process.argv[2]!);
