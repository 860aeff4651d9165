// The process of the PC's bed: `node machine.js FILE` runs the machine that FILE describes until it powers off or is reset.

import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { recordImage } from "../../coverage/record.ts";
import { createPc, type PcDescription } from "./pc.ts";

/** What the file holds. */
export interface Task extends PcDescription {
  /** Sockets to which COM1 to COM4 connect. */
  readonly serial: readonly string[];
}

/** Virtual nanoseconds between two looks at the sockets. */
const TURN = 1e6;
/** How much faster than real time an idle machine's goes by, and how far it may be ahead, in ms. */
const PACE = 20;
const AHEAD = 2;
const NS_PER_MS = 1e6;

async function main(path: string): Promise<void> {
  const task = JSON.parse(readFileSync(path, "utf8")) as Task;
  const sockets = task.serial.map((address): Socket => connect(address));
  const outputs: number[][] = sockets.map(() => []);
  const pc = createPc(task, (port, byte) => outputs[port]!.push(byte));
  const save = recordImage(pc);
  for (const [port, socket] of sockets.entries()) {
    socket.on("data", (data) => pc.serial(port).input(data as Buffer));
    // Whoever had started this machine is gone.
    socket.on("close", () => process.exit());
    socket.on("error", () => process.exit(1));
  }
  const start = performance.now();
  while (pc.endReason === undefined) {
    pc.run(pc.time + TURN);
    save();
    for (const [port, bytes] of outputs.entries())
      if (bytes.length > 0) sockets[port]!.write(Buffer.from(bytes.splice(0)));
    const ahead = pc.time / NS_PER_MS / PACE - (performance.now() - start);
    await new Promise<void>((resolve) => {
      if (ahead > AHEAD) setTimeout(resolve, ahead);
      else setImmediate(resolve);
    });
  }
  for (const socket of sockets) socket.end();
}

await main(process.argv[2]!);
