// What the hypervisor has said on its console about CPUs that it stopped, from a log of the serial line: all that is left when
// no CPU of the root cell runs any more. The line with the record says everything; without one, as the original's
// hypervisor, or where the line is damaged, the words and the registers say most of it.
import { DENIAL_SIZE } from "../abi/denials.ts";
import { EXIT_MISSING_INSTRUCTION, EXIT_TRIPLE_FAULT, REG_XCR0 } from "../abi/platform.ts";
import type { Denial } from "../config/explain/index.ts";
import { readDenial } from "./denials.ts";

/** One CPU that was stopped. */
export interface ConsoleReport {
  /** Name of the cell, as the console has it; undefined where the log ends before it says so. */
  readonly cell: string | undefined;
  readonly denial: Denial;
}

export interface ConsoleReports {
  readonly reports: readonly ConsoleReport[];
  /** First lines of reports that are no access, or damaged. */
  readonly unread: readonly string[];
}

const FATAL = /FATAL: (.*)$/;
/** The cell's name came with later revisions of the original. */
const PARKING = /Parking CPU (\d+)(?: \(Cell: "(.*)"\))?/;
/** The first register: what follows the words. */
const REGISTERS = /\bRIP: 0x/;
const RECORD = /Denial: ([0-9a-f]+)\s*$/;
const REGISTER = /\b([A-Z][A-Z0-9.]+):? (?:0x)?([0-9a-f]+)/g;
const WORD_DIGITS = 16;
const WORD_SIZE = 8;
const PAT = 0x277n;
/** Intel: the reason of a triple fault, which elsewhere is another exit. */
const TRIPLE_FAULT = "2";
const ALL_BITS = 64;
/** In place of a CPU that is not known. */
const NOBODY = -1;
const KEYBOARD_PORT = 0x64n;
const PCI_DATA_PORT = 0xcfcn;
/** What is told with the events (console-events.ts). */
const OWN_FAILURE = /^Jailhouse triggered exception/;

/** A report as it stands in the log. */
interface Block {
  /** What follows `FATAL: `, line by line. */
  readonly causes: readonly string[];
  readonly text: string;
  /** -1 where the log ends before it says so. */
  readonly cpu: number;
  readonly cell: string | undefined;
  /** The digits of the record, if there is one. */
  readonly record: string | undefined;
}

/** The reports, each from its words to its end, or to where the log or the next one cuts it; what is between them is others' output. */
function blocksOf(log: string): Block[] {
  const lines = log.split(/\r?\n/);
  const blocks: Block[] = [];
  let first = 0;
  let causes: string[] = [];
  const close = (end: number, [, cpu, cell]: readonly (string | undefined)[] = []) => {
    const record = cpu === undefined ? undefined : RECORD.exec(lines[end + 1] ?? "")?.[1];
    const text = lines.slice(first, end).join("\n");
    blocks.push({ causes, text, cpu: cpu === undefined ? NOBODY : Number(cpu), cell, record });
    causes = [];
  };
  for (const [index, line] of lines.entries()) {
    const cause = FATAL.exec(line)?.[1];
    // Words after registers are those of another report.
    const isCut = causes.length > 0 && lines.slice(first, index).some((one) => REGISTERS.test(one));
    if (cause !== undefined && isCut) close(index);
    if (cause !== undefined) {
      if (causes.length === 0) first = index;
      causes.push(cause.trim());
    }
    const end = PARKING.exec(line);
    if (end && causes.length > 0) close(index, end);
  }
  if (causes.length > 0) close(lines.length);
  return blocks;
}

/** The record's words, each from its highest digit on; undefined for what is damaged. */
function fromRecord(digits: string | undefined, sequence: number): Denial | undefined {
  if (digits?.length !== DENIAL_SIZE * 2) return undefined;
  const view = new DataView(new ArrayBuffer(DENIAL_SIZE));
  for (let at = 0; at < DENIAL_SIZE; at += WORD_SIZE) {
    const word = digits.slice(at * 2, at * 2 + WORD_DIGITS);
    view.setBigUint64(at, BigInt(`0x${word}`), true);
  }
  return readDenial(view, 0, sequence);
}

type Access = Pick<Denial, "kind" | "address"> & Partial<Denial>;
type Registers = ReadonlyMap<string, bigint>;

const low = (value: bigint, size: number) => BigInt.asUintN(size * 8, value);
const pair = (registers: Registers) =>
  (low(registers.get("RDX") ?? 0n, 4) << 32n) | low(registers.get("RAX") ?? 0n, 4);

