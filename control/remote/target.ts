// A computer at the other end of a line, through its agent. All that it says is checked before it is used.

import * as abi from "../../abi/agent.ts";
import { EACCES, EBADF, EMFILE, ENOENT, EPROTO } from "../../abi/errno.ts";
import type { Environment } from "../caller.ts";
import { SystemError } from "../errors.ts";
import { type Entry, Files, patternToRegExp } from "../linux/files.ts";
import { DEVICE } from "../linux/host.ts";
import type { ConsoleReader, DriverRequest, Outcome, Target } from "../linux/target.ts";
import { parseAddress } from "./address.ts";
import { Connection, type Result } from "./connection.ts";
import { openLine } from "./line.ts";

const NS_PER_SECOND = 1e9;
const MSR_SIZE = 8;
/** The agent tells at most this much of log and console. */
const WORDS_MAX = 4 * 65536;
const READ = { isRepeatable: true, resultMax: abi.AGENT_RESULT_MAX };
const CONSOLE = { isRepeatable: false, resultMax: WORDS_MAX };

const HINTS: ReadonlyMap<number, string> = new Map([
  [EACCES, "The agent there must be root."],
  [ENOENT, "The driver is not loaded there: insmod jailhouse.ko; see docs/remote.md."],
]);

/** Throws what opening the device said. */
function failedOpening(status: number): never {
  const options = { subject: `opening ${DEVICE}`, hint: HINTS.get(-status) };
  throw new SystemError(-status, options);
}

function encodeRequest({ number, argument, pointers }: DriverRequest): Buffer {
  const bytes = argument ?? new Uint8Array();
  const head = Buffer.alloc(abi.AGENT_IOCTL_HEAD + pointers.length * abi.AGENT_POINTER_SIZE);
  head.writeUInt32LE(number, abi.AGENT_IOCTL_NUMBER);
  head.writeUInt32LE(bytes.length, abi.AGENT_IOCTL_SIZE);
  head.writeUInt32LE(pointers.length, abi.AGENT_IOCTL_POINTERS);
  pointers.forEach(({ at, bytes: { length } }, index) => {
    const entry = abi.AGENT_IOCTL_HEAD + index * abi.AGENT_POINTER_SIZE;
    head.writeUInt32LE(at, entry + abi.AGENT_POINTER_AT);
    head.writeUInt32LE(length, entry + abi.AGENT_POINTER_LENGTH);
  });
  return Buffer.concat([head, bytes, ...pointers.map((pointer) => pointer.bytes)]);
}

function decodeOutcome({ status, data }: Result): Outcome {
  if (data.length < abi.AGENT_WORDS_TEXT) return { result: status, log: "", console: "" };
  if (data.readUInt32LE(abi.AGENT_WORDS_OPENED) === 0) failedOpening(status);
  const end = abi.AGENT_WORDS_TEXT + data.readUInt32LE(abi.AGENT_WORDS_LOG);
  const text = (from: number, to?: number) => data.subarray(from, to).toString("latin1");
  return { result: status, log: text(abi.AGENT_WORDS_TEXT, end), console: text(end) };
}

function malformed(what: string): never {
  throw new SystemError(EPROTO, { hint: `The agent answers with what is no ${what}.` });
}

/** Whether a path is one that was asked for, and not more than a path. */
function isAskedFor(path: string, patterns: readonly RegExp[]): boolean {
  const isPlain = !path.split("/").includes("..");
  return isPlain && patterns.some((pattern) => pattern.test(path));
}

