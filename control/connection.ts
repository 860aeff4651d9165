// The daemon's side of one client's connection: JSON-RPC requests in, answers and notifications out. Everything that comes is
// untrusted: what is no request ends the connection, and what a client may have under way, or leave unread, is limited.

import type { Socket } from "node:net";
import { EAGAIN } from "../abi/errno.ts";
import { SystemError, toSystemError } from "./errors.ts";
import { type Budget, MessageReader } from "./framing.ts";

/** Carries out a request. The signal is aborted when the client cancels it, or goes away. */
export type Handler = (method: string, params: unknown, signal: AbortSignal) => Promise<unknown>;

/** The method is unknown: its error's code is not an errno, but JSON-RPC's. */
export class UnknownMethod extends Error {
  static readonly code = -32601;
}

/** Requests of one client that may be under way at once. */
export const REQUESTS_MAX = 64;
/** What a client may leave unread, in bytes, before it is cut off: several of the longest answers. */
export const UNREAD_MAX = 64 * 1024 * 1024;
/** How long a message may take from its first byte to its last, in milliseconds. */
const MESSAGE_PATIENCE = 60_000;
const ID_MAX = 256;
const CANCEL = "$/cancelRequest";

type Id = string | number;

interface Message {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

export interface ConnectionOptions {
  /** How long a message may take, in milliseconds. */
  readonly patience?: number;
}

export class Connection {
  /** When something came last, in milliseconds of no particular clock. */
  heard = performance.now();
  readonly #socket: Socket;
  readonly #handler: Handler;
  readonly #reader: MessageReader;
  readonly #patience: number;
  readonly #requests = new Map<Id, AbortController>();
  readonly #gone = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    socket: Socket,
    budget: Budget,
    handler: Handler,
    { patience = MESSAGE_PATIENCE }: ConnectionOptions = {},
  ) {
    this.#socket = socket;
    this.#handler = handler;
    this.#patience = patience;
    this.#reader = new MessageReader(budget);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("close", () => this.#close());
  }

  /** Aborted when the client has gone. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** Whether no request is under way. */
  get isIdle(): boolean {
    return this.#requests.size === 0;
  }

  notify(method: string, params: object): void {
    this.#send({ method, params });
  }

  /** Cuts the client off. */
  end(): void {
    this.#socket.destroy();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#reader.close();
    this.#gone.abort();
    for (const request of this.#requests.values()) request.abort();
  }

  #receive(chunk: Buffer): void {
    this.heard = performance.now();
    try {
      this.#reader.push(chunk, (message) => this.#take(message));
    } catch {
      this.end();
      return;
    }
    if (!this.#reader.isWithin) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else this.#timer ??= setTimeout(() => this.end(), this.#patience).unref();
  }

  /** Throws for what is neither a request nor a notification. */
  #take(value: unknown): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new TypeError("no message");
    const { jsonrpc, id, method, params } = value as Message;
    if (jsonrpc !== "2.0" || typeof method !== "string") throw new TypeError("no request");
    if (method === CANCEL) this.#cancel(params);
    else if (id !== undefined) this.#request(idOf(id), method, params);
  }

  #cancel(params: unknown): void {
    const id = typeof params === "object" && params !== null && Reflect.get(params, "id");
    if (typeof id === "string" || typeof id === "number") this.#requests.get(id)?.abort();
  }

  #request(id: Id, method: string, params: unknown): void {
    if (this.#requests.size >= REQUESTS_MAX || this.#requests.has(id)) {
      const hint = `A client may have ${REQUESTS_MAX} requests under way, each with an id of its own.`;
      this.#refuse(id, new SystemError(EAGAIN, { hint }));
      return;
    }
    const request = new AbortController();
    this.#requests.set(id, request);
    this.#handler(method, params, request.signal)
      .then(
        (result) => this.#send({ id, result: result ?? null }),
        (error) => this.#refuse(id, error),
      )
      .finally(() => this.#requests.delete(id));
  }

  #refuse(id: Id, error: unknown): void {
    if (error instanceof UnknownMethod) {
      this.#send({ id, error: { code: UnknownMethod.code, message: error.message } });
      return;
    }
    const { errno, message, hint } = toSystemError(error);
    this.#send({ id, error: { code: errno, message, data: { hint } } });
  }

  #send(message: object): void {
    if (this.#socket.destroyed) return;
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.#socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    if (this.#socket.writableLength > UNREAD_MAX) this.end();
  }
}

function idOf(id: unknown): Id {
  if (typeof id === "string" && id.length <= ID_MAX) return id;
  if (Number.isSafeInteger(id)) return id as number;
  throw new TypeError("no id");
}
