// Where the parts of a configuration come from: a line of a module or of a JSON text, or an offset in a built file. Kept
// beside the objects, so that the plain data of types.ts stays plain: equal configurations are equal wherever they are from.
import type { Config } from "./types.ts";

/** Where something was written. */
export interface Origin {
  /** Path of the file, as it was given. */
  readonly file?: string;
  /** Line of a module or JSON text, from 1. */
  readonly line?: number;
  /** Column in that line, from 1, where a translator has told it. */
  readonly column?: number;
  /** Offset in a built file, in bytes. */
  readonly offset?: number;
  /** Name of the device that it belongs to. */
  readonly device?: string;
}

interface Note extends Origin {
  /** Lines of an object's keys. */
  readonly keys?: Readonly<Record<string, number>>;
}

const notes = new WeakMap<object, Note>();

/** What the model calls differently from definitions, or makes of another key. */
const DEFINED_AS: Readonly<Record<string, string>> = {
  physicalStart: "physical",
  virtualStart: "virtual",
  pinBitmap: "pins",
  capsStart: "capabilities",
  numCaps: "capabilities",
  numMsiVectors: "msi",
  msiFlags: "msi",
  numMsixVectors: "msix",
  msixRegionSize: "msix",
  msixAddress: "msix",
  shmemRegionsStart: "sharedMemory",
  shmemDeviceId: "sharedMemory",
  shmemPeers: "sharedMemory",
  shmemProtocol: "sharedMemory",
  pmTimerAddress: "pmTimer",
  pciMmconfigBase: "pci",
  pciMmconfigEndBus: "pci",
  pciIsVirtual: "pci",
  pciDomain: "pci",
  pciCapabilities: "pciDevices",
  cpuSetSize: "cpus",
};

/**
 * Notes where `value` is from, and where its keys are; returns it. Known lines of keys in the same file stay. What is no
 * object is left alone.
 */
export function note<Value>(value: Value, origin: Note): Value {
  if (typeof value !== "object" || value === null) return value;
  const known = notes.get(value);
  const keys = known?.file === origin.file ? known?.keys : undefined;
  notes.set(value, { ...origin, keys: { ...keys, ...origin.keys } });
  return value;
}

/** Notes the file of a configuration as a whole, unless it is known better. */
export function nameFile(config: Config, file: string): void {
  notes.set(config, { file, ...noteOf(config) });
}

/** Gives `made` the origin of what it was made of; returns it. */
export function derive<Value extends object>(source: unknown, made: Value): Value {
  const known = noteOf(source);
  if (known && !notes.has(made)) notes.set(made, known);
  return made;
}

/** Gives what a device consists of the device's name, and its place where it has none of its own. */
export function nameDevice<Value extends object>(
  made: Value,
  device: string,
  whole: unknown,
): void {
  notes.set(made, { ...(noteOf(made) ?? noteOf(whole)), device });
}

/** Gives `made`, and everything in it, the origins of what is at the same place in `source`. */
export function deriveAll(source: unknown, made: unknown): void {
  if (typeof source !== "object" || typeof made !== "object" || !source || !made) return;
  const known = noteOf(source);
  if (known) notes.set(made, known);
  else notes.delete(made);
  for (const key of Object.keys(made)) deriveAll(Reflect.get(source, key), Reflect.get(made, key));
}

function noteOf(value: unknown): Note | undefined {
  return typeof value === "object" && value !== null ? notes.get(value) : undefined;
}

/** The place of an object's key, or of the object. */
export function originOfKey(object: unknown, key: string): Origin | undefined {
  const found = noteOf(object);
  if (!found) return undefined;
  const { keys, ...origin } = found;
  const line = keys?.[key] ?? keys?.[DEFINED_AS[key] ?? ""];
  return line === undefined ? origin : { ...origin, line };
}

/**
 * Where the part of a configuration at `path` (such as `memory[3]`, `rootCell.memory[3].flags`, or "" for the whole) was
 * written: the innermost place that is known around it. Undefined for a configuration made without a file.
 */
export function originOf(config: Config, path: string): Origin | undefined {
  let value: unknown = config;
  let origin: Origin = { ...originOfKey(config, "") };
  for (const step of path.match(/[^.[\]]+/g) ?? []) {
    origin = { ...origin, ...originOfKey(value, step) };
    value = typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined;
    origin = { ...origin, ...originOfKey(value, "") };
  }
  return Object.keys(origin).length > 0 ? origin : undefined;
}

/** An origin as text: `demo.ts:12`, or `demo.cell, byte 0x8c`. */
export function formatOrigin({ file = "", line, offset }: Origin): string {
  if (line !== undefined) return `${file}:${line}`;
  return offset === undefined ? file : `${file}, byte 0x${offset.toString(16)}`;
}