/** What each kind of first line says. */
const FORMS: readonly (readonly [
  RegExp,
  (parts: readonly string[], registers: Registers) => Access,
])[] = [
  [
    /^Invalid PCI (?:config|MMCONFIG) write, device ([0-9a-f]+):([0-9a-f]+)\.(\d), reg: (?:0x)?([0-9a-f]+), size: (\d+)/,
    ([bus, slot, fn, register, size]) => {
      const bdf = (BigInt(`0x${bus}`) << 8n) | (BigInt(`0x${slot}`) << 3n) | BigInt(fn!);
      const address = (bdf << 16n) | BigInt(`0x${register}`);
      return { kind: "pci", address, size: Number(size), write: true };
    },
  ],
  [
    // Older revisions print what is in the address port: bus, device and function from bit 8 on (PCI 3.0, section 3.2.2.3.2).
    /^Invalid PCI config write, port: (?:0x)?([0-9a-f]+), size:? (\d+), address port: (?:0x)?([0-9a-f]+)/,
    ([port, size, selected]) => {
      const value = BigInt(`0x${selected}`);
      const bdf = (value >> 8n) & 0xffffn;
      const register = (value & 0xfcn) + BigInt(`0x${port}`) - PCI_DATA_PORT;
      return { kind: "pci", address: (bdf << 16n) | register, size: Number(size), write: true };
    },
  ],
  [
    /^Invalid write to i8042 controller port/,
    (_, registers) => ({
      kind: "port",
      address: KEYBOARD_PORT,
      size: 1,
      write: true,
      value: low(registers.get("RAX") ?? 0n, 1),
    }),
  ],
  [
    /^Invalid MMIO\/RAM (read|write), addr: (0x[0-9a-f]+) size: (\d+)/,
    ([verb, address, size]) => ({
      kind: "memory",
      address: BigInt(address!),
      size: Number(size),
      write: verb === "write",
    }),
  ],
  [
    /^Invalid PIO (read|write), port: (?:0x)?([0-9a-f]+)[:,]? size:? ?(\d+)/,
    ([verb, port, size], registers) => ({
      kind: "port",
      address: BigInt(`0x${port}`),
      size: Number(size),
      write: verb === "write",
      value: verb === "write" ? low(registers.get("RAX") ?? 0n, Number(size)) : 0n,
    }),
  ],
  [
    /^Unhandled MSR (read|write): ([0-9a-f]+)/,
    ([verb, msr], registers) => ({
      kind: "msr",
      address: BigInt(`0x${msr}`),
      size: 8,
      write: verb === "write",
      value: verb === "write" ? pair(registers) : 0n,
    }),
  ],
  [
    /^Invalid PAT value: ([0-9a-f]+)/,
    ([value]) => ({
      kind: "msr",
      address: PAT,
      size: 8,
      write: true,
      value: BigInt(`0x${value}`),
    }),
  ],
  [
    /^Invalid xsetbv parameters/,
    (_, registers) => ({
      kind: "control",
      address: BigInt(REG_XCR0),
      write: true,
      value: pair(registers),
    }),
  ],
  [
    /^Unhandled CR access, register: ([0-9a-f]+)/,
    ([register]) => ({ kind: "control", address: BigInt(`0x${register}`), write: true }),
  ],
  [
    /^Unexpected #VMEXIT, exitcode ([0-9a-f]+)/,
    ([code]) => ({ kind: "exit", address: BigInt(`0x${code}`) }),
  ],
  [
    /^Unhandled VM-Exit, reason (\d+)/,
    ([reason]) => ({
      kind: "exit",
      address: BigInt(reason!),
      value: reason === TRIPLE_FAULT ? BigInt(EXIT_TRIPLE_FAULT) : 0n,
    }),
  ],
  [
    /^Instruction that this machine lacks, bytes:((?: [0-9a-f]{2})*)/,
    ([bytes]) => ({
      kind: "exit",
      address: 0n,
      value: BigInt(EXIT_MISSING_INSTRUCTION),
      instruction: Uint8Array.from(Buffer.from(bytes!.replaceAll(" ", ""), "hex")),
    }),
  ],
];
/** Access rights of CS: AMD keeps them in 12 bits, Intel has 4 empty ones below the uppermost 4 (a09b for a9b). */
const CS_LONG = 0x200n;
const CS_32 = 0x400n;
const AMD_RIGHTS = 0xfffn;
const INTEL_GAP = 4n;

function bitsOf(registers: Registers): Denial["bits"] {
  const raw = registers.get("AR-BYTES") ?? CS_LONG;
  const rights = raw > AMD_RIGHTS ? raw >> INTEL_GAP : raw;
  if (registers.get("EFER.LMA") === 1n && rights & CS_LONG) return ALL_BITS;
  return rights & CS_32 ? 32 : 16;
}

/** A report without a record: its first line that says an access, and its registers. */
function fromWords({ causes, text, cpu }: Block, sequence: number): Denial | undefined {
  const registers: Registers = new Map(
    [...text.replaceAll("AR-BYTES", "ARBYTES").matchAll(REGISTER)].map(([, name, digits]) => [
      name === "ARBYTES" ? "AR-BYTES" : name!,
      BigInt(`0x${digits}`),
    ]),
  );
  for (const cause of causes)
    for (const [form, read] of FORMS) {
      const parts = form.exec(cause)?.slice(1);
      if (!parts) continue;
      const access = read(parts, registers);
      const isFetch = access.kind === "memory" && causes.includes("unable to get MMIO instruction");
      return {
        ...{ sequence, cell: 0, cpu, size: 0, write: false, string: false, allowed: 0, value: 0n },
        ...{ rip: registers.get("RIP") ?? 0n, bits: bitsOf(registers) },
        ...{ instruction: new Uint8Array(), times: 1, fetch: isFetch },
        ...access,
      };
    }
  return undefined;
}

const whoseText = ({ cpu, cell }: Block): string =>
  cpu === NOBODY
    ? "the log ends before it says whose"
    : `CPU ${cpu}${cell === undefined ? "" : ` of cell "${cell}"`}`;

/** Reads a log of the hypervisor's console. */
export function readReports(log: string): ConsoleReports {
  const reports: ConsoleReport[] = [];
  const unread: string[] = [];
  for (const [sequence, block] of blocksOf(log).entries()) {
    const denial = fromRecord(block.record, sequence) ?? fromWords(block, sequence);
    if (denial) reports.push({ cell: block.cell, denial });
    else if (!block.causes.every((cause) => OWN_FAILURE.test(cause)))
      unread.push(`${block.causes[0]} (${whoseText(block)})`);
  }
  return { reports, unread };
}
