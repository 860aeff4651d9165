// Lets a program of this computer talk on a guest's serial line, as on a serial server: a port that only this computer can reach.

import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Capture } from "./capture.ts";

const LOOPBACK = "127.0.0.1";

export interface Bridge {
  /** Host and port. */
  readonly address: string;
  close(): void;
}

/** Opens the port. Who comes while another one talks is turned away; what the line says to nobody is lost. */
export async function bridgeTo(line: Capture): Promise<Bridge> {
  let talking: Socket | undefined;
  const server = createServer((socket) => {
    if (talking) {
      socket.destroy();
      return;
    }
    talking = socket;
    const stop = line.follow((text) => void socket.write(text, "latin1"));
    socket.setEncoding("latin1").on("data", (text: string) => line.send(text));
    socket.on("error", () => {});
    socket.once("close", () => {
      stop();
      talking = undefined;
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, LOOPBACK, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = () => {
    talking?.destroy();
    server.close();
  };
  return { address: `${LOOPBACK}:${port}`, close };
}
