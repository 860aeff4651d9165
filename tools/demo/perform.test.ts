import { expect, test } from "vitest";
import { perform, type Stage } from "./perform.ts";
import type { Screen } from "./screen.ts";
import type { Step } from "./step.ts";

const SECOND = 1e9;
const STEP: Step = { command: "true", beat: { seconds: 2, line: "tick", perSecond: 10 } };
const screen = { type: async () => {}, show: () => {} } as unknown as Screen;

/** A machine with a clock of its own, a tick each `period` seconds of that, and a way there and back of some of its seconds. */
function stageWith(period: number, way: number): Stage {
  let time = 0;
  return {
    patience: SECOND,
    beatTolerance: undefined,
    com1: "racing",
    run: async () => ({ status: 0, out: "", err: "" }),
    said: (port) => (port === "com1" ? "tick\r\n".repeat(Math.floor(time / period)) : ""),
    clock: async () => {
      time += way;
      const answer = time;
      time += way;
      return answer;
    },
    pass: async (nanoseconds) => {
      time += nanoseconds / SECOND;
    },
  };
}

test.each([0, 0.003, 0.4, 7])("a beat is one by the machine's clock, %d s away", async (way) => {
  await perform([STEP], stageWith(0.1, way), { screen });
});

test.each([0.05, 0.2, Number.POSITIVE_INFINITY])(
  "a beat of another period, %d s, is a difference",
  async (period) => {
    await expect(perform([STEP], stageWith(period, 0.003), { screen })).rejects.toThrow(
      "expected 10 times a second",
    );
  },
);
