// The package as its users have it: made by `npm pack`, installed in a project outside of the clone, on all Nodes that it is
// for. The packages that it depends on, Vitest and the Nodes come from npm; without a network this is skipped, but in CI it
// is not.
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SHELLS } from "../../cli/completion-scripts.ts";
import { makeArtifacts } from "../../tools/metal/artifacts.ts";
import { PC } from "../../tools/metal/beds/pc/index.ts";
import { METAL_PACKAGES, missingPackages } from "../../tools/metal/packages.ts";
import { SESSION } from "../../tools/metal/session.ts";
import { ROOT } from "../../tools/root.ts";
import { end, kernel, print } from "../kernel/images.ts";
import { kernels } from "../linux/kernel.ts";
import { itemsFor } from "../pages/ledger.ts";
import { canInstall, execute, installNode, outside, Project, pack, remove } from "./project.ts";
import { articleOf, blockWith, CELL, INMATE, SCENARIO, TSCONFIG } from "./user-files.ts";

const ours = (page: string) => itemsFor("test/package/package.test.ts", page);
/** What docs/package.md says to type, by its first words. */
const typed = (start: string) => {
  const all = ours("docs/package.md");
  const same = all.filter(({ text }) => text === start);
  const found = same.length > 0 ? same : all.filter(({ text }) => text.startsWith(start));
  if (found.length !== 1) throw new Error(`${found.length} commands begin with ${start}`);
  return found[0]!.text;
};

