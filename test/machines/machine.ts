// What a machine of the corpus is: the facts that config/testing/machine-tree.ts makes files of, and what they are there for.
import type { MachineTreeFacts } from "../../config/testing/machine-tree.ts";

export interface CorpusMachine extends MachineTreeFacts {
  /** Address of what the facts were taken from; absent where it is made up. */
  readonly source?: string;
  /** The facts that were taken from there; everything else is made up. */
  readonly taken?: string;
  /** What this machine shows that no other does. */
  readonly adds: string;
  readonly kernel: "2.6" | "4" | "5" | "6";
  readonly oddity: string;
}

export const machine = (facts: CorpusMachine): CorpusMachine => facts;

/** Ports that every PC's Linux lists, with the timer of ACPI at `pm`, and `more` lines of the first bus. */
export const pcPorts = (pm: number, more = ""): string => `
0000-0cf7 : PCI Bus 0000:00
  0000-001f : dma1
  0020-0021 : pic1
  0040-0043 : timer0
  0050-0053 : timer1
  0060-0060 : keyboard
  0064-0064 : keyboard
  0070-0077 : rtc0
  0080-008f : dma page reg
  00a0-00a1 : pic2
  00c0-00df : dma2
  00f0-00ff : fpu
0cf8-0cff : PCI conf1
0d00-ffff : PCI Bus 0000:00
${more.replace(/^\n|\s+$/g, "")}
${pm === 0 ? "" : `${pm.toString(16).padStart(4, "0")}-${(pm + 3).toString(16).padStart(4, "0")} : ACPI PM_TMR`}`;

/** A host bridge, which every PC has. */
export const hostBridge = (ids: string) => ({ at: "00:00.0", ids, class: 0x0600 });
