// A line from the guest: a socket to which the emulator connects, and all that has come on it.

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

const LOOPBACK = "127.0.0.1";

/**
 * Milliseconds after which something that is expected of an emulator counts as lost. It ends what hangs and must end nothing that is
 * slow: emulators share processors, with each other and with whatever else their host does.
 */
export const PATIENCE = 20 * 60_000;

/** What a serial line said in vain, or did not say. */
export class SerialTimeout extends Error {
  override readonly name = "SerialTimeout";
}

/** Collects a serial port's text. */
export class Capture {
  /** Where the emulator connects to: a path, or host and port. */
  readonly address: string;
  readonly #server: Server;
  readonly #listeners = new Set<(text: string) => void>();
  #socket: Socket | undefined;
  #text = "";
  #end: () => void = () => {};
  readonly #ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });

  private constructor(server: Server) {
    const address = server.address() as AddressInfo | string;
    this.address = typeof address === "string" ? address : `${LOOPBACK}:${address.port}`;
    this.#server = server;
    server.on("connection", (socket) => {
      // The first is the emulator.
      server.close();
      this.#socket = socket;
      socket.once("close", () => this.#end());
      socket.setEncoding("latin1");
      socket.on("data", (data: string) => this.#receive(data));
      socket.on("error", () => {});
    });
  }

  /** Listens on a path that does not exist yet, or, without one, on some port that only this computer can reach. */
  static async listen(path?: string): Promise<Capture> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      if (path === undefined) server.listen(0, LOOPBACK, resolve);
      else server.listen(path, resolve);
    });
    return new Capture(server);
  }

  /** Settles when all has come that the emulator, which has ended, said; at once if it never connected. */
  async finished(): Promise<void> {
    if (this.#socket) await this.#ended;
  }

  /** Everything that has come, with the line ends of the sender. */
  get text(): string {
    return this.#text;
  }

  #receive(data: string): void {
    this.#text += data;
    for (const listener of this.#listeners) listener(data);
  }

  /** Calls back with every piece that comes from now on. Returns what ends that. */
  follow(listener: (text: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends text to the guest. */
  send(text: string): void {
    this.#socket?.write(text, "latin1");
  }

  /**
   * Waits until the text from `start` on matches. Resolves to the match. Throws SerialTimeout after so many milliseconds,
   * with what has come.
   */
  async waitFor(pattern: RegExp, timeout = PATIENCE, start = 0): Promise<RegExpExecArray> {
    const find = () => pattern.exec(this.#text.slice(start));
    const found = find();
    if (found) return found;
    return new Promise((resolve, reject) => {
      const stop = this.follow(() => {
        const match = find();
        if (!match) return;
        clearTimeout(timer);
        stop();
        resolve(match);
      });
      const timer = setTimeout(() => {
        stop();
        const text = this.#text.slice(start) || "(nothing)";
        reject(
          new SerialTimeout(`${pattern} did not come within ${timeout} ms; there came\n${text}`),
        );
      }, timeout);
    });
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }
}
