// MSI-X tables: whole, where the device has them, and nobody's memory; the hypervisor plays them.
import * as abi from "../../../abi/config.ts";
import { HPET_PAGES } from "../../bus-masters.ts";
import { family, type Report } from "../finding.ts";
import { setTo } from "../fix.ts";
import { gic, ioapics, iommus, localDevices, mmconfig, tableOf } from "../played.ts";
import {
  ADDRESS_LIMIT,
  hex,
  isComm,
  isMoved,
  overlap,
  PAGE,
  physical,
  type Range,
  span,
  uncovered,
} from "../ranges.ts";
import { type ConfigSet, regionsOf } from "../set.ts";
import { bdfText, devicesOf } from "./pci.ts";

const RULES = {
  "msix-size": ["warning", "The MSI-X table of a device has not the size that its vectors take"],
  "msix-vectors": ["error", "A device has more MSI-X vectors than there are"],
  "msix-place": ["error", "The MSI-X table of a device is where none can be"],
  "msix-none": ["warning", "A device has MSI-X vectors but no table, or the other way round"],
  "msix-device": ["error", "The MSI-X table of a device is in another device or in the hypervisor"],
  "msix-differs": ["error", "Cells disagree about the MSI-X table of a device"],
  "msix-memory": ["error", "The MSI-X table of a device is in another cell's memory"],
  "msix-open": ["error", "The root cell could write the MSI-X table of a cell's device"],
} as const;
type Tell = Report<keyof typeof RULES>;
type Device = ReturnType<typeof devicesOf>[number];

const ENTRY = 16;
const MAX_VECTORS = 2048;
const TABLE_ALIGNMENT = 8n;
const PAGE_BYTES = 4096;

function checkNone(device: Device, tell: Tell): boolean {
  const { numMsixVectors: vectors, msixAddress, msixRegionSize: size } = device;
  const name = bdfText(device.bdf);
  if (vectors === 0) {
    if (size !== 0 || msixAddress !== 0n)
      tell(
        "msix-none",
        device.at("numMsixVectors"),
        `${name} has an MSI-X table of ${hex(size)} bytes at ${hex(msixAddress)} but no vectors`,
        {
          fix:
            size < ENTRY
              ? [setTo(device.at("msixAddress"), 0n), setTo(device.at("msixRegionSize"), 0)]
              : [setTo(device.at("numMsixVectors"), Math.floor(size / ENTRY))],
        },
      );
    return false;
  }
  if (msixAddress !== 0n) return true;
  tell(
    "msix-none",
    device.at("msixAddress"),
    `${name} has ${vectors} MSI-X vectors, but where its table is is not said: it can use none`,
    {
      advice:
        "Take the address from the device's base address register and its MSI-X capability (lspci -vv).",
    },
  );
  return false;
}

function checkShape(set: ConfigSet, device: Device, tell: Tell) {
  const { numMsixVectors: vectors, msixAddress, msixRegionSize: size } = device;
  const name = bdfText(device.bdf);
  const pages = Math.ceil((vectors * ENTRY) / PAGE_BYTES) * PAGE_BYTES;
  if (vectors > MAX_VECTORS)
    tell(
      "msix-vectors",
      device.at("numMsixVectors"),
      `${name} has ${vectors} MSI-X vectors, but ${MAX_VECTORS} are the most`,
      {
        fix: [setTo(device.at("numMsixVectors"), Math.max(1, Math.floor(size / ENTRY)))],
      },
    );
  else if (size < vectors * ENTRY || size % PAGE_BYTES !== 0)
    tell(
      "msix-size",
      device.at("msixRegionSize"),
      `${vectors} MSI-X vectors take ${hex(pages)} bytes of whole pages, not ${hex(size)}`,
      {
        fix: [setTo(device.at("msixRegionSize"), pages)],
      },
    );
  const table = tableOf(device);
  const isPage = msixAddress % PAGE === 0n;
  if (!isPage || table.start + table.size > ADDRESS_LIMIT) {
    const rounded = isPage ? undefined : msixAddress - (msixAddress % PAGE);
    // Two steps of gravity: only what is not 8-byte aligned is refused, but a table that starts inside a page is rare.
    const rule =
      msixAddress % TABLE_ALIGNMENT === 0n && isPage === false ? "msix-size" : "msix-place";
    tell(
      rule,
      device.at("msixAddress"),
      `the MSI-X table of ${name} is at ${hex(msixAddress)}, which is ${isPage ? "beyond all addresses" : "not the start of a page"}`,
      {
        fix: rounded === undefined ? [] : [setTo(device.at("msixAddress"), rounded)],
        advice:
          "Take the address from the device's base address register and its MSI-X capability.",
      },
    );
  }
  checkPlace(set, device, tell);
}

