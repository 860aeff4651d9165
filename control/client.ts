// A session over the daemon's socket: what the command uses, and any program that wants to talk to a running machine.

import { createConnection, type Socket } from "node:net";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import {
  CancellationTokenSource,
  createMessageConnection,
  type MessageConnection,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
} from "vscode-jsonrpc/node";
import { E2BIG, ECONNRESET, EIO, ENOENT, EOPNOTSUPP } from "../abi/errno.ts";
import type { Tree } from "../config/create/tree.ts";
import type {
  Attachment,
  CellInfo,
  CellRef,
  CellStatistics,
  CreatedCell,
  DenialLog,
  Image,
  LineNumber,
  MachineStatus,
  OpenSession,
  SerialLine,
  StartReport,
  Unsubscribe,
} from "./api.ts";
import { SystemError } from "./errors.ts";
import { IMAGES_MAX } from "./framing.ts";
import {
  type DaemonInfo,
  decodeBytes,
  decodeDenials,
  decodeFiles,
  decodeStatistics,
  encodeBytes,
  encodeImages,
  OUTPUT,
  type Output,
  STOPPING,
  type WireDenialLog,
  type WireFiles,
  type WireStatistics,
} from "./protocol.ts";
import type { Seal } from "./record/journal.ts";
import { daemonPid, type MachinePaths } from "./registry.ts";

/** What ends a session that nobody has ended. */
const DAEMON_GONE = "The machine's daemon went away.";
/** Turns of the event loop in which a connection hands out nothing when it has nothing. */
const QUIET_TURNS = 100;
const NO_TRIAL = "An emulated machine can be thrown away: trials are for computers.";

