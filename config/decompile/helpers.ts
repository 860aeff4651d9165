// Which helper says what a part of a definition says. Every guess is tried: the helper's result must be the part itself.

import { parsePci } from "../define-pci.ts";
import { parseIrqchip, parseMemory } from "../define-resources.ts";
import type {
  IrqchipDefinition,
  MemoryDefinition,
  PciDeviceDefinition,
  PortDefinition,
} from "../definition.ts";
import { isConfigError } from "../errors.ts";
import { commRegion, ioapic, lowRam, mmio, placeholder, ram, sharedRam, uart } from "../helpers.ts";
import { ivshmemLink, type LinkOptions } from "../ivshmem.ts";
import type * as parse from "../parse.ts";
import { address } from "../parse.ts";
import { hex } from "../show/words.ts";
import { range } from "../units.ts";
import { type Call, call, code, type Expression, object } from "./expression.ts";
import type { Writer } from "./writer.ts";

/** Whether two definitions of one kind say the same; a guess that is no definition at all does not. */
function same(parser: parse.Parser<unknown>, guess: unknown, wanted: unknown): boolean {
  const text = (value: unknown) =>
    JSON.stringify(parser(value, ""), (_, part) => (typeof part === "bigint" ? hex(part) : part));
  try {
    return text(guess) === text(wanted);
  } catch (error) {
    if (isConfigError(error)) return false;
    throw error;
  }
}

/** A memory region by the first helper that makes it; undefined when none does. */
export function memoryCall(region: MemoryDefinition, writer: Writer): Expression | undefined {
  const { physical = 0n, virtual = physical, size } = region;
  const isMade = (made: MemoryDefinition) => same(parseMemory, made, region);
  const place = { physical: writer.address(physical), size: writer.size(size) };
  const own = virtual === physical ? place : { ...place, virtual: writer.address(virtual) };
  if (isMade(placeholder())) return call("placeholder", []);
  if (isMade(commRegion())) return call("commRegion", []);
  if (isMade(commRegion(virtual))) return call("commRegion", [writer.address(virtual)]);
  for (const dma of [false, true]) {
    if (!isMade(lowRam({ physical, virtual, size, dma }))) continue;
    const low = virtual === 0n ? place : { ...place, virtual: writer.address(virtual) };
    return call("lowRam", [object({ ...low, ...(dma ? { dma: code("true") } : {}) })]);
  }
  const ranged = { physical, virtual, size };
  for (const [name, helper] of Object.entries({ ram, mmio, sharedRam }))
    if (isMade(helper(ranged))) return call(name, [object(own)]);
  return undefined;
}

/** Pins of a PC's IOAPIC; undefined for another irqchip. */
export function irqchipCall(chip: IrqchipDefinition, writer: Writer): Expression | undefined {
  const all = ioapic().pins;
  const places = {
    ...(same(address, chip.address, ioapic().address)
      ? {}
      : { address: writer.address(chip.address) }),
    ...(chip.id === ioapic().id ? {} : { id: code(hex(chip.id)) }),
  };
  if (!same(parseIrqchip, ioapic(chip.pins, chip), chip)) return undefined;
  const pins = chip.pins.join() === all.join() ? undefined : writer.numbers(chip.pins);
  if (Object.keys(places).length > 0)
    return call("ioapic", [pins ?? writer.numbers(all), object(places)]);
  return call("ioapic", pins ? [pins] : []);
}

/** An end of a shared memory link; undefined for what `ivshmemLink` does not make. */
export function linkCall(device: PciDeviceDefinition, writer: Writer): Expression | undefined {
  const shared = device.sharedMemory;
  if (!shared || !Array.isArray(shared.regions)) return undefined;
  const { id, peers: ends, protocol } = shared;
  const [table, common, ...outputs] = shared.regions as MemoryDefinition[];
  if (!table || !common || id >= ends) return undefined;
  const options: LinkOptions = {
    bdf: device.bdf,
    physical: table.physical ?? 0n,
    stateTable: table.size,
    readWrite: common.size,
    output: outputs[0]?.size ?? 0n,
    ends,
    vectors: device.msix?.vectors ?? 0,
    ...(protocol === undefined ? {} : { protocol }),
  };
  const link = ivshmemLink(options);
  for (const method of ["end", "rootEnd"] as const) {
    if (!same(parsePci, link[method](id), device)) continue;
    return call("ivshmemLink", [linkOptions(options, writer)], `.${method}(${id})`);
  }
  return undefined;
}

function linkOptions(options: LinkOptions, writer: Writer): Expression {
  const { bdf, physical, stateTable, readWrite, output, ends = 0, vectors = 0 } = options;
  const size = (value: LinkOptions["output"]) =>
    value === undefined || BigInt(value) === 0n ? undefined : writer.size(value);
  const protocol =
    typeof options.protocol === "number" ? hex(options.protocol) : JSON.stringify(options.protocol);
  return object({
    bdf: writer.bdf(bdf),
    physical: writer.address(physical),
    stateTable: stateTable === undefined ? undefined : writer.size(stateTable),
    readWrite: size(readWrite),
    output: size(output),
    ends: code(`${ends}`),
    vectors: code(`${vectors}`),
    protocol: options.protocol === undefined ? undefined : code(protocol),
  });
}

/** The serial ports of a PC, by their first port. */
const UARTS = new Map(
  (["COM1", "COM2", "COM3", "COM4"] as const).map((name) => {
    const [ports] = uart(name).ports as readonly [PortDefinition];
    return [ports.base, { name, length: ports.length }];
  }),
);

/** Name of the serial port that has these ports. */
export function uartOf({ base, length }: PortDefinition): string | undefined {
  const known = UARTS.get(base);
  return known?.length === length ? known.name : undefined;
}

/** A list of numbers as ranges where that is shorter: `range(0, 23)`. */
export function rangeCall(numbers: readonly number[]): Call | undefined {
  const [first = 0] = numbers;
  const last = numbers.at(-1) ?? 0;
  const shortest = 5;
  if (numbers.length < shortest || range(first, last).join() !== numbers.join()) return undefined;
  return call("range", [code(`${first}`), code(`${last}`)]);
}
