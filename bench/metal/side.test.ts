import { expect, test } from "vitest";
import type { Guest } from "../../tools/metal/guest.ts";
import { measureRound, type Side } from "./side.ts";
import { Watch } from "./watch.ts";

const POOLS = { memory: { size: 100, used: 10 }, remap: { size: 100, used: 10 } };
const CALLS = { enable: [1], create: [2], load: [3], start: [4], destroy: [5], disable: [6] };

test("an inmate that says nothing costs its own figures only, and that is said", async () => {
  const asked: string[] = [];
  const said: string[] = [];
  const guest = {
    com1: { text: "", waitFor: () => Promise.reject(new Error("nothing came")) },
    check: async (command: string) => {
      const verb = command.split(" ")[1]!;
      asked.push(verb);
      return JSON.stringify(verb === "calls" ? CALLS : POOLS);
    },
  } as unknown as Guest;
  const image = new Uint8Array(64);
  const watch = new Watch();
  const side: Side = { label: "ours", guest, image, watch, say: (text) => void said.push(text) };
  const figures = await measureRound(side, { seconds: 1, cycles: 1 }, false);
  expect(asked).toEqual(["enable", "launch", "end", "enable", "launch", "end", "calls"]);
  expect(said).toEqual([
    expect.stringMatching(/^ours: apic-demo never ticked/),
    expect.stringMatching(/^ours: exits-demo did not end/),
  ]);
  expect(figures.all.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["image", "pool in use, with apic-demo", "create", "disable"]),
  );
});
