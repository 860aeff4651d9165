// Capabilities in configuration space: inside it, apart from each other, as long as they are, and there where MSI needs them.
import * as abi from "../../../abi/config.ts";
import { CAPABILITIES } from "../../names.ts";
import type { PciCapability, PciDevice } from "../../types.ts";
import { family, type Report } from "../finding.ts";
import { setTo } from "../fix.ts";
import { hex } from "../ranges.ts";
import type { ConfigSet, Part } from "../set.ts";
import { bdfText, devicesOf } from "./pci.ts";

const RULES = {
  "cap-range": ["error", "A capability goes beyond configuration space"],
  "cap-place": ["warning", "A capability is where none can be"],
  "cap-length": ["warning", "A capability has another length than the standard gives it"],
  "cap-overlap": ["warning", "Two capabilities of a device overlap"],
  "cap-flags": ["warning", "A capability has flags without a meaning"],
  "cap-unused": ["warning", "A capability belongs to no device"],
  "cap-msi": ["warning", "A device has MSI vectors but no MSI capability, or the other way round"],
  "cap-differs": ["warning", "Cells disagree about a device's capability"],
} as const;
type Tell = Report<keyof typeof RULES>;

const SPACE = 4096;
const HEADER_END = 0x40;
const STANDARD_END = 0x100;
const MSI = CAPABILITIES.msi;
const MSIX = CAPABILITIES.msix;
const MSI_LENGTH = 10;
const MSI_64 = 4;
const MSI_MASK = 10;

const nameOf = (id: number): string =>
  Object.entries(CAPABILITIES).find(([, number]) => number === id)?.[0] ?? hex(id);

/** The length that the PCI standard gives a capability, where it gives one. */
function standardLength(id: number, device: PciDevice): number | undefined {
  const flags = device.msiFlags;
  if (id === CAPABILITIES.pm) return 8;
  if (id === MSIX) return 12;
  if (id !== MSI) return undefined;
  const wide = flags & abi.PCI_MSI_64BITS ? MSI_64 : 0;
  return MSI_LENGTH + wide + (flags & abi.PCI_MSI_MASKABLE ? MSI_MASK : 0);
}

function checkOne(part: Part, index: number, tell: Tell) {
  const { id, start, length, flags } = part.cell.pciCapabilities[index]!;
  const place = (field: string) => part.at(`pciCapabilities[${index}]${field}`);
  if (start + length > SPACE)
    tell(
      "cap-range",
      place(".length"),
      `${length} bytes from ${hex(start)} end at ${hex(start + length)}, but configuration space ends at ${hex(SPACE)}`,
      {
        fix: start < SPACE ? [setTo(place(".length"), SPACE - start)] : [],
        advice: "Take offset and length from lspci -vv.",
      },
    );
  else if (
    id !== 0 &&
    (start < HEADER_END ||
      start % 4 !== 0 ||
      ((id & abi.CAP_EXTENDED) !== 0) !== start >= STANDARD_END)
  )
    tell(
      "cap-place",
      place(".start"),
      `"${nameOf(id)}" is at ${hex(start)}: capabilities are multiples of 4 from ${hex(HEADER_END)}, extended ones from ${hex(STANDARD_END)}`,
      {
        advice: "Take the offset from lspci -vv.",
      },
    );
  else if (id & abi.CAP_EXTENDED && length % 4 !== 0)
    tell(
      "cap-length",
      place(".length"),
      `"${nameOf(id)}" has ${length} bytes: extended capabilities are made of whole dwords`,
      {
        fix: [setTo(place(".length"), length - (length % 4) || 4)],
      },
    );
  const unknown = flags & ~abi.CAP_FLAG_WRITE;
  if (unknown !== 0)
    tell("cap-flags", place(".flags"), `the bits ${hex(unknown)} of the flags mean nothing`, {
      fix: [setTo(place(".flags"), flags & abi.CAP_FLAG_WRITE)],
    });
}

type Indexed = readonly [number, PciCapability];

function capsOf(part: Part, device: PciDevice): Indexed[] {
  const end = Math.min(device.capsStart + device.numCaps, part.cell.pciCapabilities.length);
  return [...part.cell.pciCapabilities.entries()].slice(device.capsStart, end);
}

/** The same, unless another capability begins before that. */
function lengthIn(caps: readonly Indexed[], { id, start }: PciCapability, device: PciDevice) {
  const standard = standardLength(id, device);
  if (standard === undefined) return undefined;
  const behind = caps.map(([, other]) => other.start - start).filter((distance) => distance > 0);
  return Math.min(standard, ...behind);
}

function checkDevice(part: Part, device: ReturnType<typeof devicesOf>[number], tell: Tell) {
  const caps = capsOf(part, device);
  for (const [index, cap] of caps) {
    const { id, start, length } = cap;
    const place = part.at(`pciCapabilities[${index}].length`);
    const wanted = lengthIn(caps, cap, device);
    const clash = caps.find(
      ([other, two]) =>
        other > index && two.start < start + length && start < two.start + two.length,
    );
    if (wanted !== undefined && wanted !== length)
      tell(
        "cap-length",
        place,
        `"${nameOf(id)}" of ${bdfText(device.bdf)} has ${length} bytes, the standard says ${wanted}`,
        {
          related: [device.at("msiFlags")],
          fix: [setTo(place, wanted)],
        },
      );
    if (clash)
      tell(
        "cap-overlap",
        part.at(`pciCapabilities[${clash[0]}].start`),
        `"${nameOf(clash[1].id)}" at ${hex(clash[1].start)} and "${nameOf(id)}", ${hex(start)} to ${hex(start + length - 1)}, of ${bdfText(device.bdf)} overlap`,
        {
          related: [place],
          advice: "List each once, where the device has it (lspci -vv).",
        },
      );
  }
}

