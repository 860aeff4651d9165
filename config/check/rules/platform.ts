// The machine as the system configuration describes it: PCI's configuration space, timers, IOMMUs, cache.
import * as abi from "../../../abi/config.ts";
import { CACHE_TYPES } from "../../names.ts";
import { family, type Report } from "../finding.ts";
import { remove, setTo } from "../fix.ts";
import {
  ADDRESS_LIMIT,
  alignDown,
  clashes,
  has,
  hex,
  isRam,
  overlap,
  PAGE,
  physical,
  span,
} from "../ranges.ts";
import { type ConfigSet, type Part, pairs, regionsOf } from "../set.ts";

const RULES = {
  "mmconfig-place": ["error", "PCI's configuration space is where it cannot be"],
  "mmconfig-bus": ["warning", "PCI's configuration space does not begin with a whole bus"],
  "mmconfig-none": ["note", "There is no memory-mapped configuration space"],
  "apic-mode": ["warning", "The mode of the APIC is unknown"],
  "apic-mode-machine": ["error", "The APIC is in another mode than the configuration wants"],
  "pm-timer": ["warning", "There is no PM timer"],
  "iommu-type": ["error", "An IOMMU is of a type that the hypervisor refuses"],
  "iommu-gap": ["warning", "IOMMUs after a gap are not seen"],
  "iommu-shape": ["warning", "An IOMMU's registers make no sense"],
  "iommu-overlap": ["warning", "The registers of an IOMMU are in a cell's memory"],
  "cache-type": ["error", "A cache region is of an unknown type"],
  "cache-empty": ["warning", "A cache region is empty"],
  "cache-range": ["warning", "A cache region is larger than any cache"],
  "cache-twice": ["warning", "Two cells have the same part of the cache"],
  "cache-inside": ["warning", "A cell lists a part of the cache twice"],
} as const;
type Tell = Report<keyof typeof RULES>;

const BUS_SIZE = 1n << 20n;
const CACHE_UNITS = 32;
const IOMMU_LEAST = 0x1000;
/** IOMMUs that machines of an architecture have. */
interface IommuTypes {
  readonly types: readonly number[];
  readonly words: string;
}
const X86_IOMMUS: IommuTypes = {
  types: [abi.IOMMU_TYPE_AMD, abi.IOMMU_TYPE_INTEL],
  words: "1 is AMD's, 2 Intel's",
};
const ARM_IOMMUS: IommuTypes = {
  types: [abi.IOMMU_TYPE_SMMUV3, abi.IOMMU_TYPE_PVU, abi.IOMMU_TYPE_MMU500],
  words: "3 is Arm's SMMUv3, 4 TI's PVU, 5 Arm's MMU-500",
};
const place = (path: string) => ({ file: 0, path });

function checkMmconfig({ system, root }: ConfigSet, tell: Tell) {
  const start = system.pciMmconfigBase;
  const at = place("pciMmconfigBase");
  if (start === 0n) {
    if (root.cell.pciDevices.length > 0)
      tell(
        "mmconfig-none",
        at,
        "pci.mmconfigBase is 0: extended capabilities cannot be reached, and what is there is not protected",
      );
    return;
  }
  const size = BUS_SIZE * BigInt(system.pciMmconfigEndBus + 1);
  if (start % PAGE !== 0n || start + size > ADDRESS_LIMIT) {
    tell(
      "mmconfig-place",
      at,
      `${hex(start)} is ${start % PAGE ? "not the start of a page" : "beyond all addresses"}`,
      {
        fix: start % PAGE ? [setTo(at, alignDown(start, BUS_SIZE))] : [],
        advice: "The MCFG table of ACPI names it (jailhouse config create reads it).",
      },
    );
    return;
  }
  if (start % BUS_SIZE !== 0n)
    tell(
      "mmconfig-bus",
      at,
      `${hex(start)} is not a multiple of ${hex(BUS_SIZE)}, which every bus takes`,
      {
        fix: [setTo(at, alignDown(start, BUS_SIZE))],
      },
    );
}

function checkX86({ system, machine }: ConfigSet, tell: Tell) {
  const { x86 } = system;
  if (!x86) return;
  const mode = place("x86.apicMode");
  if (x86.apicMode > abi.APIC_MODE_X2APIC)
    tell("apic-mode", mode, `${x86.apicMode} is no mode: 0 is as found, 1 xAPIC, 2 x2APIC`, {
      fix: [setTo(mode, abi.APIC_MODE_AUTO)],
    });
  const refused = machine.x2apic ? abi.APIC_MODE_XAPIC : abi.APIC_MODE_X2APIC;
  if (machine.x2apic !== undefined && x86.apicMode === refused)
    tell(
      "apic-mode-machine",
      mode,
      `the configuration wants the ${machine.x2apic ? "xAPIC, but the machine uses the x2APIC" : "x2APIC, but the machine uses the xAPIC"}`,
      {
        fix: [setTo(mode, abi.APIC_MODE_AUTO)],
      },
    );
  if (x86.pmTimerAddress === 0)
    tell(
      "pm-timer",
      place("x86.pmTimerAddress"),
      "x86.pmTimer is 0: inmates that measure time by it hang",
      {
        advice: "The FADT of ACPI names its port (dmesg says `ACPI: PM-Timer IO Port`).",
      },
    );
}

