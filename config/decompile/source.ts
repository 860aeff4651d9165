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
import { call, callees, code, type Expression, layOut, list, object } from "./expression.ts";
import { irqchipCall, linkCall, memoryCall, uartOf } from "./helpers.ts";
import { type AnyDefinition, decompileToDefinition } from "./plain.ts";
import { Writer } from "./writer.ts";

/** Under this name the command provides the room to configurations anywhere. */
const MODULE = "jailhouse-ts/config";

/** The source below a comment of one line: where it comes from. */
export function decompileToSource(config: Config, headline: string): string {
  const writer = new Writer();
  const { kind, ...definition } = decompileToDefinition(config);
  const define = kind === "cell" ? "defineCell" : "defineSystem";
  const expression = call(define, [definitionObject(definition, writer)]);
  const body = layOut(expression, 0, "export default ".length);
  const names = [...new Set(callees(expression))].sort((a, b) =>
    a.toLowerCase() < b.toLowerCase() ? -1 : 1,
  );
  return [
    `// ${printable(oneLine(headline))}`,
    `import ${importList(names)} from "${MODULE}";`,
    "",
    `export default ${body};`,
    "",
  ].join("\n");
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

function definitionObject(definition: Omit<AnyDefinition, "kind">, writer: Writer): Expression {
  if (!("rootCell" in definition)) return cellObject(definition as CellDefinition, writer);
  const { rootCell, hypervisorMemory, iommuUnits, ...rest } = definition as Extract<
    AnyDefinition,
    { kind: "system" }
  >;
  const { bytes, ...facts } = rest;
  return object({
    ...entries(facts, writer, ["architecture", "flags"]),
    hypervisorMemory: object({
      physical: writer.address(hypervisorMemory.physical),
      size: writer.size(hypervisorMemory.size),
    }),
    ...entries(facts, writer),
    ...(iommuUnits ? { iommuUnits: list(iommuUnits.map((unit) => unitObject(unit, writer))) } : {}),
    rootCell: cellObject(rootCell, writer),
    ...(bytes ? { bytes: writer.object(bytes) } : {}),
  });
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

function cellObject(cell: CellDefinition, writer: Writer): Expression {
  const { cpus, memory, caches, irqchips, ports, pciDevices, pciCapabilities, ...rest } = cell;
  const { streamIds, console, ...facts } = rest as typeof rest & { bytes?: object };
  const { bytes, ...head } = facts;
  const serial = serialPorts(ports ?? []);
  const plain = (ports ?? []).slice(0, (ports?.length ?? 0) - serial.length);
  const consoleName = serial.find((name) => isConsoleOf(name, console));
  return object({
    name: writer.value("name", head.name),
    cpus: writer.numbers(cpus),
    ...entries(head, writer),
    memory: memory && memoryList(memory, writer),
    caches: caches && writer.value("caches", caches),
    irqchips:
      irqchips &&
      list(irqchips.map((chip) => irqchipCall(chip, writer) ?? writer.value("irqchips", chip))),
    ports: plain.length > 0 ? portList(plain) : undefined,
    devices: serial.length > 0 ? uarts(serial) : undefined,
    pciDevices: pciDevices && list(pciDevices.map((device) => pciDevice(device, writer))),
    pciCapabilities: pciCapabilities && writer.value("pciCapabilities", pciCapabilities),
    streamIds: streamIds && writer.value("streamIds", streamIds),
    console:
      consoleName === undefined
        ? console === undefined
          ? undefined
          : writer.value("console", console)
        : code(printable(JSON.stringify(consoleName))),
    bytes: bytes && writer.object(bytes),
  });
}

function memoryList(memory: readonly MemoryDefinition[], writer: Writer): Expression {
  return list(memory.map((region) => memoryRegion(region, writer)));
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

function portList(ports: readonly PortDefinition[]): Expression {
  const written = ports.map(({ base, length }) =>
    object({ base: code(`0x${base.toString(16)}`), length: code(portCount(length)) }),
  );
  return list(written, ports.map(portName));
}

const portCount = (length: number) => (length > 9 ? `0x${length.toString(16)}` : `${length}`);

/** The serial ports of a PC that end the list: devices are placed behind a cell's own ports. */
function serialPorts(ports: readonly PortDefinition[]): string[] {
  const names = ports.map(uartOf);
  const first = names.lastIndexOf(undefined) + 1;
  return names.slice(first) as string[];
}

const uarts = (names: readonly string[]) =>
  list(names.map((name) => call("uart", [code(JSON.stringify(name))])));

function isConsoleOf(name: string, console: CellDefinition["console"]): boolean {
  if (typeof console !== "object" || console.type !== "8250") return false;
  const { type: _, address: __, ...rest } = console;
  const isAddress = uartOf({ base: Number(console.address ?? 0), length: 8 }) === name;
  return isAddress && Object.keys(rest).length === 0;
}

function pciDevice(device: PciDeviceDefinition, writer: Writer): Expression {
  const link = linkCall(device, writer);
  if (link) return link;
  const { capabilities, sharedMemory, ...rest } = device;
  return object({
    ...entries(rest, writer),
    sharedMemory:
      sharedMemory &&
      object({
        regions: Array.isArray(sharedMemory.regions)
          ? memoryList(sharedMemory.regions, writer)
          : writer.value("regions", sharedMemory.regions),
        ...entries({ id: sharedMemory.id, peers: sharedMemory.peers }, writer),
        protocol:
          sharedMemory.protocol === undefined
            ? undefined
            : writer.value("protocol", sharedMemory.protocol),
      }),
    capabilities: capabilities && writer.value("capabilities", capabilities),
  });
}
