// Whatever a cell's program does, no other cell notices: memory, registers and output of everybody else are bit-identical
// to a world in which the rogue is `cli; hlt`. More of them: npm run campaign -- isolation --cases 1000000
import { describe, expect, it } from "vitest";
import { CAMPAIGN_TIMEOUT, share } from "../campaign.ts";
import { quietProgram, randomProgram } from "./programs.ts";
import { Random } from "./random.ts";
import { randomRogue, TARGETS, World } from "./world.ts";

const { cases: PROGRAMS, seed: SEED, title } = share({ quick: 200, full: 10_000, seed: 1 });
/** Programs tried with one set of cells. */
const PER_SET = 100;

/** The first thing that differs between two worlds, or undefined. */
function difference(one: World, other: World): string | undefined {
  const others = other.others();
  for (const [name, bytes] of one.others()) {
    const [, expected] = others.next().value as [string, Uint8Array];
    if (Buffer.compare(bytes, expected) === 0) continue;
    const at = bytes.findIndex((byte, index) => byte !== expected[index]);
    return `${name} at 0x${at.toString(16)}`;
  }
  return undefined;
}

async function playSet(set: number, count: number): Promise<{ parked: number }> {
  const random = new Random(SEED * 1_000_003 + set);
  const rogue = randomRogue(random);
  const [attacked, quiet] = [await World.create(rogue), await World.create(rogue)];
  let parked = 0;
  for (let index = 0; index < count; index++) {
    await attacked.play(randomProgram(random, TARGETS));
    await quiet.play(quietProgram());
    const where = `seed ${SEED}, set ${set}, program ${index}`;
    expect(difference(attacked, quiet), where).toBeUndefined();
    const failed = (await attacked.session.cells()).find(({ name }) => name === "rogue")!;
    await quiet.session.cells();
    parked += failed.cpusFailed.length > 0 ? 1 : 0;
    await attacked.clear();
    await quiet.clear();
    const shared = [attacked, quiet].map(({ session }) => session.machine.pc.serialLogs[0]!.digest);
    expect(shared[0], where).toBe(shared[1]);
  }
  return { parked };
}

describe("isolation", () => {
  it(
    `holds for random programs: ${title}`,
    async () => {
      let parked = 0;
      for (let set = 0; set * PER_SET < PROGRAMS; set++) {
        parked += (await playSet(set, Math.min(PER_SET, PROGRAMS - set * PER_SET))).parked;
      }
      // The programs are attacks: most must have been caught at something.
      expect(parked).toBeGreaterThan(PROGRAMS / 4);
    },
    CAMPAIGN_TIMEOUT,
  );
});
