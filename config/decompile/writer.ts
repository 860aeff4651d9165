// How values of a definition are written in TypeScript.

import type { Address } from "../definition.ts";
import { printable } from "../printable.ts";
import { hex } from "../show/words.ts";
import { call, code, type Expression, list, object, spread } from "./expression.ts";
import { rangeCall } from "./helpers.ts";

const UNITS: [name: string, bytes: bigint][] = [
  ["GiB", 1n << 30n],
  ["MiB", 1n << 20n],
  ["KiB", 1n << 10n],
];

/** Keys whose numbers are counts, not addresses or masks. */
const DECIMAL = new Set([
  ...["vectors", "peers", "id", "endBus", "domain", "iommu", "length", "count"],
  ...["cpuSetSize", "divider", "gateNumber", "vtdInterruptLimit", "tscKhz", "apicKhz"],
  ...["gicVersion", "maintenanceIrq", "vpciIrqBase", "pinBase"],
]);
/** Keys whose numbers are bytes. */
const SIZES = new Set(["size", "regionSize", "tlbSize"]);
const KILO = 1024;

/** Numbers that follow each other, each as long as it goes. */
function runs(values: readonly number[]): number[][] {
  const found: number[][] = [];
  for (const value of values) {
    const last = found.at(-1);
    if (last?.at(-1) === value - 1) last.push(value);
    else found.push([value]);
  }
  return found;
}

function runParts(run: readonly number[]): Expression[] {
  const range = rangeCall(run);
  return range ? [spread(range)] : run.map((value) => code(`${value}`));
}

/** Writes values. */
export class Writer {
  /** An address, exactly. */
  address(value: Address): Expression {
    const exact = BigInt(value);
    return code(exact > BigInt(Number.MAX_SAFE_INTEGER) ? `${hex(exact)}n` : hex(exact));
  }

  /** Bytes, in the largest unit of which they are a whole number. */
  size(value: Address): Expression {
    const bytes = BigInt(value);
    for (const [name, unit] of UNITS) {
      if (bytes === 0n || bytes % unit !== 0n || bytes > BigInt(Number.MAX_SAFE_INTEGER)) continue;
      return call(name, [code(`${bytes / unit}`)]);
    }
    return bytes === 0n ? code("0") : this.address(bytes);
  }

  bdf(value: number): Expression {
    const [bus, device, fn] = [value >> 8, (value >> 3) & 0x1f, value & 7];
    const text = (part: number) => code(part > 9 ? hex(part) : `${part}`);
    return call("bdf", [text(bus), text(device), text(fn)]);
  }

  numbers(values: readonly number[]): Expression {
    return rangeCall(values) ?? list(runs(values).flatMap((run) => runParts(run)));
  }

  /** Any value of a definition, by its key. */
  value(key: string, value: unknown): Expression {
    if (key === "pins") return this.numbers(value as number[]);
    if (Array.isArray(value)) return list(value.map((one) => this.value(key, one)));
    if (typeof value === "object" && value !== null) return this.object(value);
    // Source is read by people: an override of the direction of text would show them other code.
    if (typeof value === "string") return code(printable(JSON.stringify(value)));
    if (typeof value === "boolean") return code(JSON.stringify(value));
    if (SIZES.has(key) && Number(value) >= KILO) return this.size(value as Address);
    if (key === "bdf") return this.bdf(Number(value));
    if (typeof value === "number" && (DECIMAL.has(key) || SIZES.has(key) || value <= 9))
      return code(`${value}`);
    return this.address(value as number | bigint);
  }

  object(value: object): Expression {
    return object(
      Object.fromEntries(
        Object.entries(value).map(([key, one]) => [key, this.value(key, one)] as const),
      ),
    );
  }
}
