// One client of the daemon: its requests, what it follows, and what happens when it goes away in the middle.

import type { Socket } from "node:net";
import { createContext, Script } from "node:vm";
import { ECONNRESET, EINVAL, EIO, ENODEV, ETIMEDOUT } from "../abi/errno.ts";
import type { LineNumber, Session, Unsubscribe } from "./api.ts";
import { Connection, UnknownMethod } from "./connection.ts";
import type { Daemon } from "./daemon.ts";
import { SystemError } from "./errors.ts";
import type { Feed } from "./feed.ts";
import { ENDLESS } from "./machine-end.ts";
import {
  encodeBytes,
  encodeDenials,
  encodeFiles,
  encodeStatistics,
  Fields,
  OUTPUT,
  STOPPING,
} from "./protocol.ts";
import { NO_CONSOLE } from "./serial-line.ts";
import { Turns } from "./turns.ts";

/** Output that may wait for a client, in bytes: beyond, a free machine waits and a paced one's output is dropped. */
const BACKED_UP = 1024 * 1024;
const DROP = 8 * BACKED_UP;
const SUBSCRIPTIONS_MAX = 64;
/** How long one search for a client's pattern may take, in milliseconds. */
const SEARCH_MAX = 1000;
const TIME_MAX = Number.MAX_SAFE_INTEGER;
const NS_PER_SECOND = 1e9;
const DEFAULT_TIMEOUT = 60_000_000_000;
/** Lines of output shown when waiting for some was in vain. */
const LAST_LINES = 5;

type Handler = (fields: Fields, signal: AbortSignal) => unknown;

/** A client, as the daemon sees it. */
export interface Served {
  /** Whether output that it follows waits for it. */
  readonly backedUp: () => boolean;
  /** Whether nothing is done for it. */
  readonly isIdle: () => boolean;
  /** When it said something last, in milliseconds. */
  readonly heard: () => number;
  readonly end: () => void;
  /** Ends the connection, and says before that the daemon stops. */
  readonly farewell: () => void;
}

/** Serves a client until its socket closes. */
export function serveClient(daemon: Daemon, socket: Socket): Served {
  const connection = new Connection(socket, daemon.budget, (method, params, signal) =>
    client.handle(method, params, signal),
  );
  const client: Client = new Client(daemon, socket, connection);
  socket.on("close", () => client.close());
  return {
    backedUp: () => client.follows && socket.writableLength > BACKED_UP,
    isIdle: () => connection.isIdle && !client.follows,
    heard: () => connection.heard,
    end: () => connection.end(),
    farewell: () => {
      connection.notify(STOPPING, {});
      socket.destroySoon();
    },
  };
}

const SEARCH = new Script("pattern.exec(text)");

/** Whether the pattern matches; gives up on a search that takes too long, so that no client can stall the others. */
function search(pattern: RegExp, text: string): RegExpMatchArray | null {
  try {
    return SEARCH.runInContext(createContext({ pattern, text }), { timeout: SEARCH_MAX });
  } catch (cause) {
    throw new SystemError(EINVAL, { hint: `The pattern ${pattern} takes too long.`, cause });
  }
}

class Client {
  readonly #daemon: Daemon;
  readonly #socket: Socket;
  readonly #connection: Connection;
  readonly #subscriptions = new Map<number, Unsubscribe>();
  readonly #handlers: Readonly<Record<string, Handler>>;
  /** This client's requests wait for each other before one waits for its turn: many are no advantage over other clients. */
  readonly #own = new Turns();

  constructor(daemon: Daemon, socket: Socket, connection: Connection) {
    this.#daemon = daemon;
    this.#socket = socket;
    this.#connection = connection;
    this.#handlers = { ...this.#changes(), ...this.#reads(), ...this.#waits() };
  }

  get follows(): boolean {
    return this.#subscriptions.size > 0;
  }

