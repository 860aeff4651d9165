// A configuration as TypeScript source that compiles to its bytes.

import type {
  CellDefinition,
  MemoryDefinition,
  PciDeviceDefinition,
  PortDefinition,
} from "../definition.ts";
import { portName } from "../known-ports.ts";
import { oneLine, printable } from "../printable.ts";
import type { Config } from "../types.ts";
import {
  call,
  callees,
  code,
  commentText,
  type Expression,
  layOut,
  list,
  object,
} from "./expression.ts";
import { irqchipCall, linkCall, memoryCall, uartOf } from "./helpers.ts";
import { type AnyDefinition, decompileToDefinition } from "./plain.ts";
import { RemarkBook, type Remarks } from "./remarks.ts";
import { Writer } from "./writer.ts";

/** Under this name the command provides the room to configurations anywhere. */
const MODULE = "jailhouse-ts/config";

/** The source below a comment of one line: where it comes from. `remarks` are what else is to be said of its parts. */
export function decompileToSource(config: Config, headline: string, remarks?: Remarks): string {
  const book = new RemarkBook(remarks);
  const writer = new Writer();
  const { kind, ...definition } = decompileToDefinition(config);
  const define = kind === "cell" ? "defineCell" : "defineSystem";
  const expression = call(define, [definitionObject(definition, writer, book)]);
  const body = layOut(expression, 0, "export default ".length);
  const names = [...new Set(callees(expression))].sort((a, b) =>
    a.toLowerCase() < b.toLowerCase() ? -1 : 1,
  );
  const head = [...(remarks?.head ?? []), ...book.rest()].map((lines) => safe(lines.join("\n")));
  return [
    `// ${printable(oneLine(headline))}`,
    ...head.map((comment) => `//\n${commentText(comment, "")}`.trimEnd()),
    `import ${importList(names)} from "${MODULE}";`,
    "",
    `export default ${body};`,
    "",
  ].join("\n");
}

/** Text of others: it stays inside its comment. */
const safe = (comment: string): string =>
  comment
    .split("\n")
    .map((line) => printable(oneLine(line)))
    .join("\n");

/** The comments on keys of an object whose place is `prefix`. */
function keyRemarks(keys: readonly string[], prefix: string, book: RemarkBook) {
  return Object.fromEntries(
    keys.map((key) => {
      const comment = book.takeAll(`${prefix}${key}`);
      return [key, comment === undefined ? undefined : safe(comment)] as const;
    }),
  );
}

/** Keys whose value is an object that may have comments inside: those that have any, by key. */
function partly(
  facts: object,
  writer: Writer,
  book: RemarkBook,
  prefix: string,
): Record<string, Expression> {
  const objects = Object.entries(facts).filter(
    ([, value]) => typeof value === "object" && value !== null && !Array.isArray(value),
  );
  const written = objects.map(([key, value]) => {
    const remarks = keyRemarks(Object.keys(value), `${prefix}${key}.`, book);
    return [key, object(entries(value, writer), remarks)] as const;
  });
  return Object.fromEntries(written);
}

/** The comment on an entry of a list, with those of the places that it stands for. */
function entryRemark(book: RemarkBook, ...places: readonly string[]): string | undefined {
  const comment = book.take(...places);
  return comment === undefined ? undefined : safe(comment);
}

function importList(names: readonly string[]): string {
  const widest = 74;
  const line = `{ ${names.join(", ")} }`;
  return line.length <= widest ? line : `{\n${names.map((name) => `  ${name},\n`).join("")}}`;
}

/** JSON with the same content: addresses as text. */
export function decompileToJson(config: Config): string {
  const text = (_: string, value: unknown) =>
    typeof value === "bigint" ? `0x${value.toString(16)}` : value;
  return `${JSON.stringify(decompileToDefinition(config), text, 2)}\n`;
}

