// Records as files: what is refused, why, and that nothing in one does harm.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { MachineOptions, SteppedSession } from "../api.ts";
import { SystemError } from "../errors.ts";
import { checkOptions } from "../machine-options.ts";
import { FakeSession, fakeConfig } from "../testing/fake-session.ts";
import { endLine, parseRecord } from "./format.ts";
import { Journal } from "./journal.ts";
import { type ReplayOptions, replay } from "./replay.ts";

const SECOND = 1e9;
const KERNEL = Buffer.from("a kernel");

let top: string;
let kernel: string;
let record: string;
beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), "record-"));
  kernel = join(top, "kernel");
  writeFileSync(kernel, KERNEL);
  const image = { name: "kernel", data: KERNEL, path: kernel };
  const modules = [{ name: "inside", data: Buffer.from("of the record") }];
  record = await make({ cpus: 2, seed: 7, kernel: { image, modules, commandLine: "quiet" } });
});
afterAll(() => rmSync(top, { recursive: true }));

/** A record of everything that can be in one. */
async function make(options: MachineOptions): Promise<string> {
  const lines: string[] = [];
  const journal = new Journal(options, (line) => lines.push(line));
  const fake = new FakeSession(options);
  fake.delay = 0;
  const session: SteppedSession = journal.record(fake);
  const image = { data: Buffer.from("x"), address: 0n };
  await session.enable(Buffer.from("JHSYS"));
  await session.createCell(fakeConfig("locked", [1]));
  await session.loadCell("locked", [image]);
  await session.startCell("locked");
  await session.run(SECOND);
  await expect(session.destroyCell("locked")).rejects.toThrow();
  await session.serial(0).write("typed");
  await session.statistics(1);
  await session.status();
  await session.run(SECOND / 100);
  lines.push((await journal.seal(session)).end);
  await session.close();
  return lines.join("");
}

async function start(options?: MachineOptions): Promise<FakeSession> {
  checkOptions(options ?? {});
  const session = new FakeSession(options);
  session.delay = 0;
  return session;
}

const play = (text: string, options: ReplayOptions = {}) =>
  replay(parseRecord(text), start, options);

/** With another end, which fits. */
function sealed(lines: readonly string[]): string {
  const body = lines.map((line) => `${line}\n`).join("");
  return body + endLine(lines.length, createHash("sha256").update(body));
}

const linesOf = (text: string) => text.split("\n").slice(0, -2);
const refusal = (hint: string | RegExp) => ({
  code: expect.stringMatching(/^(EINVAL|ENOENT)$/),
  hint: expect.stringMatching(hint),
});

test("it is played, its files with it, and nothing is different", async () => {
  const { session, ...rest } = await play(record);
  expect(rest).toEqual({ divergence: undefined, inputs: 8, checks: 2 });
  expect(await session.time()).toBe(parseRecord(record).entries.at(-1)!.time);
});

