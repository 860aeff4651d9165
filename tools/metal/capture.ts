// A line from the guest: a Unix socket to which QEMU connects, and all that has come on it.

import { createServer, type Server, type Socket } from "node:net";

/** What a serial line said in vain, or did not say. */
export class SerialTimeout extends Error {
  override readonly name = "SerialTimeout";
}

/** Collects a serial port's text. */
export class Capture {
  readonly path: string;
  readonly #server: Server;
  readonly #listeners = new Set<(text: string) => void>();
  #socket: Socket | undefined;
  #text = "";

  private constructor(path: string, server: Server) {
    this.path = path;
    this.#server = server;
    server.on("connection", (socket) => {
      this.#socket = socket;
      socket.setEncoding("latin1");
      socket.on("data", (data: string) => this.#receive(data));
      socket.on("error", () => {});
    });
  }

  /** Listens on a path that does not exist yet. */
  static async listen(path: string): Promise<Capture> {
    const server = createServer();
    const capture = new Capture(path, server);
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(path, resolve);
    });
    return capture;
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
  async waitFor(pattern: RegExp, timeout: number, start = 0): Promise<RegExpExecArray> {
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
