// Explains denied accesses: what was touched, why it was denied, and what would allow it.

import * as abi from "../../abi/config.ts";
import {
  EXIT_INVALID_STATE,
  EXIT_MISSING_INSTRUCTION,
  EXIT_TRIPLE_FAULT,
} from "../../abi/platform.ts";
import { backDoorAt } from "../back-doors.ts";
import { busMasterAt } from "../bus-masters.ts";
import { oneLine } from "../printable.ts";
import type { Cell, PciDevice } from "../types.ts";
import type { Denial } from "./access.ts";
import type { Addition } from "./additions.ts";
import { functionText, lackingParts, listedPart } from "./devices.ts";
import { explainMemory } from "./memory.ts";
import { hex, ownerOfDevice, ownerOfPort, type Situation } from "./owners.ts";
import { PORTS, placeOf } from "./places.ts";
import { REACHES_ALL_MEMORY, type Reason } from "./reason.ts";
import { tried } from "./trial.ts";
import { isVector } from "./vector.ts";

/** One denied access in words. */
export interface Explanation extends Reason {
  readonly denial: Denial;
  /** Who did what: a sentence without its full stop. */
  readonly what: string;
}

const PM_TIMER_PORTS = 4;
/** Bytes of the header in configuration space. */
const HEADER_SIZE = 0x40;
const BDF_SHIFT = 16n;
const REGISTER_MASK = 0xffffn;
const TRIPLE_FAULT = "shut down with a triple fault: an exception could not be delivered";
/** What exits are by their kind, on every processor. Records of release 0.1 have none. */
const KINDS = new Map<bigint, string>([
  [BigInt(EXIT_TRIPLE_FAULT), TRIPLE_FAULT],
  [BigInt(EXIT_INVALID_STATE), "reached a state in which the processor cannot go on"],
  [BigInt(EXIT_MISSING_INSTRUCTION), "executed an instruction that this machine lacks"],
]);
/** What else an exit may be said to be. */
const MISTAKE = "a mistake of the program";
const HYPERVISORS_OWN = "an instruction that only the hypervisor may use";
/**
 * What a guest brings about: SVM's exit codes (AMD64 Architecture Programmer's Manual, volume 2, appendix C) and VMX's exit reasons
 * (SDM, volume 3, appendix C). No number is in use for both: SVM's below 0x7a are registers and exceptions, which have other kinds.
 */
const EXITS = new Map<bigint, string>([
  [19n, "executed VMCLEAR"],
  [20n, "executed VMLAUNCH"],
  [21n, "executed VMPTRLD"],
  [22n, "executed VMPTRST"],
  [23n, "executed VMREAD"],
  [24n, "executed VMRESUME"],
  [25n, "executed VMWRITE"],
  [26n, "executed VMXOFF"],
  [27n, "executed VMXON"],
  [50n, "executed INVEPT"],
  [53n, "executed INVVPID"],
  [0x7an, "executed INVLPGA"],
  [0x7fn, TRIPLE_FAULT],
  [0x80n, "executed VMRUN"],
  [0x82n, "executed VMLOAD"],
  [0x83n, "executed VMSAVE"],
  [0x84n, "executed STGI"],
  [0x85n, "executed CLGI"],
  [0x86n, "executed SKINIT"],
]);
const CONTROL_REGISTERS = new Map<bigint, string>([
  [18n, "CR0"],
  [20n, "CR3"],
  [21n, "CR4"],
  [28n, "XCR0"],
]);

function bdfName(bdf: number): string {
  const two = (value: number) => value.toString(16).padStart(2, "0");
  return `${two(bdf >>> 8)}:${two((bdf >>> 3) & 0x1f)}.${bdf & 7}`;
}

function bytes(size: number): string {
  return size === 0 ? "" : size === 1 ? "1 byte " : `${size} bytes `;
}