/** A session whose machine lives in a daemon: `close` ends the connection only. */
export class RemoteSession implements OpenSession {
  readonly #connection: MessageConnection;
  readonly #socket: Socket;
  readonly #listeners = new Map<number, (text: string) => void>();
  #subscriptions = 0;
  readonly closed: Promise<string | undefined>;
  /** Whether this end closes the connection, or the other one has said that it will. */
  #isEnding = false;
  /** Notifications so far. */
  #taken = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    const reader = new SocketMessageReader(socket);
    this.#connection = createMessageConnection(reader, new SocketMessageWriter(socket));
    this.closed = new Promise((resolve) =>
      socket.once("close", async () => {
        await this.#takeRest();
        resolve(this.#isEnding ? undefined : DAEMON_GONE);
      }),
    );
    socket.on("error", () => {});
    this.#connection.onError(() => socket.destroy());
    this.#connection.onNotification(OUTPUT, ({ subscription, text }: Output) => {
      this.#taken++;
      this.#listeners.get(subscription)?.(text);
    });
    this.#connection.onNotification(STOPPING, () => {
      this.#isEnding = true;
    });
    this.#connection.listen();
  }

  /** What has come is handed out turn by turn, and goes on after the socket has closed: waits until there is no more. */
  async #takeRest(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS && !this.#isEnding; quiet++) {
      const before = this.#taken;
      await nextTurn();
      if (this.#taken !== before) quiet = 0;
    }
  }

  async #request<T>(method: string, params: object = {}, signal?: AbortSignal): Promise<T> {
    const source = new CancellationTokenSource();
    const cancel = () => source.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const answer = this.#connection.sendRequest<T>(method, params, source.token);
      return await Promise.race([answer, this.#lost()]);
    } catch (error) {
      throw this.#toSystemError(error);
    } finally {
      signal?.removeEventListener("abort", cancel);
      source.dispose();
    }
  }

  async #lost(): Promise<never> {
    await this.closed;
    throw new SystemError(ECONNRESET, { hint: DAEMON_GONE });
  }

  #toSystemError(error: unknown): SystemError {
    if (error instanceof SystemError) return error;
    if (error instanceof ResponseError && error.code > 0) {
      const { hint } = (error.data ?? {}) as { hint?: string };
      return new SystemError(error.code, { hint, cause: error });
    }
    const lost = this.#socket.destroyed;
    const hint = lost ? DAEMON_GONE : (error as Error).message;
    return new SystemError(lost ? ECONNRESET : EIO, { hint, cause: error });
  }

  status(): Promise<MachineStatus> {
    return this.#request("status");
  }

  time(): Promise<number> {
    return this.#request("time");
  }

  enable(systemConfig: Uint8Array): Promise<void> {
    return this.#request("enable", { config: encodeBytes(systemConfig) });
  }

  disable(): Promise<void> {
    return this.#request("disable");
  }

  createCell(cellConfig: Uint8Array): Promise<CreatedCell> {
    return this.#request("createCell", { config: encodeBytes(cellConfig) });
  }

  async loadCell(cell: CellRef, images: readonly Image[]): Promise<void> {
    if (images.reduce((sum, { data }) => sum + data.length, 0) > IMAGES_MAX) {
      throw new SystemError(E2BIG, { hint: "These are too many images for one load." });
    }
    return this.#request("loadCell", { cell, images: encodeImages(images) });
  }

  startCell(cell: CellRef): Promise<StartReport> {
    return this.#request("startCell", { cell });
  }

  shutdownCell(cell: CellRef): Promise<void> {
    return this.#request("shutdownCell", { cell });
  }

  destroyCell(cell: CellRef, { force = false } = {}): Promise<void> {
    return this.#request("destroyCell", { cell, force });
  }

  cells(): Promise<readonly CellInfo[]> {
    return this.#request("cells");
  }

  async statistics(cell: CellRef): Promise<CellStatistics> {
    return decodeStatistics(await this.#request<WireStatistics>("statistics", { cell }));
  }

  async denials(): Promise<DenialLog> {
    return decodeDenials(await this.#request<WireDenialLog>("denials"));
  }

  async configuration(cell: CellRef): Promise<Uint8Array> {
    return decodeBytes(await this.#request<string>("configuration", { cell }));
  }

  async devices(): Promise<Tree> {
    return decodeFiles(await this.#request<WireFiles>("devices"));
  }

  consoleText(): Promise<string> {
    return this.#request("consoleText");
  }

  async followConsole(listener: (text: string) => void): Promise<Unsubscribe> {
    return (await this.attachConsole(listener)).stop;
  }

  /** The console's text, and each further piece to the listener. For `watch` see {@link attachSerial}. */
  attachConsole(listener: (text: string) => void, { watch = true } = {}): Promise<Attachment> {
    return this.#attach("consoleFollow", { watch }, listener);
  }

  /**
   * A serial line's text, and each further piece to the listener. Who watches keeps a free machine's time going; without
   * `watch` only what others wait for is seen.
   */
  attachSerial(
    line: LineNumber,
    listener: (text: string) => void,
    { watch = true } = {},
  ): Promise<Attachment> {
    return this.#attach("serialFollow", { line, watch }, listener);
  }

  async #attach(
    method: string,
    params: object,
    listener: (text: string) => void,
  ): Promise<Attachment> {
    const subscription = this.#subscriptions++;
    this.#listeners.set(subscription, listener);
    try {
      const text = await this.#request<string>(method, { ...params, subscription });
      return { text, stop: () => this.#unfollow(subscription) };
    } catch (error) {
      this.#listeners.delete(subscription);
      throw error;
    }
  }

  #unfollow(subscription: number): void {
    this.#listeners.delete(subscription);
    // Nobody listens any more: should the daemon be gone, that is as well.
    if (!this.#socket.destroyed) this.#request("unfollow", { subscription }).catch(() => {});
  }

  serial(line: LineNumber): SerialLine {
    return {
      text: () => this.#request("serialText", { line }),
      follow: async (listener) => (await this.attachSerial(line, listener)).stop,
      write: (text) => this.#request("serialWrite", { line, text }),
      waitFor: (pattern, timeout = 0) => {
        const regExp = typeof pattern === "string" ? literal(pattern) : pattern;
        const { source, flags } = regExp;
        return this.#request("serialWaitFor", { line, source, flags, timeout });
      },
    };
  }

  /** Waits until that much virtual time has passed; aborting the signal ends the waiting only. */
  run(nanoseconds: number, signal?: AbortSignal): Promise<void> {
    return this.#request("run", { nanoseconds }, signal);
  }

  waitForEnd(timeout = 0): Promise<number> {
    return this.#request("waitForEnd", { timeout });
  }

  fingerprint(): Promise<string> {
    return this.#request("fingerprint");
  }

  async enableTrial(): Promise<void> {
    throw new SystemError(EOPNOTSUPP, { hint: NO_TRIAL });
  }

  async confirm(): Promise<void> {
    throw new SystemError(EOPNOTSUPP, { hint: NO_TRIAL });
  }

  /** An emulated machine can be thrown away. */
  async risk(): Promise<undefined> {}

  async caveats(): Promise<readonly string[]> {
    return [];
  }

  /** About the daemon itself. */
  info(): Promise<DaemonInfo> {
    return this.#request("info");
  }

  /** Where the record is in its file now, and what would end it there. */
  sealRecord(): Promise<Seal> {
    return this.#request("sealRecord");
  }

  /** Brings the exported sysfs tree up to date now. */
  refresh(): Promise<void> {
    return this.#request("refresh");
  }

  /** Stops machine and daemon; that the connection ends is the answer. */
  async stop(): Promise<void> {
    await this.#request("stop").catch((error: SystemError) => {
      if (error.errno !== ECONNRESET) throw error;
    });
    await this.closed;
  }

  async close(): Promise<void> {
    this.#isEnding = true;
    this.#connection.dispose();
    this.#socket.destroy();
    await this.closed;
  }
}

function literal(text: string): RegExp {
  return new RegExp(text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
}

/** How long a daemon may take from its first file to its socket, in milliseconds, and how often that is looked at. */
const START_PATIENCE = 60_000;
const START_POLL = 5;

/** Connects to a machine's daemon; one that is just starting is waited for. Throws ENOENT when none answers. */
export async function connect(paths: MachinePaths): Promise<RemoteSession> {
  for (const limit = performance.now() + START_PATIENCE; ; await sleep(START_POLL)) {
    // Asked first: a daemon that ends between the two questions is not waited for.
    const lives = daemonPid(paths) !== undefined;
    try {
      return await reach(paths.socket);
    } catch (cause) {
      if (lives && performance.now() < limit) continue;
      const hint = `No machine "${paths.name}" runs; start one with: jailhouse machine start`;
      throw new SystemError(ENOENT, { hint, cause });
    }
  }
}

function reach(path: string): Promise<RemoteSession> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(new RemoteSession(socket));
    });
  });
}