function checkInterrupts(part: Part, device: ReturnType<typeof devicesOf>[number], tell: Tell) {
  if (device.type === abi.PCI_TYPE_IVSHMEM) return;
  const caps = capsOf(part, device);
  const kinds = [
    [MSI, "numMsiVectors", "MSI"],
    [MSIX, "numMsixVectors", "MSI-X"],
  ] as const;
  for (const [id, field, name] of kinds) {
    const cap = caps.find(([, one]) => one.id === id);
    const vectors = device[field];
    if (vectors > 0 && !cap)
      tell(
        "cap-msi",
        device.at(field),
        `${bdfText(device.bdf)} has ${vectors} ${name} vector${vectors === 1 ? "" : "s"}, but no ${name} capability to program ${vectors === 1 ? "it" : "them"} by`,
        {
          fix: readded(part, device, id) ?? withoutVectors(device, id),
        },
      );
    if (vectors === 0 && cap && cap[1].flags & abi.CAP_FLAG_WRITE)
      tell(
        "cap-msi",
        device.at(field),
        `${bdfText(device.bdf)} has the ${name} capability, but no vector: what is written there has no effect`,
        {
          fix: id === MSI ? [setTo(device.at(field), 1)] : [],
          advice: `Give it its ${name} vectors (lspci -vv: Count).`,
          related: [part.at(`pciCapabilities[${cap[0]}]`)],
        },
      );
  }
}

/** No vectors, and with MSI-X no table of them either. */
function withoutVectors(device: ReturnType<typeof devicesOf>[number], id: number) {
  if (id === MSI) return [setTo(device.at("numMsiVectors"), 0)];
  return [
    setTo(device.at("numMsixVectors"), 0),
    setTo(device.at("msixRegionSize"), 0),
    setTo(device.at("msixAddress"), 0n),
  ];
}

/** When the entry right after the device's is the missing capability, the count is wrong. */
function readded(part: Part, device: ReturnType<typeof devicesOf>[number], id: number) {
  const next = part.cell.pciCapabilities[device.capsStart + device.numCaps];
  return next?.id === id ? [setTo(device.at("numCaps"), device.numCaps + 1)] : undefined;
}

/** What another cell says of the same device must be the truth too. */
function checkHome(set: ConfigSet, part: Part, tell: Tell) {
  for (const device of devicesOf(part)) {
    const home = devicesOf(set.root).find(
      ({ bdf, type }) => bdf === device.bdf && type !== abi.PCI_TYPE_IVSHMEM,
    );
    if (!home || device.type === abi.PCI_TYPE_IVSHMEM) continue;
    const known = capsOf(set.root, home);
    for (const [index, cap] of capsOf(part, device)) {
      const same = known.find(
        ([, one]) => one.id === cap.id && (cap.id !== 0 || one.start === cap.start),
      );
      if (!same || same[1].start === cap.start) continue;
      const place = part.at(`pciCapabilities[${index}].start`);
      tell(
        "cap-differs",
        place,
        `"${nameOf(cap.id)}" of ${bdfText(device.bdf)} is at ${hex(cap.start)}, in the root cell at ${hex(same[1].start)}`,
        {
          fix: [setTo(place, same[1].start)],
          related: [set.root.at(`pciCapabilities[${same[0]}]`)],
        },
      );
    }
  }
}

/** The devices whose capabilities end right before this one, or begin right after it; else those without any there. */
function neighbours(part: Part, index: number) {
  const near = devicesOf(part).filter(
    ({ type, capsStart, numCaps }) =>
      type !== abi.PCI_TYPE_IVSHMEM && (capsStart + numCaps === index || capsStart === index + 1),
  );
  const counted = near.filter(({ numCaps }) => numCaps > 0);
  return counted.length > 0 ? counted : near;
}

function checkUnused(part: Part, tell: Tell) {
  const used = new Set(
    part.cell.pciDevices.flatMap((device) => capsOf(part, device).map(([index]) => index)),
  );
  part.cell.pciCapabilities.forEach(({ id }, index) => {
    if (!used.has(index))
      tell(
        "cap-unused",
        part.at(`pciCapabilities[${index}]`),
        `no device has capability ${index} of the list, "${nameOf(id)}"`,
        {
          related: [part.at("pciDevices"), ...neighbours(part, index).map((device) => device.at())],
          advice: "Count it in the capabilities of its device, or leave it out.",
        },
      );
  });
}

export const capabilities = family(RULES, (set, tell) => {
  for (const part of set.parts) {
    part.cell.pciCapabilities.forEach((_, index) => {
      checkOne(part, index, tell);
    });
    for (const device of devicesOf(part)) {
      checkDevice(part, device, tell);
      checkInterrupts(part, device, tell);
    }
    checkUnused(part, tell);
  }
  for (const part of set.cells) checkHome(set, part, tell);
});
