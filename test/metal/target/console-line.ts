// The guest's console as a serial server: a TCP port behind which is COM3, on which an agent runs and the kernel logs.

import { createServer, type Server, type Socket } from "node:net";

/** One end is a guest, which need not be there yet; the other a port of this computer. */
export class ConsoleLine {
  readonly #server: Server;
  #socket: Socket | undefined;
  #type: (keys: Uint8Array) => void = () => {};
  /** Bytes of text that came from the guest, on the whole. */
  received = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => {
      this.#socket?.destroy();
      this.#socket = socket;
      socket.on("data", (bytes) => this.#type(bytes));
      socket.on("error", () => {});
    });
  }

  static async listen(): Promise<ConsoleLine> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new ConsoleLine(server);
  }

  /** What `--target` says. */
  get target(): string {
    return `serial:127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  /** To be called with what comes on the console, a character for each byte. */
  readonly feed = (text: string): void => {
    this.received += text.length;
    this.#socket?.write(text, "latin1");
  };

  /** `type` sends to the guest. */
  attach(type: (keys: Uint8Array) => void): void {
    this.#type = type;
  }

  /** Cuts the cable: who is connected learns it, and nobody can connect. */
  async cut(): Promise<void> {
    this.#socket?.destroy();
    if (this.#server.listening)
      await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Mends it: the port is another one. */
  async mend(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }
}
