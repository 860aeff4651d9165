// Snapshots in files: what comes out is what went in, or nothing.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type SessionSnapshot, startSession } from "../session.ts";
import { cacheDirectory, KEPT, keep, loadKept } from "./cache.ts";

const OPTIONS = { cpus: 1, memory: 16 << 20 };
const MS = 1e6;
const LONG_AGO = 1;

let top: string;
let directory: string;
let snapshot: SessionSnapshot;
let fingerprint: string;
beforeAll(async () => {
  const session = await startSession(OPTIONS);
  await session.serial(0).write("typed");
  await session.run(MS);
  snapshot = await session.snapshot();
  fingerprint = await session.fingerprint();
  top = mkdtempSync(join(tmpdir(), "snapshots-"));
});
afterAll(() => rmSync(top, { recursive: true }));
beforeEach(() => {
  directory = mkdtempSync(join(top, "cache-"));
});

const fileOf = (key: string) => join(directory, `${key}.snapshot`);

test("a machine goes on from one that was kept", async () => {
  await keep("key", snapshot, directory);
  const session = await startSession(OPTIONS);
  expect(await session.fingerprint()).not.toBe(fingerprint);
  await session.restore((await loadKept("key", directory))!);
  expect(await session.fingerprint()).toBe(fingerprint);
  expect(await loadKept("key", directory)).toEqual(snapshot);
  expect(statSync(fileOf("key")).mode & 0o777).toBe(0o600);
});

test("what was not kept, or of something else, is not there, and goes", async () => {
  expect(await loadKept("key", directory)).toBeUndefined();
  await keep("key", snapshot, directory);
  writeFileSync(fileOf("other"), readFileSync(fileOf("key")));
  expect(await loadKept("other", directory)).toBeUndefined();
  expect(readdirSync(directory)).toEqual(["key.snapshot"]);
});

test("a damaged file is as if there were none, and another one takes its place", async () => {
  await keep("key", snapshot, directory);
  const file = readFileSync(fileOf("key"));
  const damaged = [file.subarray(0, 0), file.subarray(0, 100), file.subarray(0, file.length - 1)];
  for (let at = 0; at < file.length; at += Math.ceil(file.length / 50)) {
    const changed = Buffer.from(file);
    changed[at]! ^= 0x10;
    damaged.push(changed);
  }
  for (const content of damaged) {
    writeFileSync(fileOf("key"), content);
    expect(await loadKept("key", directory)).toBeUndefined();
    expect(readdirSync(directory)).toEqual([]);
  }
  await keep("key", snapshot, directory);
  expect(await loadKept("key", directory)).toBeDefined();
});

test("a few are kept: those that were used last", async () => {
  const keys = Array.from({ length: KEPT }, (_, at) => `key${at}`);
  for (const [at, key] of keys.entries()) {
    await keep(key, snapshot, directory);
    utimesSync(fileOf(key), LONG_AGO, LONG_AGO + at);
  }
  await loadKept("key0", directory);
  writeFileSync(join(directory, "x.1.writing"), "");
  utimesSync(join(directory, "x.1.writing"), LONG_AGO, LONG_AGO);
  writeFileSync(join(directory, "y.1.writing"), "");
  await keep("more", snapshot, directory);
  const left = [...keys.filter((key) => key !== "key1"), "more"].map((key) => `${key}.snapshot`);
  expect(readdirSync(directory).sort()).toEqual([...left, "y.1.writing"].sort());
});

test("where nothing can be kept, nothing is", async () => {
  writeFileSync(join(directory, "file"), "");
  await keep("key", snapshot, join(directory, "file"));
  mkdirSync(fileOf("key"));
  await keep("key", snapshot, directory);
  expect(await loadKept("key", directory)).toBeUndefined();
  expect(readdirSync(directory).filter((name) => name.includes("writing"))).toEqual([]);
});

test("they are in the user's cache directory", () => {
  expect(cacheDirectory({ XDG_CACHE_HOME: "/caches" })).toBe("/caches/jailhouse-ts/snapshots");
  const usual = join(homedir(), ".cache/jailhouse-ts/snapshots");
  expect([cacheDirectory({}), cacheDirectory({ XDG_CACHE_HOME: "caches" })]).toEqual([
    ...[usual, usual],
  ]);
});
