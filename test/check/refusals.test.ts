// Whatever the hypervisor refuses, `config check` has found before: mutated configurations through both.
// More of them: npm run campaign -- refusals --cases 100000
import { expect, it } from "vitest";
import { checkConfigs } from "../../config/check/index.ts";
import { type Config, decode, isConfigError } from "../../config/index.ts";
import { SystemError } from "../../control/errors.ts";
import { type LocalSession, startSession } from "../../control/session.ts";
import { shippedConfigs } from "../../tools/configs.ts";
import { mutate } from "../bad-input/mutate.ts";
import { CAMPAIGN_TIMEOUT, share } from "../campaign.ts";
import { Random } from "../isolation/random.ts";

const { cases: MUTATIONS, seed: SEED, title } = share({ quick: 300, full: 1_500, seed: 11 });
/** Mutations of the system configuration: fewer, because each takes a machine over. */
const SYSTEMS = Math.ceil(MUTATIONS / 10);
/** Each outcome must be met at least this often, or the mutations test nothing. */
const LEAST = MUTATIONS / 100;
const RAM = 2 ** 30;
const MACHINE = { cpus: [0, 1, 2, 3], ramEnd: BigInt(RAM), x2apic: true };

const shipped = await shippedConfigs();
const system = shipped.find(({ name }) => name === "bochs-x86")!;
const cells = shipped.filter(({ config }) => config.kind === "cell");

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

/** The configuration, unless the file is damaged: that is a finding by itself. */
function read(bytes: Uint8Array): Config | undefined {
  try {
    return decode(bytes);
  } catch (error) {
    if (isConfigError(error)) return undefined;
    throw error;
  }
}

/** Whether the check finds an error in the set; an unreadable file is one. */
function hasError(configs: readonly (Config | undefined)[]): boolean {
  const known = configs.filter((config) => config !== undefined);
  if (known.length < configs.length) return true;
  return checkConfigs(known, MACHINE).some(({ severity }) => severity === "error");
}

async function machine(): Promise<LocalSession> {
  const session = await startSession({ memory: RAM });
  await session.enable(system.bytes);
  return session;
}

it(
  `mutated cells, ${title}: none that is refused without an error found`,
  async () => {
    const random = new Random(SEED);
    let session = await machine();
    const seen = { refused: 0, accepted: 0, accused: 0 };
    for (let index = 0; index < MUTATIONS; index++) {
      const cell = random.pick(cells);
      const bytes = mutate(cell.bytes, random);
      const refused = await refusal(() => session.createCell(bytes));
      const isFound = hasError([system.config, read(bytes)]);
      const what = `mutation ${index} of ${cell.name}: ${refused?.code} ${refused?.hint}`;
      if (refused?.code === "EIO") session = await machine();
      else if (refused) {
        seen.refused++;
        expect(isFound, what).toBe(true);
      } else {
        seen[isFound ? "accused" : "accepted"]++;
        if (await refusal(() => session.destroyCell(1, { force: true }))) session = await machine();
      }
    }
    expect(seen.refused).toBeGreaterThan(LEAST);
    expect(seen.accepted).toBeGreaterThan(LEAST);
  },
  CAMPAIGN_TIMEOUT,
);

it(
  `mutated systems, ${title}: none that is refused without an error found`,
  async () => {
    const random = new Random(SEED + 1);
    let session = await startSession({ memory: RAM });
    const seen = { refused: 0, accepted: 0, accused: 0 };
    for (let index = 0; index < SYSTEMS; index++) {
      const bytes = mutate(system.bytes, random);
      const refused = await refusal(() => session.enable(bytes));
      const isFound = hasError([read(bytes)]);
      if (refused) {
        seen.refused++;
        expect(isFound, `mutation ${index}: ${refused.code} ${refused.hint}`).toBe(true);
        continue;
      }
      seen[isFound ? "accused" : "accepted"]++;
      if (await refusal(() => session.disable())) session = await startSession({ memory: RAM });
    }
    expect(seen.refused).toBeGreaterThan(0);
    expect(seen.accepted).toBeGreaterThan(0);
  },
  CAMPAIGN_TIMEOUT,
);
