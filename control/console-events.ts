// What a log of the hypervisor's console has besides stopped CPUs: devices that an IOMMU stopped, the hypervisor's own failures, and
// signs that it is of another architecture.

/** Something to be told, of which no record exists. */
export interface ConsoleEvent {
  readonly what: string;
  readonly why: string;
}

const BDF = "([0-9a-f]{2}:[0-9a-f]{2}\\.[0-7])";
/** The original's report of VT-d's fault recording registers, and its two lines of AMD's event log in either order. */
const VTD =
  /VT-d fault event reported by IOMMU (\d+):\s+Source Identifier \(bus:dev\.func\): (\S+)\s+Fault Reason: 0x([0-9a-f]+) Fault Info: ([0-9a-f]+) Type (\d)/g;
const AMD = new RegExp(
  `AMD IOMMU (\\d+) reported event\\s+(?:DeviceId \\(bus:dev\\.func\\): ${BDF}\\s+)?EventCode: ([0-9a-f]+),? Operand 1: ([0-9a-f]+), Operand 2: ([0-9a-f]+)(?:\\s+DeviceId \\(bus:dev\\.func\\): ${BDF})?`,
  "g",
);
/** Linux' own words, from dmesg. */
const LINUX_AMD = new RegExp(
  `AMD-Vi: Event logged \\[(\\w+) device=(?:[0-9a-f]{4}:)?${BDF}[^\\]]*?address=(0x[0-9a-f]+)`,
  "g",
);
const LINUX_VTD = new RegExp(
  `DMAR: \\[([^\\]]+)\\] Request device \\[(?:[0-9a-f]{4}:)?${BDF}\\] .*?fault addr (?:0x)?([0-9a-f]+)`,
  "g",
);
const OWN = /FATAL: Jailhouse triggered exception #(\d+)([\s\S]*?)(?=FATAL:|Stopping CPU|$)/g;
const ARM =
  /FATAL: unhandled trap \(exception class|Cell state before exception:|\bhsr=0x[0-9a-f]+|\besr: [0-9a-f]{2} /;

const ARM_CAUSE = /Unhandled data (?:read|write) at |FATAL: unhandled trap/;

/** Reasons from here on are about interrupts (VT-d specification, table of fault reasons). */
const FIRST_INTERRUPT_REASON = 0x20;
const PAGE_SHIFT = 12n;
const INDEX_SHIFT = 36n;
const PAGE_FAULT = 14;
/** Event codes of AMD's IOMMU (AMD I/O Virtualization Technology specification, section 2.5). */
const AMD_EVENTS: Readonly<Record<number, string>> = {
  1: "its entry of the device table is illegal",
  2: "it accessed memory that it was not given",
  3: "its entry of the device table could not be read",
  4: "the page tables could not be read",
  7: "it did not answer an invalidation",
  8: "its request was invalid",
};
const EXCEPTIONS: Readonly<Record<number, string>> = {
  0: "division",
  6: "undefined instruction",
  8: "double fault",
  13: "general protection",
  [PAGE_FAULT]: "page fault",
  18: "machine check",
};

const DMA_ADVICE =
  "Memory that a device still uses (a framebuffer, buffers of firmware or of a driver) is in no region of its cell with the flag dma, or the device is listed with the wrong IOMMU.";
const INTERRUPT_ADVICE =
  "The device sent an interrupt for which there is no entry: its vectors are too few in the configuration, or it is listed with the wrong IOMMU, or was in use before it changed hands.";

const vtd = ([, unit, device, reason, info, type]: readonly string[]): ConsoleEvent => {
  const number = Number.parseInt(reason!, 16);
  const value = BigInt(`0x${info}`);
  const isInterrupt = number >= FIRST_INTERRUPT_REASON;
  const did = isInterrupt
    ? `sent interrupt ${value >> INDEX_SHIFT} of its remapping table`
    : `${type === "1" ? "read" : "wrote"} memory at 0x${(value << PAGE_SHIFT).toString(16)}`;
  return {
    what: `PCI device ${device} ${did}, which IOMMU ${unit} (VT-d) stopped for reason 0x${reason}`,
    why: isInterrupt ? INTERRUPT_ADVICE : DMA_ADVICE,
  };
};

const amd = ([, unit, before, code, , address, after]: readonly string[]): ConsoleEvent => {
  const number = Number.parseInt(code!, 16);
  const why = AMD_EVENTS[number] ?? `it has code 0x${code}`;
  const device = before ?? after;
  return {
    what: `IOMMU ${unit} (AMD) reported ${device ? `PCI device ${device}` : "an event"}: ${why}${number === 2 ? ` (address 0x${address})` : ""}`,
    why: DMA_ADVICE,
  };
};

const linux = (name: string, device: string, address: string): ConsoleEvent => ({
  what: `PCI device ${device} was stopped by the IOMMU that Linux drives: ${name}, address 0x${address.replace(/^0x/, "")}`,
  why: "Linux must leave the IOMMU alone while the hypervisor has the machine (amd_iommu=off, intel_iommu=off).",
});

const own = ([, number, rest]: readonly string[]): ConsoleEvent => {
  const rip = /RIP: (0x[0-9a-f]+)/.exec(rest!)?.[1];
  const cr2 = /CR2: (0x[0-9a-f]+)/.exec(rest!)?.[1];
  const name = EXCEPTIONS[Number(number)];
  return {
    what: `The hypervisor itself failed: exception #${number}${name ? ` (${name})` : ""}${rip ? ` at ${rip}` : ""}${cr2 ? `, address ${cr2}` : ""}`,
    why: "No cell did that: its memory is not what hypervisorMemory says (memmap= on the kernel's command line), or it is a fault of the hypervisor, which its developers want to know of.",
  };
};

/** Everything of that in a log, each once. */
export function readEvents(log: string): ConsoleEvent[] {
  const text = log.replaceAll("\r", "");
  const events = [
    ...[...text.matchAll(VTD)].map(vtd),
    ...[...text.matchAll(AMD)].map((parts) => amd(parts)),
    ...[...text.matchAll(LINUX_AMD)].map(([, name, device, at]) => linux(name!, device!, at!)),
    ...[...text.matchAll(LINUX_VTD)].map(([, name, device, at]) => linux(name!, device!, at!)),
    ...[...text.matchAll(OWN)].map(own),
  ];
  return [...new Map(events.map((event) => [event.what, event])).values()];
}

/** What an Arm processor's reports say first: empty where there are none of these. */
export function armReports(log: string): string[] {
  if (!ARM.test(log)) return [];
  const lines = log.split(/\r?\n/).filter((line) => ARM_CAUSE.test(line));
  return [...new Set(lines.map((line) => line.slice(line.search(ARM_CAUSE)).trim()))];
}
