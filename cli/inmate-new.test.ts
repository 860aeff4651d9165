import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { sdkFrom } from "./inmate-new.ts";
import { Surroundings } from "./testing/surroundings.ts";

let here: Surroundings;
beforeEach(() => {
  here = new Surroundings();
});
afterEach(() => here.close());

const read = (...path: string[]) => readFileSync(join(here.directory, ...path), "utf8");

it("writes a project and says what is next", async () => {
  Object.assign(here.env, { PATH: process.env.PATH });
  const { status, out } = await here.run("inmate new --c my-inmate");
  expect(status).toBe(0);
  expect(out).toBe("my-inmate/ is written. Next:\n  cd my-inmate\n  make\n  make help\n");
  const files = readdirSync(join(here.directory, "my-inmate")).sort();
  expect(files).toEqual([
    ...[".gitignore", "CMakeLists.txt", "Makefile", "my-inmate-cell.ts", "my-inmate.c"],
  ]);
  for (const file of files) expect(read("my-inmate", file)).not.toMatch(/@[A-Z_]+@/);
});

it("writes a configuration that is one, for the reset address that was asked for", async () => {
  await here.run("inmate new --c low --bits 32 --reset-address 0");
  const shown = await here.run("config show low/low-cell.ts");
  expect(shown.out).toMatch(/^Cell "low"$/m);
  expect(shown.out).toMatch(/^ +starts at +0x0$/m);
  expect(read("low", "Makefile")).toMatch(/^BITS = 32$/m);
  expect(read("low", "Makefile")).toMatch(/^RESET_ADDRESS = 0$/m);
  expect(read("low", "CMakeLists.txt")).toContain("set(JAILHOUSE_RESET_ADDRESS 0 CACHE");
});

it("fits the system that ships", async () => {
  await here.run("inmate new --c fits");
  const { status, out } = await here.run([
    "config",
    "check",
    join(import.meta.dirname, "../configs/qemu-x86.cell"),
    "fits/fits-cell.ts",
  ]);
  expect({ status, out }).toMatchObject({ status: 0 });
});

it("says where the SDK is", async () => {
  const { out } = await here.run("inmate sdk");
  expect(readdirSync(out.trimEnd())).toContain("inmate.mk");
});

it("names the SDK that it comes with", async () => {
  const sdk = (await here.run("inmate sdk")).out.trimEnd();
  await here.run("inmate new --c own");
  const [, named] = /^JAILHOUSE_SDK = (.*)$/m.exec(read("own", "Makefile")) ?? [];
  expect(resolve(here.directory, "own", named!)).toBe(sdk);
});

it.each([
  ["beside the project", "/srv/ada/own", "/srv/ada/jailhouse/sdk", "../jailhouse/sdk"],
  ["in the tree above", "/srv/ada/cells/own", "/srv/ada/jailhouse/sdk", "../../jailhouse/sdk"],
  ["in another tree", "/srv/ada/projects/cells/own", "/srv/ada/jailhouse/sdk", undefined],
  ["with nothing but the root in common", "/srv/own", "/opt/jailhouse/sdk", undefined],
])("names an SDK %s so that the tree can be moved", (_, project, sdk, relative) => {
  expect(sdkFrom(project, sdk)).toBe(relative ?? sdk);
});

it("touches nothing that is there", async () => {
  mkdirSync(join(here.directory, "there"));
  writeFileSync(join(here.directory, "there", "there.c"), "mine");
  const { status, err } = await here.run("inmate new --c there");
  expect(status).toBe(1);
  expect(err).toBe("there: File exists\n");
  expect(readdirSync(join(here.directory, "there"))).toEqual(["there.c"]);
});

it.each([
  ["", "../up", "is no name for an inmate"],
  ["", "a/b", "is no name for an inmate"],
  ["", "1st", "is no name for an inmate"],
  ["", "all", "is no name for an inmate"],
  ["", "x".repeat(32), "at most 31 letters"],
  ["--bits 16", "name", "--bits takes 64 or 32"],
  ["--reset-address 0x1000", "name", "--reset-address takes 0xffff0 or 0"],
])("refuses %s %s", async (options, name, message) => {
  const { status, err } = await here.run(`inmate new --c ${options} ${name}`);
  expect(status).toBe(1);
  expect(err).toContain(message);
  expect(readdirSync(here.directory)).not.toContain(name);
});

it("refuses a project that is not in C", async () => {
  const { status, err } = await here.run("inmate new name");
  expect(status).toBe(1);
  expect(err).toContain("say --c");
});

it("says what is missing for a build", async () => {
  Object.assign(here.env, { PATH: "/nonexistent" });
  const { status, err } = await here.run("inmate new --c bare");
  expect(status).toBe(0);
  expect(err).toBe(
    "To build it, install a compiler and make; Debian: sudo apt-get install gcc make\n",
  );
});
