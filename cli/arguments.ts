// The arguments that commander does not know how to read: cells, addresses, sizes, and the ordered images of `cell load`.

import type { CellRef } from "../control/api.ts";
import { parseCpuList } from "../control/sysfs.ts";
import { UsageError } from "./failure.ts";

const SUFFIXES: Readonly<Record<string, number>> = { "": 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const ADDRESS_MAX = (1n << 64n) - 1n;

/**
 * A cell as the original's command takes it: a non-negative number, as strtol reads it, is an id, everything else, or what
 * follows `--name`, a name.
 */
export function cellRef(argument: string | undefined, name: string | undefined): CellRef {
  if (name !== undefined && argument === undefined) return name;
  if (argument === undefined || argument === "" || name !== undefined) {
    throw new UsageError("one cell must be given, by id or name");
  }
  return /^([0-9]+|0x[0-9a-f]+)$/i.test(argument) ? Number(argument) : argument;
}

/** A decimal, hexadecimal (0x) or octal (0) address, as strtoull reads it. */
export function address(text: string): bigint {
  const literal = /^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text;
  const valid = /^(0x[0-9a-f]+|0o[0-7]+|0|[1-9][0-9]*)$/i.test(literal);
  if (!valid || BigInt(literal) > ADDRESS_MAX) throw new UsageError(`"${text}" is no address`);
  return BigInt(literal);
}

/** The numbers of `--cpus`, as Linux lists them: "2,3" or "4-7". */
export function cpuNumbers(text: string): number[] {
  if (!/^\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*$/.test(text)) {
    throw new UsageError("--cpus takes numbers and ranges, as in 2,4-7");
  }
  for (const [range, first, last] of text.matchAll(/(\d+)-(\d+)/g)) {
    if (Number(first) > Number(last)) throw new UsageError(`--cpus: ${range} goes downwards`);
  }
  return parseCpuList(text);
}

/** A size in bytes: a number, with K, M or G for units of 1024. */
export function size(text: string): number {
  const [, digits, suffix] = /^([0-9]{1,9})([KMG]?)$/i.exec(text) ?? [];
  if (!Number(digits)) throw new UsageError(`"${text}" is no size (examples: 512M, 1G)`);
  return Number(digits) * SUFFIXES[suffix!.toUpperCase()]!;
}

/** An image of `cell load`, as it stands on the command line. */
export type LoadItem = (
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "string"; readonly text: string }
) & { readonly address: bigint };

export interface LoadArguments {
  readonly cell: CellRef;
  readonly items: readonly LoadItem[];
  readonly machine?: string;
  readonly target?: string;
}

/**
 * Reads `{ID | [--name] NAME} {IMAGE | {-s | --string} "STRING"} [-a | --address ADDR] ...`. An address belongs to the image
 * before it; without one it is 0. `-m NAME` and `--target TARGET` may stand anywhere; `--` ends the options.
 */
export function loadArguments(args: readonly string[]): LoadArguments {
  const rest = [...args];
  const items: LoadItem[] = [];
  let cell: CellRef | undefined;
  let machine: string | undefined;
  let target: string | undefined;
  let plain = false;
  const next = (option: string): string => {
    const value = rest.shift();
    if (value === undefined) throw new UsageError(`option ${option} needs a value`);
    return value;
  };
  const place = (option: string) => {
    const last = items.pop();
    if (!last) throw new UsageError(`option ${option} must follow its image`);
    items.push({ ...last, address: address(next(option)) });
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (plain || !arg.startsWith("-")) {
      if (cell === undefined) cell = cellRef(arg, undefined);
      else items.push({ kind: "file", path: arg, address: 0n });
    } else if (arg === "--") plain = true;
    else if (arg === "-m" || arg === "--machine") machine = next(arg);
    else if (arg === "--target") target = next(arg);
    else if (arg === "--name" && cell === undefined) cell = next(arg);
    else if (cell === undefined) throw new UsageError("a cell must be given, by id or name");
    else if (arg === "-s" || arg === "--string") {
      items.push({ kind: "string", text: next(arg), address: 0n });
    } else if (arg === "-a" || arg === "--address") place(arg);
    else throw new UsageError(`unknown option ${arg}`);
  }
  if (cell === undefined) throw new UsageError("a cell must be given, by id or name");
  if (items.length === 0) throw new UsageError("an image or a string must be given");
  const where = {
    ...(machine === undefined ? {} : { machine }),
    ...(target === undefined ? {} : { target }),
  };
  return { cell, items, ...where };
}