function definitionObject(
  definition: Omit<AnyDefinition, "kind">,
  writer: Writer,
  book: RemarkBook,
): Expression {
  if (!("rootCell" in definition)) return cellObject(definition as CellDefinition, writer, book);
  const { rootCell, hypervisorMemory, iommuUnits, ...rest } = definition as Extract<
    AnyDefinition,
    { kind: "system" }
  >;
  const { bytes, ...facts } = rest;
  const written = {
    ...entries(facts, writer, ["architecture", "flags"]),
    hypervisorMemory: object({
      physical: writer.address(hypervisorMemory.physical),
      size: writer.size(hypervisorMemory.size),
    }),
    ...entries(facts, writer),
    ...partly(facts, writer, book, ""),
    ...(iommuUnits
      ? {
          iommuUnits: list(
            iommuUnits.map((unit) => unitObject(unit, writer)),
            iommuUnits.map((_, index) => entryRemark(book, `iommuUnits[${index}]`)),
          ),
        }
      : {}),
    rootCell: cellObject(rootCell, writer, book, "rootCell."),
    ...(bytes ? { bytes: writer.object(bytes) } : {}),
  };
  return object(written, keyRemarks(Object.keys(written), "", book));
}

const unitObject = ({ size, ...rest }: { size: number }, writer: Writer) =>
  object({ ...entries(rest, writer), size: writer.size(size) });

/** All keys of an object, or those of `only`, written by their values. */
function entries(
  source: object,
  writer: Writer,
  only?: readonly string[],
): Record<string, Expression> {
  const wanted = Object.entries(source).filter(([key]) => only?.includes(key) ?? true);
  return Object.fromEntries(wanted.map(([key, value]) => [key, writer.value(key, value)]));
}

/** `place` is where the cell is: nothing, or `rootCell.`. */
function cellObject(
  cell: CellDefinition,
  writer: Writer,
  book: RemarkBook,
  place = "",
): Expression {
  const { cpus, memory, caches, irqchips, ports, pciDevices, pciCapabilities, ...rest } = cell;
  const { streamIds, console, ...facts } = rest as typeof rest & { bytes?: object };
  const { bytes, ...head } = facts;
  const serial = serialPorts(ports ?? []);
  const plain = (ports ?? []).slice(0, (ports?.length ?? 0) - serial.length);
  const consoleName = serial.find((name) => isConsoleOf(name, console));
  /** The comments on a list's entries from `first` on. */
  const remarks = (key: string, entries: readonly unknown[] = [], first = 0) =>
    entries.map((_, index) => entryRemark(book, `${place}${key}[${first + index}]`));
  const devices = pciDevices && pciDeviceList(pciDevices, writer, book, place);
  const inDevices = devices?.regions ?? 0;
  const written = {
    name: writer.value("name", head.name),
    cpus: writer.numbers(cpus),
    ...entries(head, writer),
    memory: memory && memoryList(memory, writer, remarks("memory", memory, inDevices)),
    caches:
      caches &&
      list(
        caches.map((one) => writer.value("caches", one)),
        remarks("caches", caches),
      ),
    irqchips:
      irqchips &&
      list(
        irqchips.map((chip) => irqchipCall(chip, writer) ?? writer.value("irqchips", chip)),
        remarks("irqchips", irqchips),
      ),
    ports: plain.length > 0 ? portList(plain, remarks("ports", plain)) : undefined,
    devices: serial.length > 0 ? uarts(serial, remarks("ports", serial, plain.length)) : undefined,
    pciDevices: devices?.list,
    pciCapabilities:
      pciCapabilities &&
      list(
        pciCapabilities.map((one) => writer.value("pciCapabilities", one)),
        remarks("pciCapabilities", pciCapabilities),
      ),
    streamIds:
      streamIds &&
      list(
        streamIds.map((one) => writer.value("streamIds", one)),
        remarks("streamIds", streamIds),
      ),
    console:
      consoleName === undefined
        ? console === undefined
          ? undefined
          : writer.value("console", console)
        : code(printable(JSON.stringify(consoleName))),
    ...(consoleName === undefined ? partly({ console }, writer, book, place) : {}),
    bytes: bytes && writer.object(bytes),
  };
  const keys = Object.entries(written).filter(([, value]) => value !== undefined);
  return object(
    written,
    keyRemarks(
      keys.map(([key]) => key),
      place,
      book,
    ),
  );
}

type Comments = readonly (string | undefined)[];