describe("refused, with the reason:", () => {
  test.each([
    ["nothing", () => "", /is none/],
    ["something else", () => '{"name":"x"}\n', /is none/],
    ["a list", () => "[]\n", /is none/],
    ["an older one", () => record.replace('"record":4', '"record":3'), /is of version 3/],
    ["one without its end", () => `${linesOf(record).join("\n")}\n`, /has no end/],
    ["one that lacks a line", () => record.replace(/\n\{"time".*\n/, "\n"), /was changed/],
    ["one with something behind it", () => `${record}{}\n`, /has no end/],
    ["no JSON", () => sealed([...linesOf(record), "{"]), /is damaged in line \d+/],
    [
      "time that goes back",
      () => sealed([...linesOf(record), linesOf(record)[1]!]),
      /back in time/,
    ],
    [
      "an unknown input",
      () => sealed(linesOf(record).map((line) => line.replace('"enable"', '"toString"'))),
      /unknown input "toString"/,
    ],
    [
      "an unknown option",
      () => sealed(linesOf(record).map((line) => line.replace('"seed":7', '"sneed":7'))),
      /unknown option "sneed"/,
    ],
    [
      "an option of another type",
      () => sealed(linesOf(record).map((line) => line.replace('"seed":7', '"seed":"7"'))),
      /unknown option "seed"/,
    ],
    [
      "a check point without digests",
      () => sealed(linesOf(record).map((line) => line.replace(/"state":"\w/, '"state":"x'))),
      /check point without digests in line \d+/,
    ],
  ])("%s", async (_what, text, hint) => {
    await expect(async () => play(text())).rejects.toMatchObject(refusal(hint));
  });

  test("one that is cut short anywhere, unless what there is shall count", async () => {
    for (let length = 0; length < record.length - 1; length += 97)
      expect(() => parseRecord(record.slice(0, length)), String(length)).toThrow(SystemError);
    const header = record.indexOf("\n") + 1;
    for (let length = header; length < record.length; length += 97) {
      const text = record.slice(0, length);
      const { divergence } = await replay(parseRecord(text, { isUnfinished: true }), start);
      expect(divergence, String(length)).toBeUndefined();
    }
  });

  test("a kernel that is not the recorded one, and what is no file", async () => {
    const other = join(top, "other");
    const directory = join(top, "directory");
    mkdirSync(directory);
    writeFileSync(other, "a Kernel");
    for (const place of [other, directory, "/dev/zero"])
      await expect(play(record, { places: { kernel: place } })).rejects.toMatchObject(
        refusal(
          /is not the file that was recorded as kernel: .* --kernel FILE names another place/,
        ),
      );
    await expect(play(record, { places: { kernel: join(top, "gone") } })).rejects.toMatchObject(
      refusal(/gone, which was recorded as kernel, cannot be read: No such file or directory/),
    );
    await expect(play(record, { places: { modules: [other] } })).rejects.toMatchObject(
      refusal(/is not the file that was recorded as inside: .* --initrd FILE names another place/),
    );
    const moved = join(top, "moved");
    writeFileSync(moved, KERNEL);
    expect((await play(record, { places: { kernel: moved } })).divergence).toBeUndefined();
  });
});

test("what differs is said, and between which times", async () => {
  const lines = linesOf(record);
  const at = lines.findIndex((line) => line.includes('"serialWrite"'));
  const typed = lines.with(at, lines[at]!.replace("typed", "other"));
  const { divergence } = await play(sealed(typed));
  expect(divergence).toMatchObject({ what: "the serial lines have sent something else" });
  expect(divergence!.since).toBeLessThan(divergence!.time);
  const last = lines.length - 1;
  const memory = lines.with(last, lines[last]!.replace(/"all":"../, '"all":"00'));
  expect((await play(sealed(memory))).divergence).toMatchObject({
    what: "memory has other contents",
  });
});

/** A value somewhere in it is another one. */
function mutate(value: unknown, path: readonly number[], other: unknown): unknown {
  const [at, ...rest] = path;
  if (typeof value !== "object" || value === null || at === undefined) return other;
  const keys = Object.keys(value);
  if (keys.length === 0) return other;
  const key = keys[at % keys.length]!;
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = mutate(copy[key], rest, other);
  return copy;
}

test("whatever is in a record, it is refused or played, and no more", async () => {
  const lines = linesOf(record);
  const other = fc.oneof(fc.jsonValue(), fc.constant("__proto__"), fc.double(), fc.bigInt(0n, 99n));
  const mutation = fc.record({ line: fc.nat(lines.length - 1), path: fc.array(fc.nat(9)), other });
  const outcomes = { refused: 0, played: 0 };
  await fc.assert(
    fc.asyncProperty(mutation, async ({ line, path, other }) => {
      const plain = typeof other === "bigint" ? `${other}` : other;
      const changed = JSON.stringify(mutate(JSON.parse(lines[line]!), path, plain)) ?? "null";
      const text = sealed(lines.with(line, changed));
      try {
        await play(text, { until: 2 * SECOND });
        outcomes.played++;
      } catch (error) {
        expect(error).toBeInstanceOf(SystemError);
        expect((error as SystemError).hint).not.toMatch(/undefined|is not a function|TypeError/);
        outcomes.refused++;
      }
    }),
    { seed: 15, numRuns: 2000 },
  );
  expect(outcomes.refused).toBeGreaterThan(200);
  expect(outcomes.played).toBeGreaterThan(200);
});

test("a byte that was changed anywhere is seen", async () => {
  const bytes = Buffer.from(record);
  for (let at = 0; at < bytes.length; at += 13) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    expect(() => parseRecord(changed.toString("latin1")), String(at)).toThrow(SystemError);
  }
});