  /** Carries out one request. */
  async handle(method: string, params: unknown, signal: AbortSignal): Promise<unknown> {
    if (!Object.hasOwn(this.#handlers, method)) {
      throw new UnknownMethod(`Unknown request ${method.slice(0, 80)}`);
    }
    return this.#handlers[method]!(new Fields(params), signal);
  }

  close(): void {
    for (const unsubscribe of this.#subscriptions.values()) unsubscribe();
    this.#subscriptions.clear();
  }

  /** Does something once all earlier requests of this client are done; not any more when it has gone. */
  #queue<T>(action: () => Promise<T>): Promise<T> {
    return this.#own.take(async () => {
      if (this.#connection.gone.aborted) throw new SystemError(ECONNRESET);
      return action();
    });
  }

  /** Does something with the machine in a turn. */
  #turn<T>(action: () => Promise<T>): Promise<T> {
    return this.#queue(() => this.#daemon.turns.take(action));
  }

  #change<T>(action: (session: Session) => Promise<T>): Promise<T> {
    return this.#queue(() => this.#daemon.change(action));
  }

  #changes(): Record<string, Handler> {
    const daemon = this.#daemon;
    return {
      enable: (fields) => {
        const config = fields.bytes("config");
        return this.#change((session) => {
          daemon.enableTried();
          return session.enable(config);
        });
      },
      disable: () => this.#change((session) => session.disable()),
      createCell: (fields) => {
        const config = fields.bytes("config");
        return this.#change((session) => session.createCell(config));
      },
      loadCell: (fields) => {
        const [cell, images] = [fields.cell(), fields.images()];
        return this.#change((session) => session.loadCell(cell, images));
      },
      startCell: (fields) => {
        const cell = fields.cell();
        return this.#change((session) => session.startCell(cell));
      },
      shutdownCell: (fields) => {
        const cell = fields.cell();
        return this.#change((session) => session.shutdownCell(cell));
      },
      destroyCell: (fields) => {
        const [cell, force] = [fields.cell(), fields.flag("force")];
        return this.#change((session) => session.destroyCell(cell, { force }));
      },
      serialWrite: (fields) => {
        const [line, text] = [this.#line(fields), fields.text("text")];
        return this.#turn(() => daemon.session.serial(line).write(text));
      },
      stop: () => {
        void daemon.stop();
      },
    };
  }

  #reads(): Record<string, Handler> {
    const { session } = this.#daemon;
    return {
      status: () => this.#turn(() => session.status()),
      time: () => session.time(),
      cells: () => this.#turn(() => session.cells()),
      statistics: (fields) => {
        const cell = fields.cell();
        return this.#turn(async () => encodeStatistics(await session.statistics(cell)));
      },
      denials: () => this.#turn(async () => encodeDenials(await session.denials())),
      configuration: (fields) => {
        const cell = fields.cell();
        return this.#turn(async () => encodeBytes(await session.configuration(cell)));
      },
      devices: () => this.#turn(async () => encodeFiles(await session.devices())),
      consoleText: () => this.#turn(() => session.consoleText()),
      serialText: (fields) => this.#feed(fields).text,
      fingerprint: () => this.#turn(() => session.fingerprint()),
      refresh: () => this.#queue(() => this.#daemon.refresh()),
      info: () => this.#daemon.info(),
      sealRecord: () => this.#turn(() => this.#daemon.sealRecord()),
    };
  }

  #waits(): Record<string, Handler> {
    const { clock, session } = this.#daemon;
    return {
      run: async (fields, signal) => {
        const now = await session.time();
        await clock.wait({ until: now + fields.integer("nanoseconds", 0, TIME_MAX - now) }, signal);
      },
      serialWaitFor: (fields, signal) => this.#waitFor(fields, signal),
      waitForEnd: (fields, signal) => this.#waitForEnd(fields, signal),
      serialFollow: (fields) => {
        const feed = this.#feed(fields);
        const text = feed.text;
        const watch = fields.flag("watch");
        this.#subscribe(this.#subscription(fields), watch, (listener) => feed.follow(listener));
        return text;
      },
      consoleFollow: (fields) =>
        this.#followConsole(this.#subscription(fields), fields.flag("watch")),
      unfollow: (fields) => {
        const subscription = fields.integer("subscription", 0, TIME_MAX);
        this.#subscriptions.get(subscription)?.();
        this.#subscriptions.delete(subscription);
      },
    };
  }

  #line(fields: Fields): LineNumber {
    const line = fields.integer("line", 0, 2) as LineNumber;
    if (line < this.#daemon.serial.length) return line;
    throw new SystemError(ENODEV, { hint: NO_CONSOLE });
  }

  #feed(fields: Fields): Feed {
    return this.#daemon.serial[this.#line(fields)]!;
  }

  #subscription(fields: Fields): number {
    const subscription = fields.integer("subscription", 0, TIME_MAX);
    if (this.#subscriptions.has(subscription) || this.#subscriptions.size >= SUBSCRIPTIONS_MAX) {
      throw new SystemError(EINVAL, { hint: "This subscription is taken, or there are too many." });
    }
    return subscription;
  }

  /**
   * Sends what comes from now on as notifications; what a client does not take is dropped, with a mark. A subscriber who
   * watches keeps a free machine's time going.
   */
  #subscribe(
    subscription: number,
    watch: boolean,
    follow: (listener: (text: string) => void) => Unsubscribe,
  ) {
    let missed = 0;
    const unfollow = follow((text) => {
      if (this.#socket.writableLength > DROP) {
        missed += text.length;
        return;
      }
      const mark = missed > 0 ? `<missed ${missed} bytes of console log>\n` : "";
      missed = 0;
      this.#connection.notify(OUTPUT, { subscription, text: mark + text });
    });
    const unwatch = watch ? this.#daemon.clock.watch() : () => {};
    this.#subscriptions.set(subscription, () => {
      unfollow();
      unwatch();
    });
  }

  async #followConsole(subscription: number, watch: boolean): Promise<string> {
    const { session } = this.#daemon;
    return this.#turn(async () => {
      const text = await session.consoleText();
      let listener: (text: string) => void = () => {};
      const unfollow = await session.followConsole((piece) => listener(piece));
      if (this.#connection.gone.aborted) {
        unfollow();
        return text;
      }
      this.#subscribe(subscription, watch, (own) => {
        listener = own;
        return unfollow;
      });
      return text;
    });
  }

  async #waitForEnd(fields: Fields, signal: AbortSignal): Promise<number> {
    const { clock, session } = this.#daemon;
    const timeout = fields.integer("timeout", 0, TIME_MAX / 2);
    if (!this.#daemon.canEnd) throw new SystemError(EINVAL, { hint: ENDLESS });
    const until = timeout === 0 ? TIME_MAX : (await session.time()) + timeout;
    const ready = () => session.ended !== undefined;
    await clock.wait({ until, ready }, signal);
    if (session.ended !== undefined) return session.ended;
    const { failure } = this.#daemon;
    if (failure !== undefined) throw new SystemError(EIO, { hint: failure });
    if (timeout === 0) throw new SystemError(ECONNRESET, { hint: "The machine was stopped." });
    const hint = `The machine did not end within ${timeout / NS_PER_SECOND} virtual seconds.`;
    throw new SystemError(ETIMEDOUT, { hint });
  }

  async #waitFor(fields: Fields, signal: AbortSignal): Promise<string[]> {
    const feed = this.#feed(fields);
    const pattern = fields.pattern();
    const timeout = fields.integer("timeout", 0, TIME_MAX / 2) || DEFAULT_TIMEOUT;
    let match = search(pattern, feed.text);
    let changed = false;
    const unfollow = feed.follow(() => {
      changed = true;
    });
    const until = (await this.#daemon.session.time()) + timeout;
    let failure: unknown;
    const ready = () => {
      if (!changed) return match !== null;
      changed = false;
      try {
        match = search(pattern, feed.text);
      } catch (error) {
        failure = error;
      }
      return match !== null || failure !== undefined;
    };
    await this.#daemon.clock.wait({ until, ready }, signal);
    unfollow();
    if (failure !== undefined) throw failure;
    if (match) return [...match];
    const last = feed.text.split("\n").slice(-LAST_LINES).join("\n");
    throw new SystemError(ETIMEDOUT, { hint: `${pattern} did not come. Last seen:\n${last}` });
  }
}
