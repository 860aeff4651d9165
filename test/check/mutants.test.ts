// Every slip of operators.ts in every pair that ships: the check finds it, or the pair runs unharmed; and what the check
// advises repairs it. MUTANTS=all runs every mutant that is not found, else a sample.
import { expect, it } from "vitest";
import { applyFix, checkConfigs, type Finding } from "../../config/check/index.ts";
import { type CellConfig, encode, type SystemConfig } from "../../config/index.ts";
import { startSession } from "../../control/session.ts";
import { shippedConfigs } from "../../tools/configs.ts";
import { demo } from "../inmates/cells.ts";
import { Random } from "../isolation/random.ts";
import { cellMutants, type Mutant, systemMutants } from "./operators.ts";

const RAM = 2 ** 30;
const MACHINE = { cpus: [0, 1, 2, 3], ramEnd: BigInt(RAM), x2apic: true };
const SEED = 5;
/** Mutants that are run because they were not found; repaired ones of each operator that are. */
const RUNS = process.env.MUTANTS === "all" ? Infinity : 30;
const REPAIRS = process.env.MUTANTS === "all" ? Infinity : 2;
/** For all mutants, on a busy machine, in milliseconds. */
const TIMEOUT = 20 * 60_000;
const IMAGE_BASE = 0xf0000n;
const PATIENCE = 5e8;

const COM1 = 0x3f8n;
/** What shows that a demo does its work. */
const SIGNS: Readonly<Record<string, RegExp>> = {
  "apic-demo": /Timer fired/,
  "tiny-demo": /PM Timer: /,
  "smp-demo": /Found \d other CPU/,
  "rogue-demo": /no rule to break/,
  "ioapic-demo": /ACPI IRQ/,
};

const shipped = await shippedConfigs();
const system = shipped.find(({ config }) => config.kind === "system")!.config as SystemConfig;
const cells = shipped
  .map(({ config }) => config)
  .filter((config): config is CellConfig => config.kind === "cell" && config.name in SIGNS);

/** The cell for slips in the system. */
const quickest = cells.find(({ name }) => name === "tiny-demo")!;

type Pair = Pick<Mutant, "system" | "cell">;

/** Errors and warnings of a pair. */
const faults = ({ system, cell }: Pair): Finding[] =>
  checkConfigs([system, cell], MACHINE).filter(({ severity }) => severity !== "note");

/** mov dx, port; mov al, '!'; out dx, al; hlt and stay there: runs wherever it is. */
const probe = (port: number): Uint8Array =>
  Uint8Array.of(0xba, port & 0xff, port >> 8, 0xb0, 0x21, 0xee, 0xf4, 0xeb, 0xfd);

/** Why the demo does not do its work with this pair; undefined when it does, and everything can be taken down. */
async function harm({ system, cell }: Pair, image: string): Promise<string | undefined> {
  const session = await startSession();
  // An image of ours that starts at 0 is none of the demos.
  const isLow = cell.cpuResetAddress === 0n;
  const sign = isLow ? /!/ : SIGNS[image]!;
  const line = cell.console.address === COM1 ? 0 : 1;
  const program = isLow
    ? { data: probe(Number(cell.console.address)), address: 0n }
    : { data: demo(image), address: IMAGE_BASE };
  try {
    await session.enable(encode(system));
    const { id } = await session.createCell(encode(cell));
    await session.loadCell(id, [program]);
    await session.startCell(id);
    await session.serial(line).waitFor(sign, PATIENCE);
    const [, info] = await session.cells();
    if (info!.cpusFailed.length > 0) return "a CPU has failed";
    await session.destroyCell(id, { force: true });
    await session.disable();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    await session.close();
  }
}

/** Follows the advice of one finding after the other until none is left or none has any. */
function repair(mutant: Pair): Pair {
  let pair = mutant;
  for (let step = 0; step < 8; step++) {
    const found = faults(pair).find(({ fix }) => fix.length > 0);
    if (!found) break;
    const [repaired, cell] = applyFix([pair.system, pair.cell], found.fix);
    pair = { system: repaired as SystemConfig, cell: cell as CellConfig };
  }
  return pair;
}

const mutants = [
  ...cells.flatMap((cell) =>
    [...cellMutants(system, cell)].map((mutant) => ({ ...mutant, image: cell.name })),
  ),
  ...[...systemMutants(system, quickest)].map((mutant) => ({ ...mutant, image: quickest.name })),
].filter((mutant) => isDifferent(mutant));

function isDifferent({ system: one, cell, image }: Pair & { image: string }): boolean {
  const same = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).equals(b);
  const original = cells.find(({ name }) => name === image)!;
  return !same(encode(one), encode(system)) || !same(encode(cell), encode(original));
}

/** `count` of a list, the same ones every time. */
function sample<Type>(list: readonly Type[], count: number): Type[] {
  const random = new Random(SEED);
  const rest = [...list];
  const chosen: Type[] = [];
  while (rest.length > 0 && chosen.length < count)
    chosen.push(...rest.splice(random.below(rest.length), 1));
  return chosen;
}

it("pairs that ship are clean and run", async () => {
  for (const cell of cells) {
    expect(faults({ system, cell }), cell.name).toEqual([]);
    expect(await harm({ system, cell }, cell.name), cell.name).toBeUndefined();
  }
});

/** Slips that take from one demo what it alone needs: a valid configuration, for another image. */
const TAKEN = /^ioapic-demo (irqchips\[0\]|ports\[1\])/;

it("a mutant is found, or runs unharmed", { timeout: TIMEOUT }, async () => {
  const quiet = mutants.filter((mutant) => faults(mutant).length === 0 && !TAKEN.test(mutant.name));
  expect(mutants.length).toBeGreaterThan(1000);
  expect(quiet.length).toBeLessThan(mutants.length / 3);
  const harmed: string[] = [];
  for (const mutant of sample(quiet, RUNS)) {
    const why = await harm(mutant, mutant.image);
    if (why !== undefined) harmed.push(`${mutant.operator}: ${mutant.name}: ${why}`);
  }
  expect(harmed).toEqual([]);
});

/** Mutants of an operator that are found and that the advice makes clean again, with what it makes of them. */
function repairable(operator: string): (readonly [Mutant & { image: string }, Pair])[] {
  const chosen: (readonly [Mutant & { image: string }, Pair])[] = [];
  for (const mutant of sample(
    mutants.filter((one) => one.operator === operator),
    Infinity,
  )) {
    if (chosen.length >= REPAIRS) break;
    if (faults(mutant).length === 0) continue;
    const repaired = repair(mutant);
    if (faults(repaired).length === 0) chosen.push([mutant, repaired]);
  }
  return chosen;
}

it(
  "following the advice repairs mutants of every operator",
  async () => {
    const operators = [...new Set(mutants.map(({ operator }) => operator))];
    const chosen = operators.flatMap(repairable);
    expect([...new Set(chosen.map(([{ operator }]) => operator))]).toEqual(operators);
    expect(chosen.length).toBeGreaterThanOrEqual(30);
    const broken: string[] = [];
    for (const [{ operator, name, image }, repaired] of chosen) {
      const why = await harm(repaired, image);
      if (why !== undefined) broken.push(`${operator}: ${name}: ${why}`);
    }
    expect(broken).toEqual([]);
  },
  TIMEOUT,
);