function checkPlace(set: ConfigSet, device: Device, tell: Tell) {
  const { system, cells } = set;
  const table = tableOf(device);
  const name = bdfText(device.bdf);
  const others: readonly (Range & { label: string })[] = [
    { label: "the hypervisor's memory", ...physical(system.hypervisorMemory) },
    ...localDevices(set),
    ...ioapics(set),
    ...mmconfig(set),
    ...iommus(set),
    ...gic(set),
    ...(system.architecture === "x86" ? [{ label: "the HPET", ...HPET_PAGES }] : []),
  ];
  for (const other of others)
    if (overlap(table, other))
      tell(
        "msix-device",
        device.at("msixAddress"),
        `the MSI-X table of ${name}, ${span(table)}, is in ${other.label}, ${span(other)}`,
        {
          advice:
            "Take the address from the device's base address register and its MSI-X capability.",
        },
      );
  const owner = cells
    .filter((part) => part !== device.part)
    .flatMap(regionsOf)
    .find((region) => !isComm(region) && overlap(physical(region), table));
  if (owner && !device.part.isRoot)
    tell(
      "msix-memory",
      device.at("msixAddress"),
      `the MSI-X table of ${name}, ${span(table)}, is in memory[${owner.index}] of ${owner.part.label}`,
      {
        related: [owner.at()],
      },
    );
}

function checkHome(set: ConfigSet, device: Device, tell: Tell) {
  if (device.part.isRoot) return;
  const home = devicesOf(set.root).find(
    ({ bdf, type }) => bdf === device.bdf && type !== abi.PCI_TYPE_IVSHMEM,
  );
  if (!home || home.msixAddress === device.msixAddress) return;
  tell(
    "msix-differs",
    device.at("msixAddress"),
    `the MSI-X table of ${bdfText(device.bdf)} is at ${hex(device.msixAddress)}, in the root cell at ${hex(home.msixAddress)}`,
    {
      fix: [setTo(device.at("msixAddress"), home.msixAddress)],
      related: [home.at("msixAddress")],
    },
  );
}

/** Whether the hypervisor traps the table in the root cell too: as that one's own device has it. */
function isTrappedInRoot(set: ConfigSet, device: Device): boolean {
  const home = devicesOf(set.root).find(({ bdf }) => bdf === device.bdf);
  if (!home || home.type === abi.PCI_TYPE_IVSHMEM) return false;
  const [own, table] = [tableOf(home), tableOf(device)];
  return own.size > 0n && own.size >= table.size;
}

/** The root cell must not keep what it could write the table of a cell's device with. */
function checkRoot(set: ConfigSet, device: Device, tell: Tell) {
  if (device.part.isRoot || isTrappedInRoot(set, device)) return;
  const table = tableOf(device);
  const isTaken = regionsOf(device.part).some(
    (region) => isMoved(region) && uncovered(table, [physical(region)]).length === 0,
  );
  const open = regionsOf(set.root).find(
    (region) => !isComm(region) && overlap(physical(region), table),
  );
  if (!open || isTaken) return;
  const home = devicesOf(set.root).find(({ bdf }) => bdf === device.bdf);
  tell(
    "msix-open",
    device.at("msixAddress"),
    `the MSI-X table of ${bdfText(device.bdf)}, ${span(table)}, is in memory[${open.index}] of the root cell, which does not list ${home ? "all of it" : "the device"}: it could write it unseen`,
    {
      related: [open.at(), set.root.at("pciDevices")],
      advice: "Describe the device in the root cell's configuration as in the cell's.",
    },
  );
}

export const msix = family(RULES, (set, tell) => {
  for (const part of set.parts)
    for (const device of devicesOf(part)) {
      if (device.type === abi.PCI_TYPE_IVSHMEM || !checkNone(device, tell)) continue;
      checkShape(set, device, tell);
      checkHome(set, device, tell);
      checkRoot(set, device, tell);
    }
});