function memoryList(
  memory: readonly MemoryDefinition[],
  writer: Writer,
  comments: Comments = [],
): Expression {
  return list(
    memory.map((region) => memoryRegion(region, writer)),
    comments,
  );
}

function memoryRegion(region: MemoryDefinition, writer: Writer): Expression {
  const made = memoryCall(region, writer);
  if (made) return made;
  const { size, ...rest } = region;
  const { flags, ...places } = rest;
  return object({
    ...entries(places, writer),
    size: writer.size(size),
    flags: writer.value("flags", flags),
  });
}

function portList(ports: readonly PortDefinition[], comments: Comments): Expression {
  const written = ports.map(({ base, length }) =>
    object({ base: code(`0x${base.toString(16)}`), length: code(portCount(length)) }),
  );
  return list(
    written,
    ports.map((range, index) => comments[index] ?? portName(range)),
  );
}

const portCount = (length: number) => (length > 9 ? `0x${length.toString(16)}` : `${length}`);

/** The serial ports of a PC that end the list: devices are placed behind a cell's own ports. */
function serialPorts(ports: readonly PortDefinition[]): string[] {
  const names = ports.map(uartOf);
  const first = names.lastIndexOf(undefined) + 1;
  return names.slice(first) as string[];
}

const uarts = (names: readonly string[], comments: Comments) =>
  list(
    names.map((name) => call("uart", [code(JSON.stringify(name))])),
    comments,
  );

function isConsoleOf(name: string, console: CellDefinition["console"]): boolean {
  if (typeof console !== "object" || console.type !== "8250") return false;
  const { type: _, address: __, ...rest } = console;
  const isAddress = uartOf({ base: Number(console.address ?? 0), length: 8 }) === name;
  return isAddress && Object.keys(rest).length === 0;
}

/**
 * The devices, with the comments on what they have in other lists of the file: their capabilities and their regions, which
 * come there in the order of the devices. Tells how many regions these are.
 */
function pciDeviceList(
  devices: readonly PciDeviceDefinition[],
  writer: Writer,
  book: RemarkBook,
  place: string,
): { list: Expression; regions: number } {
  let [regions, capabilities] = [0, 0];
  const places = (key: string, first: number, count: number) =>
    Array.from({ length: count }, (_, index) => `${place}${key}[${first + index}]`);
  const comments: (string | undefined)[] = [];
  const written = devices.map((device, index) => {
    const own = device.sharedMemory?.regions;
    const ownRegions = places("memory", regions, Array.isArray(own) ? own.length : 0);
    const described = Array.isArray(device.capabilities) ? device.capabilities : [];
    const remarks = places("pciCapabilities", capabilities, described.length).map((one) =>
      entryRemark(book, one),
    );
    regions += ownRegions.length;
    capabilities += described.length;
    const link = linkCall(device, writer);
    // A link stands for its regions; otherwise they are listed in the device.
    comments.push(entryRemark(book, `${place}pciDevices[${index}]`, ...(link ? ownRegions : [])));
    return (
      link ??
      pciDevice(
        device,
        writer,
        remarks,
        ownRegions.map((one) => entryRemark(book, one)),
      )
    );
  });
  return { list: list(written, comments), regions };
}

function pciDevice(
  device: PciDeviceDefinition,
  writer: Writer,
  remarks: Comments,
  regionRemarks: Comments,
): Expression {
  const { capabilities, sharedMemory, ...rest } = device;
  return object({
    ...entries(rest, writer),
    sharedMemory:
      sharedMemory &&
      object({
        regions: Array.isArray(sharedMemory.regions)
          ? memoryList(sharedMemory.regions, writer, regionRemarks)
          : writer.value("regions", sharedMemory.regions),
        ...entries({ id: sharedMemory.id, peers: sharedMemory.peers }, writer),
        protocol:
          sharedMemory.protocol === undefined
            ? undefined
            : writer.value("protocol", sharedMemory.protocol),
      }),
    capabilities: Array.isArray(capabilities)
      ? list(
          capabilities.map((one) => writer.value("capabilities", one)),
          remarks,
        )
      : capabilities && writer.value("capabilities", capabilities),
  });
}
