// A session's snapshot as a file: a line of JSON that says what follows, the state as V8 serializes it, and pages of memory, compressed. It
// is checked by its hash before anything is made of it.
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { deserialize, serialize } from "node:v8";
import { deflateRaw, inflateRaw } from "node:zlib";
import type { SessionSnapshot } from "./session.ts";

const VERSION = 1;
/** Bytes of memory that are compressed at once, so that several processors have something to do. */
const CHUNK = 8 << 20;
/** Fast: half as large as what is slow here, and four times as fast. */
const LEVEL = 1;
const LINE_FEED = 0x0a;

const compress = promisify<Uint8Array, object, Buffer>(deflateRaw);
const decompress = promisify<Uint8Array, object, Buffer>(inflateRaw);

interface Header {
  readonly snapshot: number;
  /** What it is a snapshot of. */
  readonly key: string;
  /** Bytes of the state. */
  readonly state: number;
  /** Bytes of the compressed chunks, in their order, and of memory. */
  readonly chunks: readonly number[];
  readonly size: number;
  /** Of all that follows, in hex. */
  readonly sha256: string;
}

function sha256(pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/** The file's pieces; `key` says what it is a snapshot of. */
export async function encodeSnapshot(snapshot: SessionSnapshot, key: string): Promise<Buffer[]> {
  const { machine } = snapshot;
  const { contents, ...pc } = machine.pc;
  const state = serialize({ ...snapshot, machine: { ...machine, pc } });
  const parts: Uint8Array[] = [];
  for (let at = 0; at < contents.length; at += CHUNK) parts.push(contents.subarray(at, at + CHUNK));
  const chunks = await Promise.all(
    parts.map((part) => compress(part, { level: LEVEL, chunkSize: CHUNK })),
  );
  const header: Header = {
    ...{ snapshot: VERSION, key, state: state.length, size: contents.length },
    chunks: chunks.map(({ length }) => length),
    sha256: sha256([state, ...chunks]),
  };
  return [Buffer.from(`${JSON.stringify(header)}\n`), state, ...chunks];
}

/** The snapshot in a file; undefined for one of something else, and for one that is damaged. */
export async function decodeSnapshot(
  file: Buffer,
  key: string,
): Promise<SessionSnapshot | undefined> {
  try {
    const end = file.indexOf(LINE_FEED);
    const header: Header = JSON.parse(file.toString("utf8", 0, end));
    const body = file.subarray(end + 1);
    const isRight = header.snapshot === VERSION && header.key === key;
    if (!isRight || sha256([body]) !== header.sha256) return undefined;
    return await unpack(header, body);
  } catch {
    return undefined;
  }
}

async function unpack(header: Header, body: Buffer): Promise<SessionSnapshot> {
  const { state, chunks, size } = header;
  const parts: Buffer[] = [];
  let at = state;
  for (const length of chunks) {
    parts.push(body.subarray(at, at + length));
    at += length;
  }
  const pieces = await Promise.all(
    parts.map((part) => decompress(part, { chunkSize: CHUNK, maxOutputLength: CHUNK })),
  );
  const contents = new Uint8Array(size);
  for (const [index, piece] of pieces.entries()) contents.set(piece, index * CHUNK);
  const snapshot = deserialize(body.subarray(0, state));
  return {
    ...snapshot,
    machine: { ...snapshot.machine, pc: { ...snapshot.machine.pc, contents } },
  };
}