function checkIommus({ system, root }: ConfigSet, tell: Tell) {
  const first = system.iommuUnits.findIndex(({ base }) => base === 0n);
  if (first >= 0)
    tell(
      "iommu-gap",
      place(`iommuUnits[${first}]`),
      `its base is 0, which ends the list: ${system.iommuUnits.length - first} unit${system.iommuUnits.length - first === 1 ? " is" : "s are"} not seen`,
      {
        fix: [remove(place(`iommuUnits[${first}]`))],
      },
    );
  system.iommuUnits
    .slice(0, first < 0 ? undefined : first)
    .forEach(({ type, base, size }, index) => {
      const at = (field: string) => place(`iommuUnits[${index}]${field}`);
      const known = system.architecture === "x86" ? X86_IOMMUS : ARM_IOMMUS;
      if (!known.types.includes(type))
        tell(
          "iommu-type",
          at(".type"),
          `type ${type} is not one that the hypervisor accepts: ${known.words}`,
          {
            fix: [remove(at(""))],
          },
        );
      if (base % PAGE !== 0n || size < IOMMU_LEAST)
        tell(
          "iommu-shape",
          at(".base"),
          `${hex(size)} bytes at ${hex(base)} are not the registers of an IOMMU: whole pages from ${hex(PAGE)} on`,
          {
            fix: [
              setTo(at(".base"), alignDown(base, PAGE)),
              setTo(at(".size"), Math.max(size, IOMMU_LEAST)),
            ],
          },
        );
      const range = { start: base, size: BigInt(Math.max(size, 1)) };
      for (const region of regionsOf(root))
        if (overlap(physical(region), range))
          tell(
            "iommu-overlap",
            region.at(),
            `${span(physical(region))} has the registers of IOMMU ${index}, ${span(range)}: those pages stay trapped, and the root cell is stopped when it uses them${isRam(region) ? ", and it is RAM" : ""}`,
            {
              related: [at("")],
            },
          );
    });
}

function checkCaches(part: Part, tell: Tell) {
  part.cell.caches.forEach(({ type, start, size }, index) => {
    const at = (field: string) => part.at(`caches[${index}]${field}`);
    if (!Object.values(CACHE_TYPES).includes(type as never))
      tell(
        "cache-type",
        at(".type"),
        `${type} is no type of cache: 1 is l3-code, 2 l3-data, 3 l3`,
        {
          fix: [setTo(at(".type"), abi.CACHE_TYPE_L3)],
        },
      );
    if (size === 0) tell("cache-empty", at(".size"), "it has no unit", { fix: [remove(at(""))] });
    if (start + size > CACHE_UNITS)
      tell(
        "cache-range",
        at(""),
        `units ${start} to ${start + size - 1}, but no cache has more than ${CACHE_UNITS}`,
        {
          advice: "Give a range of bits of the processor's capacity mask.",
        },
      );
  });
}

function checkCacheInside(part: Part, tell: Tell) {
  const entries = [...part.cell.caches.entries()];
  const range = ({ start, size }: { start: number; size: number }) => ({
    start: BigInt(start),
    size: BigInt(size),
  });
  for (const [[i], [j]] of clashes(entries, ([, cache]) => range(cache)))
    tell("cache-inside", part.at(`caches[${j}]`), `it has units of caches[${i}]`, {
      fix: [remove(part.at(`caches[${j}]`))],
      related: [part.at(`caches[${i}]`)],
    });
}

function checkCacheCells({ cells }: ConfigSet, tell: Tell) {
  for (const [first, second] of pairs(cells))
    for (const [i, a] of first.cell.caches.entries())
      for (const [j, b] of second.cell.caches.entries()) {
        const isShared = has(a.flags & b.flags, abi.CACHE_FLAG_ROOTSHARED);
        if (isShared || a.start >= b.start + b.size || b.start >= a.start + a.size) continue;
        tell(
          "cache-twice",
          second.at(`caches[${j}]`),
          `units ${b.start} to ${b.start + b.size - 1} overlap those of ${first.label}, ${a.start} to ${a.start + a.size - 1}`,
          {
            fix: [setTo(second.at(`caches[${j}].start`), a.start + a.size)],
            related: [first.at(`caches[${i}]`)],
          },
        );
      }
}

export const platform = family(RULES, (set, tell) => {
  checkMmconfig(set, tell);
  checkX86(set, tell);
  checkIommus(set, tell);
  for (const part of set.parts) {
    checkCaches(part, tell);
    checkCacheInside(part, tell);
  }
  checkCacheCells(set, tell);
});
