// The pairs that ship, the programs that show whether a pair still works, and what one says when it does not.
import type { Denial } from "../../config/explain/index.ts";
import { type CellConfig, encode, type SystemConfig } from "../../config/index.ts";
import { type LocalSession, startSession } from "../../control/session.ts";
import { shippedConfigs } from "../../tools/configs.ts";
import { demo } from "../inmates/cells.ts";
import { standIn } from "./stand-in.ts";

export interface Pair {
  readonly system: SystemConfig;
  readonly cell: CellConfig;
}

const IMAGE_BASE = 0xf0000n;
const COM1 = 0x3f8n;
const COM2 = 0x2f8n;
/** Virtual nanoseconds. */
const PATIENCE = 5e8;
/** What shows that a demo does its work; cells without one have a stand-in, which prints this mark. */
const SIGNS: Readonly<Record<string, RegExp>> = {
  "apic-demo": /Timer fired/,
  "tiny-demo": /PM Timer: /,
  "smp-demo": /Found \d other CPU/,
  "rogue-demo": /no rule to break/,
  "ioapic-demo": /ACPI IRQ/,
};
const MARK = /!/;

const shipped = await shippedConfigs();
const named = (name: string) => shipped.find((one) => one.name === name)!.config as SystemConfig;

/** Every pair that ships. */
export const PAIRS: readonly Pair[] = shipped
  .map(({ config }) => config)
  .filter((config): config is CellConfig => config.kind === "cell")
  .map((cell) => ({
    cell,
    system: named(cell.name === "e1000-demo" ? "qemu-x86-e1000" : "qemu-x86"),
  }));

/** mov dx, port; mov al, '!'; out dx, al; hlt and stay there: runs wherever it is. */
const probe = (port: number): Uint8Array =>
  Uint8Array.of(0xba, port & 0xff, port >> 8, 0xb0, 0x21, 0xee, 0xf4, 0xeb, 0xfd);

/** A program, and where its sign is to be seen. */
export interface Program {
  readonly image: { readonly data: Uint8Array; readonly address: bigint };
  readonly line: 0 | 1;
  readonly sign: RegExp;
}

/** The program of a pair that ships, for the cell as a mutant has it. */
function programOf(shipped: CellConfig, cell: CellConfig): Program {
  const sign = SIGNS[shipped.name];
  if (!sign) return standInOf(shipped, cell);
  const line = cell.console.address === COM1 ? 0 : 1;
  // An image of ours that starts at 0 is none of the demos.
  if (cell.cpuResetAddress === 0n)
    return { line, sign: MARK, image: { data: probe(Number(cell.console.address)), address: 0n } };
  return { line, sign, image: { data: demo(shipped.name), address: IMAGE_BASE } };
}

/** A program that uses everything that `granted` gives, where the CPUs of `cell` start. */
export function standInOf(granted: CellConfig, cell: CellConfig): Program {
  const port = granted.console.address === COM2 ? COM2 : COM1;
  const image = standIn(granted, Number(port), cell.cpuResetAddress !== 0n);
  return { line: port === COM1 ? 0 : 1, sign: MARK, image };
}

/** Why a cell does not do its work, and what it was denied. */
export interface Harm {
  readonly why: string;
  readonly denials: readonly Denial[];
}

async function denialsOf(session: LocalSession): Promise<readonly Denial[]> {
  try {
    return (await session.denials()).denials.filter(({ cell }) => cell !== 0);
  } catch {
    return [];
  }
}

/** What keeps a mutant of `shipped` from doing its work; undefined when it does, and everything can be taken down. */
export async function harm(
  { system, cell }: Pair,
  shipped: CellConfig,
  { line, sign, image } = programOf(shipped, cell),
): Promise<Harm | undefined> {
  const session = await startSession();
  try {
    await session.enable(encode(system));
    const { id } = await session.createCell(encode(cell));
    await session.loadCell(id, [image]);
    await session.startCell(id);
    await session.serial(line).waitFor(sign, PATIENCE);
    const [, info] = await session.cells();
    if (info!.cpusFailed.length > 0)
      return { why: "a CPU has failed", denials: await denialsOf(session) };
    await session.destroyCell(id, { force: true });
    await session.disable();
    return undefined;
  } catch (error) {
    return { why: (error as Error).message, denials: await denialsOf(session) };
  } finally {
    await session.close();
  }
}