/** Releases of Node: the oldest that it is for, and those after it. */
const NODES = [20, 24, 26];
const IMAGE_SIZE = 0x10000;
/** Versions that a user of today installs; those of package.json. */
const { devDependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const TOOLS = ["vitest", "typescript", "@types/node"].map(
  (name) => `${name}@${devDependencies[name]}`,
);

/** Characters of a session that an error shows. */
const LAST = 4000;
/** Whether a Linux can be prepared here; in CI it must. */
const isDebian = process.env.CI === "true" || missingPackages(METAL_PACKAGES).length === 0;

const isPossible = await canInstall();
if (!isPossible)
  console.warn("Skipped: the package's test installs packages, and npm does not answer.");

describe.skipIf(!isPossible)("the package", () => {
  let top: string;
  let tarball: string;
  const projects = new Map<number, Project>();
  const on = (version: number): Project => projects.get(version)!;
  const oldest = () => on(NODES[0]!);

  beforeAll(async () => {
    top = outside();
    tarball = await pack(top);
    for (const version of NODES)
      projects.set(
        version,
        new Project(join(top, `on-${version}`), await installNode(top, version)),
      );
  });
  afterAll(async () => {
    for (const project of projects.values())
      await project.run("npx", "jailhouse", "machine", "stop", "--all");
    remove(top);
  });

  const inside = (project: Project, path: string) =>
    join(project.directory, "node_modules/jailhouse-ts", path);

  // Side by side, because each waits for npm and for the machine.
  test.concurrent.each(NODES)("on Node %i: installs, plays, builds and checks", async (version) => {
    const project = on(version);
    const jailhouse = (...args: string[]) => project.run("npx", "jailhouse", ...args);
    const done = (out: unknown) => ({ status: 0, out, err: "" });
    copyFileSync(tarball, join(project.directory, basename(tarball)));
    await project.succeed("bash", "-c", typed("npm install"));
    expect(await project.succeed("node", "--version")).toMatch(new RegExp(`^v${version}\\.`));
    expect(await project.succeed("npx", "jailhouse", "--version")).toMatch(
      /^Jailhouse management tool v0\.12 \(jailhouse-ts \d+\.\d+\.\d+\)$/m,
    );
    const played = expect.stringContaining("commands did what they should");
    const demo = await project.run("bash", "-c", typed("npx jailhouse demo"));
    expect(demo).toEqual(done(played));

    project.write("my.ts", INMATE.main);
    project.write("label.ts", INMATE.label);
    const built = await project.run("bash", "-c", typed("npx jailhouse inmate build"));
    expect(built).toEqual(done("my.bin (64-bit)\n"));
    expect(statSync(join(project.directory, "my.bin")).size).toBe(IMAGE_SIZE);

    // By the present name, by the earlier one, and with what the quick way of running a module does not know.
    project.write("my-cell.ts", CELL);
    project.write("old.ts", CELL.replace("jailhouse-ts/config", "jailhouse/config"));
    project.write(
      "classes.ts",
      `${CELL}class A { constructor(readonly a: number) {} }\nnew A(1);\n`,
    );
    for (const file of ["my-cell.ts", "old.ts", "classes.ts"]) {
      const system = inside(project, "configs/qemu-x86.cell");
      expect((await jailhouse("config", "check", system, file)).err, file).toBe("");
    }
  });

  test.skipIf(!isDebian)("plays on a Debian Linux that a clone has prepared", async () => {
    const project = oldest();
    await makeArtifacts(PC, join(project.directory, "linux"), () => {});
    // Nothing of Debian's is asked for: neither its tools, nor the clone.
    const { status, out, err } = await project.run(
      "bash",
      "-c",
      typed("npx jailhouse demo --artifacts"),
    );
    expect({ status, err, out: out.slice(-LAST) }).toMatchObject({ status: 0, err: "" });
    expect(out).toContain("the same bytes as in npm run demo");
    expect(out).toContain(`All ${SESSION.length} commands did what they should`);
  });

  test("has everything, and no tests", () => {
    const files = execFileSync("tar", ["-tzf", tarball], { encoding: "utf8" }).split("\n");
    const has = (pattern: RegExp) => files.filter((path) => pattern.test(path));
    for (const pattern of [
      /^package\/dist\/(cpu|hypervisor|metal-amd)\.wasm$/,
      /^package\/dist\/jailhouse-amd\.bin$/,
      /^package\/configs\/apic-demo\.cell$/,
      /^package\/inmates\/demos\/x86\/apic-demo\.bin$/,
      /^package\/driver\/(main\.c|Makefile|COPYING)$/,
      /^package\/docs\/first-cell\.md$/,
      /^package\/sdk\/(include\/jailhouse\.h|inmate\.mk)$/,
      /^package\/man\/jailhouse(-cell)?\.1$/,
      /^package\/(README|CHANGELOG|CAVEATS|SECURITY)\.md$/,
      /^package\/LICENSE-(APACHE|MIT)$/,
    ])
      expect(has(pattern), String(pattern)).not.toEqual([]);
    expect(has(/\.test\.|\/testing\/|^package\/test\/|\.map$|node_modules/)).toEqual([]);
  });

  test("the image in it is the one that a clone builds", () => {
    const image = readFileSync(inside(oldest(), "dist/jailhouse-amd.bin"));
    expect(image.equals(readFileSync(join(ROOT, "dist/jailhouse-amd.bin")))).toBe(true);
    expect(image.subarray(0, 8).toString()).toBe("JAILHOUS");
  });

  test("plays the article as the README prints it", async () => {
    const project = oldest();
    await project.succeed("bash", "-c", typed("cp -r "));
    const readme = readFileSync(inside(project, "README.md"), "utf8");
    project.write("my-cell.ts", blockWith(readme, "defineCell"));
    const commands = articleOf(readme);
    expect(commands.length).toBeGreaterThan(16);
    for (const { line, status } of commands) {
      const outcome = await project.run("bash", "-c", line);
      expect({ line, status: outcome.status, err: outcome.err }).toMatchObject({ line, status });
    }
  });

  test("the README's test runs as printed, on every Node", async () => {
    const project = oldest();
    await project.succeed("npm", "install", "--save-dev", ...TOOLS);
    expect(ours("README.md")).toHaveLength(1);
    const readme = readFileSync(inside(project, "README.md"), "utf8");
    project.write("apic-demo.test.ts", blockWith(readme, "startSession"));
    for (const version of NODES) {
      const { env } = on(version);
      const path = `${env.PATH}:${join(project.directory, "node_modules/.bin")}`;
      const vitest = ["node_modules/vitest/vitest.mjs", "run", "apic-demo.test.ts"];
      const options = { cwd: project.directory, env: { ...env, PATH: path } };
      const { status, out, err } = await execute("node", vitest, options);
      expect([version, status, `${out}${err}`]).toEqual([
        ...[version, 0],
        expect.stringMatching(/Tests.*1 passed/),
      ]);
    }
  });

  test("runs a kernel of the project's, and plays its record", async () => {
    const project = oldest();
    const image = kernel([...print("hello\r\n"), ...end(3)]).data;
    writeFileSync(join(project.directory, "kernel"), image);
    const machine = ["machine", "start", "--memory", "16M", "--pace", "free"];
    const own = ["--kernel", "kernel", "--exit-port", "0xf4", "--record", "record"];
    const started = await project.run("npx", "jailhouse", ...machine, ...own);
    expect(started).toEqual({ status: 7, out: "hello\r\n", err: "" });
    const replayed = await project.run("npx", "jailhouse", "machine", "replay", "record");
    expect(replayed).toMatchObject({ status: 0, err: "" });
  });

  test.skipIf(!kernels)("docs/linux.md: its test runs as printed, in Vitest", async () => {
    const project = oldest();
    writeFileSync(join(project.directory, "vmlinuz"), kernels!.vmlinux.data);
    const page = readFileSync(inside(project, "docs/linux.md"), "utf8");
    project.write("linux.test.ts", blockWith(page, "startLinux"));
    for (const boots of ["the first time", "from its snapshot"]) {
      const args = ["vitest", "run", "linux.test.ts"];
      const { status, out, err } = await project.run("npx", ...args);
      expect([boots, status, `${out}${err}`]).toEqual([
        ...[boots, 0, expect.stringMatching(/Tests.*1 passed/)],
      ]);
    }
    expect(readdirSync(join(project.directory, "cache/jailhouse-ts/snapshots"))).toHaveLength(1);
  });

  test("a scenario of one's own: the cell and the inmate of this project, in Vitest", async () => {
    const project = oldest();
    project.write("my-cell.ts", CELL);
    project.write("scenario.test.ts", SCENARIO);
    const said = await project.run("npx", "vitest", "run", "scenario.test.ts");
    expect([said.status, `${said.out}${said.err}`]).toEqual([
      0,
      expect.stringMatching(/Tests.*2 passed/),
    ]);
    // It can fail.
    project.write("wrong.test.ts", SCENARIO.replaceAll("Hello from my", "Goodbye from my"));
    const wrong = await project.run("npx", "vitest", "run", "wrong.test.ts");
    expect([wrong.status, `${wrong.out}${wrong.err}`]).toEqual([
      1,
      expect.stringMatching(/Tests.*1 failed.*1 passed/),
    ]);
  });

  test.each([true, false])("tsc is strict, and content; skipLibCheck: %s", async (skipLibCheck) => {
    const project = oldest();
    const options = { ...TSCONFIG.compilerOptions, skipLibCheck };
    const files = ["my-cell.ts", "apic-demo.test.ts", "scenario.test.ts", "my.ts"];
    project.write("tsconfig.json", JSON.stringify({ compilerOptions: options, files }));
    expect(await project.run("npx", "tsc")).toEqual({ status: 0, out: "", err: "" });
  });

  test("tsc finds what is misspelt", async () => {
    const project = oldest();
    project.write("wrong-cell.ts", CELL.replace('"passive-commreg"', '"passive-comreg"'));
    project.write("wrong.ts", INMATE.main.replace("pendingMessage()", "pendingMesage()"));
    const files = ["wrong-cell.ts", "wrong.ts"];
    project.write("tsconfig.json", JSON.stringify({ ...TSCONFIG, files }));
    const { status, out } = await project.run("npx", "tsc");
    expect(status).not.toBe(0);
    for (const file of files) expect(out).toContain(`${file}(`);
  });

  test("docs/editors.md: the files and the steps that it shows", async () => {
    const project = oldest();
    const [tsconfig, cell, settings, steps, ...rest] = ours("docs/editors.md");
    expect(rest).toEqual([]);
    expect(JSON.parse(tsconfig!.text)).toEqual(TSCONFIG);
    const { $schema, ...definition } = JSON.parse(cell!.text);
    expect(existsSync(join(project.directory, $schema))).toBe(true);
    project.write("own.json", cell!.text);
    await project.succeed("npx", "jailhouse", "config", "compile", "own.json", "-o", "own.cell");
    expect(definition).toMatchObject({ kind: "cell", name: "my-cell" });
    const [schemas] = JSON.parse(settings!.text)["json.schemas"];
    expect(existsSync(join(project.directory, schemas.url))).toBe(true);

    const decompile = [
      "jailhouse",
      "config",
      "decompile",
      inside(project, "configs/qemu-x86.cell"),
    ];
    await project.succeed("npx", ...decompile, "-o", "my-system.ts");
    project.write("my-cell.ts", CELL);
    const commands = [...steps!.text.matchAll(/^- run: (.*)$/gm)].map(([, command]) => command!);
    expect(commands).toHaveLength(steps!.text.split("\n").length);
    for (const command of commands) await project.succeed("bash", "-c", command);
    const [matcher] = /node_modules\S+\.json/.exec(steps!.text)!;
    expect(existsSync(join(project.directory, matcher))).toBe(true);
  });

  test("a watched inmate is built at every change, and after a mistake", async () => {
    const project = oldest();
    project.write("watched.ts", INMATE.main);
    const change = (text: string) => writeFileSync(join(project.directory, "watched.ts"), text);
    const next = [
      { after: "watched.bin (64-bit)", text: INMATE.main.replace("println", "printline") },
      { after: "watched.ts does not compile", text: INMATE.main.replace("Hello", "Again") },
      { after: "watched.bin (64-bit)", text: undefined },
    ];
    let seen = 0;
    const until = (said: string) => {
      const [step] = next;
      if (!step || !said.includes(step.after, seen)) return false;
      seen = said.length;
      next.shift();
      if (step.text !== undefined) change(step.text);
      return step.text === undefined;
    };
    const args = [
      "node_modules/jailhouse-ts/bin/jailhouse",
      "inmate",
      "build",
      "watched.ts",
      "--watch",
    ];
    const { directory: cwd, env } = project;
    const { status } = await execute("node", args, { cwd, env, until });
    expect([status, next]).toEqual([0, []]);
    const image = readFileSync(join(cwd, "watched.bin"));
    expect(image.includes(Buffer.from("Again", "utf16le"))).toBe(true);
  });

  test("an inmate of the project's own runs in a cell of its own", async () => {
    const project = oldest();
    const jailhouse = (...args: string[]) => project.succeed("npx", "jailhouse", ...args);
    await jailhouse("machine", "start", "--pace", "free", "--serial", "1=file:said.txt");
    await jailhouse("enable", inside(project, "configs/qemu-x86.cell"));
    await jailhouse("cell", "create", "my-cell.ts");
    await jailhouse("cell", "load", "my-cell", "my.bin", "-a", "0xf0000");
    await jailhouse("cell", "start", "my-cell");
    await jailhouse("cell", "stats", "my-cell", "--count", "2");
    expect(readFileSync(join(project.directory, "said.txt"), "utf8")).toContain(
      "Hello from my cell!\r\n",
    );
    await jailhouse("cell", "destroy", "my-cell");
    await jailhouse("disable");
    await jailhouse("machine", "stop");
  });

  test.each(SHELLS)("%s completes it after one command", async (shell) => {
    const project = oldest();
    if ((await project.run("sh", "-c", `command -v ${shell}`)).status !== 0) {
      if (process.env.CI === "true") throw new Error(`${shell} is not installed`);
      return;
    }
    const home = join(project.directory, `home-${shell}`);
    project.write(`home-${shell}/x`, "");
    const env = {
      ...project.env,
      HOME: home,
      ZDOTDIR: home,
      XDG_CONFIG_HOME: "",
      XDG_DATA_HOME: "",
    };
    const { directory: cwd } = project;
    const command = typed(`jailhouse completion ${shell}`);
    const installed = await execute("bash", ["-c", command], { cwd, env });
    expect(installed).toMatchObject({ status: 0, err: "" });
    const asked = {
      bash: `COMP_WORDS=(jailhouse cell sh); COMP_CWORD=2; _jailhouse; echo "\${COMPREPLY[@]}"`,
      zsh: `words=(jailhouse cell sh); CURRENT=3; compadd() { eval "print -l -- \\$\${@[-1]}"; }; _jailhouse`,
      fish: "complete -C 'jailhouse cell sh'",
    }[shell];
    const { out } = await execute(shell, ["-i", "-c", asked], { cwd, env });
    expect(out).toContain("shutdown");
  });

  test("the manual's pages are well-formed, and name every verb", async () => {
    const project = oldest();
    const { man } = JSON.parse(readFileSync(inside(project, "package.json"), "utf8"));
    for (const page of man as string[]) expect(existsSync(inside(project, page)), page).toBe(true);
    expect(man.length).toBeGreaterThan(5);
  });
});