function actionOf(denial: Denial): string {
  const { kind, address, write, fetch, size, value } = denial;
  const verb = write ? "wrote" : "read";
  switch (kind) {
    case "memory":
      if (fetch) return `fetched an instruction at ${hex(address)}`;
      return `${verb} ${bytes(size)}${write ? "to" : "at"} address ${hex(address)}`;
    case "port": {
      const what = write && size > 0 && !denial.string ? `${hex(value)} ` : "";
      const how = denial.string ? " with a string instruction" : "";
      return `${verb} ${what}${write ? "to" : "from"} port ${hex(address)} (${bytes(size).trim()})${how}`;
    }
    case "msr":
      return write ? `wrote ${hex(value)} to MSR ${hex(address)}` : `read MSR ${hex(address)}`;
    case "pci": {
      const device = bdfName(Number(address >> BDF_SHIFT));
      const register = hex(address & REGISTER_MASK);
      return `${verb} configuration register ${register} of PCI device ${device}`;
    }
    case "control": {
      const name = CONTROL_REGISTERS.get(address) ?? `control register ${address}`;
      return `wrote ${hex(value)} to ${name}`;
    }
    case "exit":
      return (
        KINDS.get(value) ??
        EXITS.get(address) ??
        `left its guest for a reason that is not handled (${hex(address)})`
      );
  }
}

function explainPort(situation: Situation, ofCell: Cell, denial: Denial): Reason {
  const { address, cell, allowed } = denial;
  const { x86 } = situation.system;
  const known = placeOf(PORTS, address);
  const timer = x86?.pmTimerAddress ?? 0;
  const isTimer = address >= BigInt(timer) && address < BigInt(timer + PM_TIMER_PORTS);
  const where =
    known?.name ?? (isTimer ? "the PM timer" : "a port that no entry of the configuration names");
  const owner = ownerOfPort(situation, cell, address);
  if (owner && cell === 0) {
    return { where, why: `cell "${oneLine(owner.name)}" has it`, additions: [] };
  }
  if (known && (known.base === 0xcf8 || known.base === 0xcfc)) {
    const why =
      "the hypervisor mediates PCI's configuration, and this access has no form that it knows";
    return { where, why, additions: [] };
  }
  const device = known || cell !== 0 ? undefined : situation.functions?.having(address, true);
  const parts = device ? lackingParts(situation, ofCell, device) : [];
  if (device && parts.length > 0) {
    const why = "the root cell's configuration does not list it";
    return { where: `a port of PCI device ${functionText(device)}`, why, additions: parts };
  }
  const length = Math.max(allowed, denial.size, 1);
  if (cell !== 0 && backDoorAt({ base: Number(address), length }))
    return {
      where,
      why: "who has it commands the whole machine: it is the root cell's",
      additions: [],
    };
  const master = cell === 0 ? undefined : busMasterAt({ base: Number(address), length });
  if (master) return { where: master.name, why: REACHES_ALL_MEMORY, additions: [] };
  const own = { base: Number(address), length };
  const whole = known ? { base: known.base, length: known.length } : own;
  const ports = whole.base + whole.length >= own.base + own.length ? whole : own;
  return {
    where,
    why: `the ${cell === 0 ? "root cell" : "cell"}'s configuration does not list it`,
    additions: [{ kind: "ports", ports, comment: known?.name ?? "found by use" }],
  };
}

function emptyDevice(bdf: number): PciDevice {
  return {
    ...{ type: abi.PCI_TYPE_DEVICE, iommu: 0, domain: 0, bdf, barMask: [0, 0, 0, 0, 0, 0] },
    ...{ capsStart: 0, numCaps: 0, numMsiVectors: 0, msiFlags: 0, numMsixVectors: 0 },
    ...{ msixRegionSize: 0, msixAddress: 0n, shmemRegionsStart: 0, shmemDeviceId: 0 },
    ...{ shmemPeers: 0, shmemProtocol: 0 },
  };
}

