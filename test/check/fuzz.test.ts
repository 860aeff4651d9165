// Random pairs through the check and through the hypervisor: the check never fails, and what it says of a pair comes true.
// More of them: npm run campaign -- pairs --cases 20000
import { expect, it } from "vitest";
import { applyFix, checkConfigs, type Finding, RULES } from "../../config/check/index.ts";
import { type Config, encode } from "../../config/index.ts";
import { SystemError } from "../../control/errors.ts";
import { type LocalSession, startSession } from "../../control/session.ts";
import { CAMPAIGN_TIMEOUT, share } from "../campaign.ts";
import { Random } from "../isolation/random.ts";
import { PAIRS } from "./pairs.ts";
import { crowdedPair, randomCell, randomSystem } from "./random-pairs.ts";

const { cases: COUNT, seed: SEED, title } = share({ quick: 80, full: 400, seed: 21 });
const SYSTEMS = Math.ceil(COUNT / 10);
const CROWDS = Math.ceil(COUNT / 200);
/** Edits of a rule that are applied in each crowded pair. */
const TRIES = 3;
const MACHINE = { cpus: [0, 1, 2, 3], ramEnd: 1n << 30n, x2apic: true };
/** Each outcome must be met at least this often, or the pairs test nothing. */
const LEAST = COUNT / 40;

/** Errors that the hypervisor does not refuse: what they foretell comes later. */
const LATER: Readonly<Record<string, string>> = {
  "reset-nowhere": "the cell's CPUs stop at their first instruction",
  "reset-execute": "the cell's CPUs stop at their first instruction",
  "loadable-none": "no image can be loaded",
  "loadable-readonly": "no image can be loaded",
  "comm-readonly": "the cell counts as failed when it is asked to shut down",
  "subpage-ram": "the cell's CPUs stop at their first instruction there",
  "memory-unloadable": "the root cell is stopped when it loads the cell",
  "memory-root-readonly": "the root cell is stopped when it loads the cell",
  "root-region-moved": "the root cell is stopped when it looks where it was",
  "region-range": "a trapped region is where no access can get",
  "irqchip-twice": "the pins of one entry never interrupt",
  "shmem-memory": "the ends do not see each other's memory",
  "shmem-peers": "the ends do not find each other",
  "shmem-id": "the ends do not find each other",
  "shmem-protocol": "the ends do not understand each other",
  "shmem-shifted": "the device has other memory than its link",
};

/** Why an action was refused, or undefined; anything but a SystemError is a crash. */
async function refusal(action: () => Promise<unknown>): Promise<SystemError | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    if (error instanceof SystemError) return error;
    throw error;
  }
}

const errorsOf = (configs: readonly Config[]): Finding[] =>
  checkConfigs(configs, MACHINE).filter(({ severity }) => severity === "error");

const { system: usual } = PAIRS.find(({ cell }) => cell.name === "apic-demo")!;

async function machine(): Promise<LocalSession> {
  const session = await startSession();
  await session.enable(encode(usual));
  return session;
}

/** What the two say of each pair. */
class Verdicts {
  readonly seen = { refused: 0, accepted: 0, accused: 0 };
  /** Errors of pairs that were accepted. */
  readonly foretold = new Map<string, string>();

  add(what: string, errors: readonly Finding[], refused: SystemError | undefined) {
    if (refused) {
      this.seen.refused++;
      expect(errors, `${what} was refused: ${refused.code} ${refused.hint}`).not.toEqual([]);
      return;
    }
    this.seen[errors.length === 0 ? "accepted" : "accused"]++;
    for (const { rule, message } of errors) this.foretold.set(rule, `${what}: ${message}`);
  }

  /** Every error that was accepted must be one whose consequence comes later. */
  check() {
    const wrong = [...this.foretold].filter(([rule]) => !(rule in LATER));
    expect(wrong).toEqual([]);
    expect(this.seen.refused).toBeGreaterThan(0);
    expect(this.seen.accepted).toBeGreaterThan(0);
  }
}

it(`random cells, ${title}: the check foretells what the hypervisor says`, {
  timeout: CAMPAIGN_TIMEOUT,
}, async () => {
  const random = new Random(SEED);
  const verdicts = new Verdicts();
  let session = await machine();
  for (let index = 0; index < COUNT; index++) {
    const cell = randomCell(random);
    const refused = await refusal(() => session.createCell(encode(cell)));
    if (refused?.code === "EIO") {
      session = await machine();
      continue;
    }
    verdicts.add(`cell ${index}`, errorsOf([usual, cell]), refused);
    if (!refused && (await refusal(() => session.destroyCell(1, { force: true }))))
      session = await machine();
  }
  verdicts.check();
  expect(verdicts.seen.refused).toBeGreaterThan(LEAST);
  expect(verdicts.seen.accepted).toBeGreaterThan(LEAST);
});

it(`random systems, ${title}: the check foretells what the hypervisor says`, {
  timeout: CAMPAIGN_TIMEOUT,
}, async () => {
  const random = new Random(SEED + 1);
  const verdicts = new Verdicts();
  for (let index = 0; index < SYSTEMS; index++) {
    const system = randomSystem(random);
    const session = await startSession();
    const refused = await refusal(() => session.enable(encode(system)));
    verdicts.add(`system ${index}`, errorsOf([system]), refused);
    if (!refused) {
      const cell = randomCell(random);
      const unwanted = await refusal(() => session.createCell(encode(cell)));
      if (unwanted?.code !== "EIO")
        verdicts.add(`system ${index} and its cell`, errorsOf([system, cell]), unwanted);
    }
    await session.close();
  }
  verdicts.check();
});

it(`crowded pairs, ${title}: the check has findings with sound edits, and comes to an end`, {
  timeout: CAMPAIGN_TIMEOUT,
}, () => {
  const random = new Random(SEED + 2);
  for (let index = 0; index < CROWDS; index++) {
    const { system, cell } = crowdedPair(random);
    const findings = checkConfigs([system, cell], MACHINE);
    expect(findings.length).toBeGreaterThan(0);
    const tried = new Map<string, number>();
    for (const { rule, place, fix } of findings) {
      expect(RULES[rule], rule).toBeDefined();
      expect([0, 1], rule).toContain(place.file);
      const times = tried.get(rule) ?? 0;
      if (fix.length === 0 || times >= TRIES) continue;
      tried.set(rule, times + 1);
      for (const one of applyFix([system, cell], fix)) encode(one);
    }
  }
});
