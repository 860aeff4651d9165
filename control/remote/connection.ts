// A session with an agent: requests of any size, each carried out at most once, and their results.

import { randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import * as abi from "../../abi/agent.ts";
import { EBUSY, ECONNRESET, EIO, EPROTO } from "../../abi/errno.ts";
import { SystemError } from "../errors.ts";
import type { Frame, Message } from "./frame.ts";
import type { Line } from "./line.ts";
import { Link } from "./link.ts";

/** Milliseconds of silence until nobody is there any more. */
const PATIENCE = 30_000;
/** Milliseconds that one message, and the longest request, can take at most. */
const LONGEST_MESSAGE = 120_000;
const LONGEST_REQUEST = 600_000;
/** Milliseconds for the end of a session, which nobody waits for long. */
const BYE_PATIENCE = 1_000;
/** Milliseconds between two attempts to get a turn, and how long it is tried. */
const TURN_PERIOD = 300;
const TURN_LONGEST = abi.AGENT_LEASE_MS * 1.5;
const MANY_ZEROS = Buffer.alloc(abi.AGENT_ZEROS);
/** How often an agent may send a request back that got nowhere. */
const STRIKES = 8;
/** How often a session that got lost is begun anew for one request. */
const RESTARTS = 5;
const SEQUENCES = 0x10000;
const NUMBER_SIZE = 4;

const UNKNOWN_OUTCOME =
  "Whether the request was carried out is not known: look, with `jailhouse cell list`, before it is made again.";

/** A request's result. */
export interface Result {
  /** 0 or more, or a negative error number. */
  readonly status: number;
  readonly data: Buffer;
}

/** The agent has forgotten the session. */
class SessionLost extends Error {
  /** Whether the request cannot have been carried out. */
  readonly isSafe: boolean;

  constructor(isSafe: boolean) {
    super("the agent has forgotten the session");
    this.isSafe = isSafe;
  }
}

/** How far a request has got. */
class Progress {
  readonly kind: number;
  readonly data: Uint8Array;
  readonly resultMax: number;
  /** Bytes of the request that have arrived, and how often it was to be carried out. */
  taken = 0;
  runs = 0;
  /** Whether zeros are sent as well: they were not what the agent had where nothing was sent. */
  isWhole = false;
  head: { readonly status: number; readonly length: number; readonly crc: number } | undefined;
  pieces: Buffer[] = [];
  received = 0;

  constructor(kind: number, data: Uint8Array, resultMax: number) {
    this.kind = kind;
    this.data = data;
    this.resultMax = resultMax;
  }

  /** Goes on to what is to be sent next. */
  skipZeros(): void {
    if (this.isWhole) return;
    const { data, taken } = this;
    let end = taken;
    while (end < data.length && data[end] === 0) end++;
    if (end - taken >= abi.AGENT_ZEROS) this.taken = end;
  }

  /** What one frame carries of the request: `most` bytes or, if that comes first, all before many zeros. */
  nextPiece(most: number): Uint8Array {
    const piece = this.data.subarray(this.taken, this.taken + most);
    const zeros = this.isWhole ? -1 : Buffer.from(piece).indexOf(MANY_ZEROS);
    return zeros <= 0 ? piece : piece.subarray(0, zeros);
  }

  add(piece: Buffer): void {
    this.pieces.push(Buffer.from(piece));
    this.received += piece.length;
  }

  get isComplete(): boolean {
    return this.head !== undefined && this.received === this.head.length;
  }
}

export class Connection {
  readonly #link: Link;
  readonly #firstPatience: number;
  readonly #name: string;
  readonly #caller = randomBytes(NUMBER_SIZE).readUInt32LE();
  #session: number | undefined;
  #sequence = 0;
  /** How many sessions there were: what an earlier one has open is gone. */
  #generation = 0;
  #busy: Promise<unknown> = Promise.resolve();
  /** Number of those who have or want their turn. */
  #waiting = 0;
  #keeper: NodeJS.Timeout | undefined;

  private constructor(line: Line, name: string) {
    this.#link = new Link(line, name);
    this.#firstPatience = line.patience;
    this.#name = name;
  }

  /** Begins a session over the line, which it closes. `name` is the target's, for errors. Throws a SystemError. */
  static async open(line: Line, name: string): Promise<Connection> {
    const connection = new Connection(line, name);
    try {
      await connection.#begin();
      connection.#keep();
    } catch (error) {
      connection.#abandon();
      throw error;
    }
    return connection;
  }

  /** Rejects when the line has ended. */
  get lost(): Promise<never> {
    return this.#link.lost;
  }

  get generation(): number {
    return this.#generation;
  }

  /**
   * Carries out a request, of which the result has at most `resultMax` bytes. One that is repeatable does no harm twice; of
   * all others it is never in doubt that they were carried out once at most. Throws a SystemError.
   */
  run(
    kind: number,
    data: Uint8Array,
    { resultMax, isRepeatable }: { readonly resultMax: number; readonly isRepeatable: boolean },
  ): Promise<Result> {
    return this.#inTurn(async () => {
      for (let restart = 0; restart < RESTARTS; restart++) {
        try {
          return await this.#attempt(new Progress(kind, data, resultMax), isRepeatable);
        } catch (error) {
          if (!(error instanceof SessionLost)) throw error;
          if (!isRepeatable && !error.isSafe)
            throw this.#error(ECONNRESET, `The agent was started anew. ${UNKNOWN_OUTCOME}`);
          await this.#begin();
        }
      }
      throw this.#error(ECONNRESET, "The agent is started anew again and again.");
    });
  }

  /** Keeps the session alive from now on: before it is there, nobody else may talk on the link, and what is under way does it. */
  #keep(): void {
    const keep = () => {
      if (this.#waiting === 0) void this.#inTurn(() => this.#begin()).catch(() => {});
    };
    this.#keeper = setInterval(keep, abi.AGENT_LEASE_MS / 3).unref();
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const result = this.#busy.then(action);
    this.#busy = result.catch(() => {}).then(() => void this.#waiting--);
    return result;
  }

  #error(errno: number, hint: string): SystemError {
    return new SystemError(errno, { subject: `target ${this.#name}`, hint });
  }

  // --- Begin and end ---------------------------------------------------------------------------------------------------

  /** Begins the session, or keeps it alive; waits for others to end theirs. */
  async #begin(): Promise<void> {
    const end = performance.now() + TURN_LONGEST;
    let session = await this.#hello();
    while (session === "busy") {
      if (performance.now() > end) throw this.#error(EBUSY, "Another command is at work there.");
      await new Promise((resolve) => setTimeout(resolve, TURN_PERIOD));
      session = await this.#hello();
    }
    if (session === this.#session) return;
    this.#session = session;
    this.#sequence = 0;
    this.#generation++;
  }

  #hello(): Promise<number | "busy"> {
    const caller = this.#caller;
    const body = Buffer.of(abi.AGENT_VERSION);
    return this.#exchange(
      () => ({ type: abi.AGENT_HELLO, session: caller, sequence: 0, body }),
      ({ type, session, body }) => {
        if (session !== caller) return undefined;
        if (type === abi.AGENT_WELCOME && body.length === 1 + NUMBER_SIZE)
          return body.readUInt32LE(1);
        if (type !== abi.AGENT_REFUSED || body[0] !== abi.AGENT_HELLO) return undefined;
        if (body[1] === abi.AGENT_WHY_BUSY) return "busy";
        throw this.#error(EPROTO, "The agent there is of another version.");
      },
      this.#session === undefined ? this.#firstPatience : PATIENCE,
      Number.POSITIVE_INFINITY,
    );
  }

  #exchange<T>(
    make: (dataMax: number) => Message,
    take: (frame: Frame) => T | "alive" | undefined,
    patience = PATIENCE,
    longest = LONGEST_MESSAGE,
  ): Promise<T> {
    return this.#link.exchange<T>({ make, take, patience, longest });
  }

  /** Ends the session, so that the next one need not wait, and closes the line. */
  async close(): Promise<void> {
    clearInterval(this.#keeper);
    const session = this.#session ?? 0;
    const bye = { type: abi.AGENT_BYE, session, sequence: 0, body: Buffer.alloc(0) };
    await this.#inTurn(() =>
      this.#exchange(
        () => bye,
        (frame) => (frame.type === abi.AGENT_ENDED && frame.session === session) || undefined,
        BYE_PATIENCE,
        BYE_PATIENCE,
      ),
    ).catch(() => {});
    this.#abandon();
  }

  #abandon(): void {
    clearInterval(this.#keeper);
    this.#link.close();
  }

  // --- Requests --------------------------------------------------------------------------------------------------------

  async #attempt(progress: Progress, isRepeatable: boolean): Promise<Result> {
    this.#sequence = (this.#sequence + 1) % SEQUENCES;
    await this.#ask(progress).catch((error) => this.#explain(error, progress, isRepeatable));
    try {
      while (!progress.isComplete) await this.#fetch(progress);
    } catch (error) {
      // What came of it is known, and what was said about it got lost.
      if (isRepeatable || !(error instanceof SessionLost)) throw error;
      return { status: progress.head!.status, data: Buffer.alloc(0) };
    }
    const data = Buffer.concat(progress.pieces);
    if (crc32(data) !== progress.head!.crc) throw this.#error(EIO, "A result arrived damaged.");
    return { status: progress.head!.status, data };
  }

  #explain(error: unknown, { runs }: Progress, isRepeatable: boolean): never {
    if (!(error instanceof SystemError) || isRepeatable || runs === 0) throw error;
    const hint = [error.hint, UNKNOWN_OUTCOME].filter((text) => text).join(" ");
    throw this.#error(error.errno, hint);
  }

  /** Sends the request, piece by piece, until it is known what came of it. */
  async #ask(progress: Progress): Promise<void> {
    for (let strikes = 0; !progress.head; ) {
      const before = progress.taken;
      await this.#exchange(
        (dataMax) => this.#nextPart(progress, dataMax),
        (frame) => this.#isMine(frame) && this.#takeAnswer(progress, frame),
        PATIENCE,
        LONGEST_REQUEST,
      );
      if (progress.taken <= before && ++strikes > STRIKES)
        throw this.#error(EIO, "The request does not arrive undamaged.");
    }
  }

  #frame(type: number, body: Buffer): Message {
    return { type, session: this.#session!, sequence: this.#sequence, body };
  }

  #isMine({ session, sequence }: Frame): true | undefined {
    return (session === this.#session && sequence === this.#sequence) || undefined;
  }

  #nextPart(progress: Progress, dataMax: number): Message {
    const { kind, data } = progress;
    progress.skipZeros();
    const { taken } = progress;
    if (data.length - taken > dataMax) {
      const head = Buffer.alloc(NUMBER_SIZE);
      head.writeUInt32LE(taken);
      return this.#frame(abi.AGENT_PUT, Buffer.concat([head, progress.nextPiece(dataMax)]));
    }
    const head = Buffer.alloc(abi.AGENT_RUN_DATA);
    head.writeUInt8(kind, abi.AGENT_RUN_KIND);
    head.writeUInt16LE(dataMax, abi.AGENT_RUN_PIECE);
    head.writeUInt32LE(data.length, abi.AGENT_RUN_LENGTH);
    head.writeUInt32LE(crc32(data), abi.AGENT_RUN_CRC);
    progress.runs++;
    return this.#frame(abi.AGENT_RUN, Buffer.concat([head, data.subarray(taken)]));
  }

  #takeAnswer(progress: Progress, { type, body }: Frame): true | "alive" | undefined {
    if (type === abi.AGENT_RUNNING) return progress.runs > 0 ? "alive" : undefined;
    if (type === abi.AGENT_TAKEN && body.length === 2 * NUMBER_SIZE) {
      const [offset, size] = [body.readUInt32LE(0), body.readUInt32LE(NUMBER_SIZE)];
      // An answer to an earlier, longer or shorter, piece.
      if (offset > progress.taken || offset + size <= progress.taken) return undefined;
      progress.taken = Math.min(offset + size, progress.data.length);
      return true;
    }
    if (type === abi.AGENT_RESULT && body.length >= abi.AGENT_RESULT_DATA)
      return progress.runs > 0 ? this.#takeHead(progress, body) : undefined;
    if (type === abi.AGENT_REFUSED && body.length === 2)
      return this.#takeRefusal(progress, body[0]!, body[1]!);
    return undefined;
  }

  #takeHead(progress: Progress, body: Buffer): true {
    const head = {
      status: body.readInt32LE(abi.AGENT_RESULT_STATUS),
      length: body.readUInt32LE(abi.AGENT_RESULT_LENGTH),
      crc: body.readUInt32LE(abi.AGENT_RESULT_CRC),
    };
    const piece = body.subarray(abi.AGENT_RESULT_DATA);
    if (head.length > progress.resultMax || piece.length > head.length)
      throw this.#error(
        EPROTO,
        `The agent answers with ${head.length} bytes, more than there can be.`,
      );
    progress.head = head;
    progress.add(piece);
    return true;
  }

  #takeRefusal(progress: Progress, type: number, why: number): true | undefined {
    const wasRun = type === abi.AGENT_RUN;
    if (why === abi.AGENT_WHY_UNKNOWN)
      throw new SessionLost(progress.runs === 0 || (wasRun && progress.runs === 1));
    if (type === abi.AGENT_PUT && why === abi.AGENT_WHY_SEQUENCE && progress.runs > 0) {
      // It was carried out already; only the result is missing.
      progress.taken = progress.data.length;
      return true;
    }
    if (wasRun && why === abi.AGENT_WHY_DAMAGED) {
      progress.taken = 0;
      progress.isWhole = true;
      return true;
    }
    // An answer to what was sent before.
    if (!wasRun || progress.runs === 0) return undefined;
    throw this.#error(EPROTO, `The agent does not understand (${why}).`);
  }

  async #fetch(progress: Progress): Promise<void> {
    await this.#exchange(
      (dataMax) => {
        const body = Buffer.alloc(NUMBER_SIZE + 2);
        body.writeUInt32LE(progress.received);
        body.writeUInt16LE(dataMax, NUMBER_SIZE);
        return this.#frame(abi.AGENT_GET, body);
      },
      (frame) => this.#isMine(frame) && this.#takePiece(progress, frame),
    );
  }

  #takePiece(progress: Progress, { type, body }: Frame): true | undefined {
    if (type === abi.AGENT_REFUSED && body[0] === abi.AGENT_GET) {
      if (body[1] === abi.AGENT_WHY_UNKNOWN) throw new SessionLost(false);
      throw this.#error(EPROTO, `The agent does not have its own result (${body[1]}).`);
    }
    if (type !== abi.AGENT_PIECE || body.length < NUMBER_SIZE) return undefined;
    const piece = body.subarray(NUMBER_SIZE);
    const zeros = body.readUInt32LE(0) - progress.received;
    // One that was asked for before, or nothing.
    if (zeros < 0 || zeros + piece.length === 0) return undefined;
    if (progress.received + zeros + piece.length > progress.head!.length)
      throw this.#error(EPROTO, "The agent answers with more than it announced.");
    progress.add(Buffer.alloc(zeros));
    progress.add(piece);
    return true;
  }
}