/** The files of an agent's answer. Throws EPROTO for others than those asked for. */
function decodeFiles(data: Buffer, asked: readonly string[]): Files {
  const patterns = asked.map(patternToRegExp);
  const entries = new Map<string, Entry>();
  let path = "";
  for (let at = 0; at < data.length; ) {
    if (data.length - at < abi.AGENT_FILE_PATH) malformed("list of files");
    const shared = data.readUInt8(at + abi.AGENT_FILE_SHARED);
    const own = at + abi.AGENT_FILE_PATH;
    const content = own + data.readUInt8(at + abi.AGENT_FILE_OWN);
    const size = data.readInt32LE(at + abi.AGENT_FILE_SIZE);
    const end = content + Math.max(size, 0);
    if (shared > path.length || end > data.length) malformed("list of files");
    path = path.slice(0, shared) + data.toString("latin1", own, content);
    if (!isAskedFor(path, patterns)) malformed("file that was asked for");
    entries.set(path, size < 0 ? -size : data.subarray(content, end));
    at = end;
  }
  return new Files(entries);
}

export class RemoteTarget implements Target {
  readonly name: string;
  readonly lost: Promise<never>;
  readonly #connection: Connection;
  readonly #readers = new Set<number>();

  constructor(name: string, connection: Connection) {
    this.name = name;
    this.#connection = connection;
    this.lost = connection.lost;
  }

  /** The computer that `--target` names. Throws a SystemError about it. */
  static async open(text: string, env: Environment): Promise<RemoteTarget> {
    const line = await openLine(parseAddress(text), env);
    return new RemoteTarget(text, await Connection.open(line, text));
  }

  async gather(patterns: readonly string[]): Promise<Files> {
    const request = Buffer.from(patterns.map((pattern) => `${pattern}\0`).join(""));
    const { status, data } = await this.#connection.run(abi.AGENT_KIND_FILES, request, READ);
    if (status < 0) throw new SystemError(-status, { subject: `reading files of ${this.name}` });
    return decodeFiles(data, patterns);
  }

  async request(request: DriverRequest): Promise<Outcome> {
    const options = { isRepeatable: false, resultMax: WORDS_MAX };
    const bytes = encodeRequest(request);
    return decodeOutcome(await this.#connection.run(abi.AGENT_KIND_IOCTL, bytes, options));
  }

  async openConsole(): Promise<ConsoleReader> {
    const free = Array.from({ length: abi.AGENT_CONSOLE_READERS }, (_, reader) => reader);
    const reader = free.find((number) => !this.#readers.has(number));
    if (reader === undefined) throw new SystemError(EMFILE);
    this.#readers.add(reader);
    const { status } = await this.#console(reader, abi.AGENT_CONSOLE_OPEN);
    if (status < 0) {
      this.#readers.delete(reader);
      failedOpening(status);
    }
    const { generation } = this.#connection;
    return {
      read: async () => {
        // Another agent's reader is another one.
        if (generation !== this.#connection.generation) throw new SystemError(EBADF);
        const { status, data } = await this.#console(reader, abi.AGENT_CONSOLE_READ);
        if (status < 0) throw new SystemError(-status);
        return data.toString("latin1");
      },
      close: async () => {
        await this.#console(reader, abi.AGENT_CONSOLE_CLOSE);
        this.#readers.delete(reader);
      },
    };
  }

  #console(reader: number, action: number): Promise<Result> {
    const request = Buffer.alloc(abi.AGENT_CONSOLE_SIZE);
    request.writeUInt8(reader, abi.AGENT_CONSOLE_READER);
    request.writeUInt8(action, abi.AGENT_CONSOLE_ACTION);
    return this.#connection.run(abi.AGENT_KIND_CONSOLE, request, CONSOLE);
  }

  async readMsr(number: number): Promise<bigint | undefined> {
    const request = Buffer.alloc(4);
    request.writeUInt32LE(number);
    const { status, data } = await this.#connection.run(abi.AGENT_KIND_MSR, request, READ);
    return status === 0 && data.length === MSR_SIZE ? data.readBigUInt64LE() : undefined;
  }

  /** Linux counts hundredths of seconds. */
  async time(): Promise<number> {
    const text = (await this.gather(["/proc/uptime"])).text("/proc/uptime");
    return Math.round(Number.parseFloat(text) * NS_PER_SECOND);
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
