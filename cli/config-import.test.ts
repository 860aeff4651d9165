import { spawnSync } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endless } from "../test/pages/blocks.ts";
import { itemsFor } from "../test/pages/ledger.ts";
import { Surroundings } from "./testing/surroundings.ts";

const CELL = fileURLToPath(new URL("../config/testing/import/x86-cell.c", import.meta.url));
const DATA = new URL("../test/data/machines/", import.meta.url);
const MACHINES = readdirSync(DATA);
const compiler = ["cc", "gcc", "clang"].find(
  (name) => spawnSync(name, ["--version"], { stdio: "ignore" }).status === 0,
);

let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
});
afterEach(() => world.close());

describe.skipIf(!compiler)("config import", () => {
  it("prints TypeScript, which builds what .cell builds at once", async () => {
    const run = (...args: string[]) => world.run(["config", ...args]);
    const { status, out, err } = await run("import", CELL);
    expect([status, err]).toEqual([0, ""]);
    expect(out).toMatch(/^\/\/ Imported from x86-cell\.c: it compiles to the same bytes\.\n/);
    writeFileSync(join(world.directory, "cell.ts"), out);
    expect((await run("compile", "cell.ts", "-o", "made.cell")).status).toBe(0);
    expect((await run("import", CELL, "-o", "direct.cell")).status).toBe(0);
    const bytes = (name: string) => readFileSync(join(world.directory, name), "hex");
    expect(bytes("made.cell")).toBe(bytes("direct.cell"));
    expect((await run("import", CELL, "-D", "CPU=1", "-o", "cell.json")).status).toBe(0);
    expect(JSON.parse(readFileSync(join(world.directory, "cell.json"), "utf8")).cpus).toEqual([1]);
  });

  it.each(MACHINES)(
    "reads what `config create FILE.c` writes: the same bytes as FILE.cell, %s",
    async (machine) => {
      const create = (file: string) =>
        world.run(["config", "create", "-r", fileURLToPath(new URL(machine, DATA)), file]);
      for (const file of ["x.c", "x.cell"]) expect(await create(file)).toMatchObject({ status: 0 });
      expect(await world.run("config import x.c -o imported.cell")).toMatchObject({ status: 0 });
      const bytes = (name: string) => readFileSync(join(world.directory, name), "hex");
      expect(bytes("imported.cell")).toBe(bytes("x.cell"));
      expect(await world.run("config import x.c -o imported.ts")).toMatchObject({ status: 0 });
      await world.run("config compile imported.ts -o again.cell");
      expect(bytes("again.cell")).toBe(bytes("x.cell"));
    },
  );

  it("is what the page says", async () => {
    const items = itemsFor("cli/config-import.test.ts", "docs/configure-your-machine.md");
    expect(items).toHaveLength(1);
    copyFileSync(CELL, join(world.directory, "theirs.c"));
    const [, ...args] = endless(items[0]!.text).split(/\s+/);
    expect((await world.run(args)).status).toBe(0);
    const source = readFileSync(join(world.directory, "theirs.ts"), "utf8");
    expect(source).toMatch(/^\/\/ Imported from theirs\.c/);
  });

  it("says what the compiler says, and what to do", async () => {
    writeFileSync(
      join(world.directory, "old.c"),
      "struct jailhouse_cell_desc config = { .x = 1 };",
    );
    const { status, err } = await world.run(["config", "import", "old.c"]);
    expect(status).toBe(1);
    expect(err).toMatch(/^old\.c: \S+ does not compile it:\n[\s\S]*old\.c:1/);
    expect((await world.run(["config", "import", "nowhere.c"])).err).toBe(
      "opening nowhere.c: No such file or directory\n",
    );
  });
});
