// What travels between the daemon and its clients: method names, the checks of every parameter, and how values that JSON
// does not know are written: bytes in base64, addresses as decimal strings, maps as lists of pairs.

import { EINVAL } from "../abi/errno.ts";
import { fileTree, type Tree } from "../config/create/tree.ts";
import type { CellRef, CellStatistics, Denial, DenialLog, Image } from "./api.ts";
import { SystemError } from "./errors.ts";
import { MESSAGE_MAX } from "./framing.ts";

/** Notification from the daemon: a further piece of a line that this client follows ({@link Output}). */
export const OUTPUT = "output";

/** Notification from the daemon: it stops, as somebody has asked for. A connection that ends without it was lost. */
export const STOPPING = "stopping";

export interface Output {
  /** The number that the client gave when it began to follow. */
  readonly subscription: number;
  readonly text: string;
}

/** What is known about a running daemon besides the state of its machine. */
export interface DaemonInfo {
  readonly pid: number;
  readonly sysfs: string;
  readonly record: string;
  /** What went wrong without being anybody's request: a serial line's file that cannot be written, for example. */
  readonly problems: readonly string[];
}

/** Longest cell name or text pattern, in characters. */
const NAME_MAX = 256;
const PATTERN_MAX = 4096;
/** Longest text that one request sends to a serial line. */
const TEXT_MAX = 1024 * 1024;
const IMAGES_MAX = 256;
const ADDRESS_MAX = (1n << 64n) - 1n;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
/** Cell ids are non-negative 32-bit numbers in the driver's structures. */
const ID_MAX = 0x7fffffff;

/** A request's parameters, read field by field; a wrong one is refused with EINVAL and its name. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(params: unknown) {
    const isObject = typeof params === "object" && params !== null && !Array.isArray(params);
    if (params !== undefined && !isObject) throw refusal("params", "an object");
    this.#values = (params ?? {}) as Record<string, unknown>;
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  text(name: string, max = TEXT_MAX): string {
    const value = this.#get(name);
    if (typeof value === "string" && value.length <= max) return value;
    throw refusal(name, `a text of at most ${max} characters`);
  }

  integer(name: string, min: number, max: number): number {
    const value = this.#get(name);
    if (Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max) {
      return Number(value);
    }
    throw refusal(name, `an integer from ${min} to ${max}`);
  }

  flag(name: string): boolean {
    const value = this.#get(name) ?? false;
    if (typeof value === "boolean") return value;
    throw refusal(name, "true or false");
  }

  bytes(name: string): Uint8Array {
    const value = this.#get(name);
    if (typeof value === "string" && value.length <= MESSAGE_MAX && BASE64.test(value)) {
      return Uint8Array.from(Buffer.from(value, "base64"));
    }
    throw refusal(name, "bytes in base64");
  }

  /** A cell's id or name. */
  cell(): CellRef {
    const value = this.#get("cell");
    if (typeof value === "number") return this.integer("cell", 0, ID_MAX);
    if (typeof value === "string" && value.length <= NAME_MAX) return value;
    throw refusal("cell", "a cell's id or name");
  }

  address(name: string): bigint {
    const text = this.text(name, 20);
    const value = /^[0-9]+$/.test(text) ? BigInt(text) : -1n;
    if (value >= 0n && value <= ADDRESS_MAX) return value;
    throw refusal(name, "an address");
  }

  images(): Image[] {
    const value = this.#get("images");
    if (!Array.isArray(value) || value.length > IMAGES_MAX) {
      throw refusal("images", `a list of at most ${IMAGES_MAX} images`);
    }
    return value.map((entry) => {
      const fields = new Fields(entry);
      return { data: fields.bytes("data"), address: fields.address("address") };
    });
  }

  /** A pattern: `source` and `flags` of a regular expression. */
  pattern(): RegExp {
    const source = this.text("source", PATTERN_MAX);
    try {
      return new RegExp(source, this.text("flags", 8).replaceAll(/[gy]/g, ""));
    } catch {
      throw refusal("source", "a regular expression");
    }
  }
}

function refusal(name: string, wanted: string): SystemError {
  return new SystemError(EINVAL, { hint: `Parameter "${name}" must be ${wanted}.` });
}

export const encodeBytes = (data: Uint8Array): string =>
  Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");

export const decodeBytes = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text, "base64"));

export const encodeImages = (images: readonly Image[]): unknown =>
  images.map(({ data, address }) => ({ data: encodeBytes(data), address: address.toString() }));

/** A denied access as it travels: numbers of 64 bits in decimal, bytes in base64. */
export interface WireDenial extends Omit<Denial, "address" | "value" | "rip" | "instruction"> {
  readonly address: string;
  readonly value: string;
  readonly rip: string;
  readonly instruction: string;
}

export interface WireDenialLog extends Omit<DenialLog, "denials"> {
  readonly denials: readonly WireDenial[];
}

export const encodeDenials = (log: DenialLog): WireDenialLog => ({
  ...log,
  denials: log.denials.map((denial) => ({
    ...denial,
    address: denial.address.toString(),
    value: denial.value.toString(),
    rip: denial.rip.toString(),
    instruction: encodeBytes(denial.instruction),
  })),
});

export const decodeDenials = (log: WireDenialLog): DenialLog => ({
  ...log,
  denials: log.denials.map((denial) => ({
    ...denial,
    address: BigInt(denial.address),
    value: BigInt(denial.value),
    rip: BigInt(denial.rip),
    instruction: decodeBytes(denial.instruction),
  })),
});

/** Files as they travel: by path, in base64. */
export type WireFiles = readonly (readonly [path: string, content: string])[];

const DEVICES = "/sys/bus/pci/devices";

/** What a tree has of PCI functions. */
export const encodeFiles = (tree: Tree): WireFiles =>
  tree.list(DEVICES).flatMap((name) =>
    ["config", "resource"].flatMap((file) => {
      const path = `${DEVICES}/${name}/${file}`;
      const content = tree.read(path);
      return content ? [[path, encodeBytes(content)] as const] : [];
    }),
  );

export const decodeFiles = (files: WireFiles): Tree =>
  fileTree(new Map(files.map(([path, content]) => [path, decodeBytes(content)])));

/** Statistics as they travel: the map as a list of pairs. */
export interface WireStatistics extends Omit<CellStatistics, "cpus"> {
  readonly cpus: readonly (readonly [number, CellStatistics["total"]])[];
}

export const encodeStatistics = (value: CellStatistics): WireStatistics => ({
  ...value,
  cpus: [...value.cpus],
});

export const decodeStatistics = (value: WireStatistics): CellStatistics => ({
  ...value,
  cpus: new Map(value.cpus),
});
