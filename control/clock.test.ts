import { expect, test } from "vitest";
import { Clock } from "./clock.ts";
import { FakeSession } from "./testing/fake-session.ts";
import { Turns } from "./turns.ts";

const MILLISECOND = 1e6;
const SECOND = 1e9;

/** A free clock over a double that asks once a virtual millisecond whether it is late. */
function start() {
  const session = new FakeSession({ pace: "free" });
  const turns = new Turns();
  const wall = { now: 0, perQuestion: 0 };
  const now = () => {
    wall.now += wall.perQuestion;
    return wall.now;
  };
  const clock = new Clock({ session, turns, pace: "free", stepped: () => {}, now });
  clock.start((error) => {
    throw error;
  });
  return { session, turns, clock, wall };
}

test("after idleness a step that takes long is cut, and who waits gets the turn", async () => {
  const { session, turns, clock, wall } = start();
  // Nothing takes any time: steps grow as long as they can.
  await clock.wait({ until: SECOND });
  const before = await session.time();
  wall.perQuestion = 10;
  const passing = clock.wait({ until: 2 * SECOND });
  // Queued while the first long step goes on.
  await new Promise(setImmediate);
  const seen = await turns.take(() => session.time());
  expect(seen - before).toBeGreaterThan(0);
  expect(seen - before).toBeLessThanOrEqual(2 * MILLISECOND);
  await passing;
  expect(await session.time()).toBe(2 * SECOND);
  await clock.stop();
});

test("a clock that is cut all the time still gets where it should, and takes turns with others", async () => {
  const { session, turns, clock, wall } = start();
  wall.perQuestion = 1000;
  const passing = clock.wait({ until: 20 * MILLISECOND });
  const seen: number[] = [];
  for (let index = 0; index < 5; index++) seen.push(await turns.take(() => session.time()));
  await passing;
  // Between two turns of others there is one step, of one millisecond at most.
  for (const [index, time] of seen.slice(1).entries())
    expect(time - seen[index]!).toBeLessThanOrEqual(MILLISECOND);
  expect(await session.time()).toBe(20 * MILLISECOND);
  await clock.stop();
});

test("a paced clock tells what it has lost to a slow host, and nothing else", async () => {
  const session = new FakeSession({ pace: "paced" });
  let now = 0;
  const clock = new Clock({
    session,
    turns: new Turns(),
    pace: "paced",
    stepped: () => {},
    now: () => now,
  });
  clock.start((error) => {
    throw error;
  });
  const passed = async (milliseconds: number) => {
    now += milliseconds;
    const until = (await session.time()) + MILLISECOND;
    await clock.wait({ until });
  };
  await passed(50);
  expect(clock.lost).toBe(0);
  await passed(5000);
  expect(clock.lost).toBeGreaterThan(4 * SECOND);
  expect(clock.lost).toBeLessThan(5 * SECOND);
  await clock.stop();
});