function explainPci(situation: Situation, cell: Cell, denial: Denial): Reason {
  const bdf = Number(denial.address >> BDF_SHIFT);
  const owner = ownerOfDevice(situation, denial.cell, bdf);
  const where = `PCI device ${bdfName(bdf)}`;
  if (owner) return { where, why: `cell "${oneLine(owner.name)}" has it`, additions: [] };
  if (cell.pciDevices.some((device) => device.bdf === bdf)) {
    const register = denial.address & REGISTER_MASK;
    const why = `no capability of the device's entry makes register ${hex(register)} writable`;
    const start = Number(register & ~3n);
    // The header is mediated: no entry opens it.
    const additions: Addition[] =
      start >= HEADER_SIZE && denial.write ? [{ kind: "registers", bdf, start }] : [];
    return { where, why, additions };
  }
  const one = situation.functions?.at(bdf);
  return {
    where: one ? `PCI device ${functionText(one)}` : where,
    why: `the ${denial.cell === 0 ? "root cell" : "cell"}'s configuration does not list it`,
    additions: one
      ? lackingParts(situation, cell, one)
      : [listedPart(situation.system, emptyDevice(bdf))],
  };
}

/** Bytes of an instruction that are shown. */
const SHOWN = 8;
const NO_VECTORS =
  "an instruction of SSE or AVX, which raises #UD where the processor lacks it (the emulated PC has no AVX) or nobody has switched it on (CR4.OSFXSR, XCR0), and no handler for that";

function explainExit({ address, value, instruction, bits }: Denial): Reason {
  const isMissing = value === BigInt(EXIT_MISSING_INSTRUCTION);
  const code = Array.from(instruction.subarray(0, SHOWN), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join(" ");
  if (isMissing && code === "")
    return {
      where: "no RAM, in which alone it executes code",
      why: "nothing can be read there",
      additions: [],
    };
  if (isMissing)
    return {
      where: `no fault of the program: the emulated PC does not have the instruction that begins ${code}, others may`,
      why: "no configuration can allow it (docs/instructions.md lists what it has, and CPUID tells a program)",
      additions: [],
    };
  const known = KINDS.get(value) ?? EXITS.get(address);
  if (known === TRIPLE_FAULT && isVector(instruction, bits))
    return { where: NO_VECTORS, why: "no configuration can allow it", additions: [] };
  const where =
    known === undefined
      ? "an exit of the processor that this hypervisor has no handler for"
      : known.startsWith("executed")
        ? HYPERVISORS_OWN
        : MISTAKE;
  return { where, why: "no configuration can allow it", additions: [] };
}

function reasonOf(situation: Situation, cell: Cell, denial: Denial): Reason {
  switch (denial.kind) {
    case "memory":
      return explainMemory(situation, cell, denial);
    case "port":
      return explainPort(situation, cell, denial);
    case "pci":
      return explainPci(situation, cell, denial);
    case "msr":
      return {
        where: "a register of the processor that concerns other cells, or that it does not have",
        why:
          denial.cell === 0
            ? "the root cell may not write it and got #GP; no configuration can allow it"
            : "no cell may use it; no configuration can allow it",
        additions: [],
      };
    case "control":
      return {
        where:
          "a value that the processor does not accept, or that the hypervisor keeps for itself",
        why: "no configuration can allow it",
        additions: [],
      };
    case "exit":
      return explainExit(denial);
  }
}

/** A log may end before it says which. */
const cpuText = ({ cpu }: Denial): string => (cpu < 0 ? "A CPU" : `CPU ${cpu}`);

/** Without a cell's configuration: it is gone, or it was not given. */
function explainStranger(situation: Situation, denial: Denial): Explanation {
  const name = situation.strangers?.get(denial.cell);
  const who = name === undefined ? `cell ${denial.cell}, which is gone` : `cell "${oneLine(name)}"`;
  return {
    denial,
    what: `${cpuText(denial)} of ${who} ${actionOf(denial)}`,
    where:
      name === undefined
        ? "nothing that can be looked up any more"
        : "nothing that can be looked up without the cell's configuration, which was not given",
    why: "it was not the cell's",
    additions: [],
  };
}

/** Explains one access. A cell that is gone since is spoken of by its number. */
export function explain(situation: Situation, denial: Denial): Explanation {
  const cell = situation.cells.find(({ id }) => id === denial.cell)?.config;
  if (!cell) return explainStranger(situation, denial);
  const what = `${cpuText(denial)} of cell "${oneLine(cell.name)}" ${actionOf(denial)}`;
  const reason = reasonOf(situation, cell, denial);
  return { denial, what, ...tried(situation, denial.cell, reason) };
}
