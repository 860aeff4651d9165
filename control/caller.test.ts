// Under sudo: what the calling user could plant in directories of his, and that root's privileges are gone before they are touched. As
// root the attacks are carried out in a process of their own; as anybody, on a double of what changes privileges.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { becomeCaller, type Credentials, callerOf, isOnlyRoots, openOutput } from "./caller.ts";
import { runtimeDirectory } from "./registry.ts";

const UID = 12345;
const GID = 12346;
const SUDO = { SUDO_UID: `${UID}`, SUDO_GID: `${GID}` };
const IS_ROOT = process.getuid?.() === 0;

let top: string;
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "caller-"));
  chmodSync(top, 0o755);
});
afterEach(() => rmSync(top, { recursive: true }));

/** A process of root's; `calls` says what it did, and `watched` whether that file was there by then. */
function fakeRoot(watched: string, { works = true } = {}) {
  const calls: string[] = [];
  let uid = 0;
  const note = (call: string) => void calls.push(`${call} ${existsSync(watched)}`);
  const credentials: Credentials = {
    getuid: () => uid,
    getegid: () => 0,
    getgroups: () => [0, 7],
    initgroups: (user, group) => note(`initgroups ${user} ${group}`),
    setgroups: (groups) => note(`setgroups ${groups.join()}`),
    setgid: (id) => note(`setgid ${id}`),
    setegid: (id) => note(`setegid ${id}`),
    seteuid: (id) => note(`seteuid ${id}`),
    setuid: (id) => {
      note(`setuid ${id}`);
      if (works) uid = Number(id);
    },
  };
  return { credentials, calls };
}

test("sudo is believed when the process is root's, and only then", () => {
  const { credentials } = fakeRoot(top);
  expect(callerOf(SUDO, credentials)).toEqual({ uid: UID, gid: GID });
  const nobody = { ...credentials, getuid: () => UID };
  expect(callerOf(SUDO, nobody)).toBeUndefined();
  for (const uid of [undefined, "", "0", "nobody", "-1", "1.5", "4294967295", "99999999999"])
    expect(callerOf({ ...SUDO, SUDO_UID: uid }, credentials)).toBeUndefined();
  expect(() => callerOf({ SUDO_UID: "5" }, credentials)).toThrow("Operation not permitted");
});

test("groups are given up first, then the group, then the user", () => {
  const { credentials, calls } = fakeRoot(join(top, "none"));
  becomeCaller(SUDO, credentials);
  const order = [`initgroups ${UID} ${GID}`, `setgid ${GID}`, `setuid ${UID}`];
  expect(calls).toEqual(order.map((call) => `${call} false`));
});

test("the runtime directory is touched after root's privileges are gone, or not at all", () => {
  const path = join(top, "run");
  const env = { ...SUDO, JAILHOUSE_RUNTIME_DIR: path };
  const stuck = fakeRoot(path, { works: false });
  expect(() => runtimeDirectory(env, stuck.credentials)).toThrow("Operation not permitted");
  expect(existsSync(path)).toBe(false);
  const { credentials, calls } = fakeRoot(path);
  // Here it becomes this process's user's, whoever that is; the double's is another.
  expect(() => runtimeDirectory(env, credentials)).toThrow("Permission denied");
  expect(calls.at(-1)).toBe(`setuid ${UID} false`);
});

test("output is opened between taking the caller's privileges and giving them back", () => {
  const path = join(top, "out");
  const { credentials, calls } = fakeRoot(path);
  closeSync(openOutput(path, SUDO, credentials));
  expect(calls).toEqual([
    `initgroups ${UID} ${GID} false`,
    `setegid ${GID} false`,
    `seteuid ${UID} false`,
    "seteuid 0 true",
    "setegid 0 true",
    "setgroups 0,7 true",
  ]);
});

test("privileges come back although the file cannot be opened", () => {
  const { credentials, calls } = fakeRoot(top);
  expect(() => openOutput(join(top, "no/out"), SUDO, credentials)).toThrow("ENOENT");
  expect(calls.slice(-3)).toEqual(["seteuid 0 true", "setegid 0 true", "setgroups 0,7 true"]);
});

test("what a user can change is not only root's", () => {
  if (IS_ROOT) chownSync(top, UID, GID);
  expect(isOnlyRoots(join(top, "file"))).toBe(false);
  expect(isOnlyRoots("/etc/hostname")).toBe(true);
});

/** Runs a program as sudo would; `use` is a module of this room. What it prints is returned, an error by its code. */
function asSudo(module: string, program: string, env: Record<string, string> = {}): string {
  const jiti = fileURLToPath(new URL("../node_modules/jiti/lib/jiti.mjs", import.meta.url));
  const room = fileURLToPath(new URL(`./${module}`, import.meta.url));
  const code = `
    import { createJiti } from ${JSON.stringify(jiti)};
    const use = await createJiti(${JSON.stringify(room)}, { fsCache: false }).import(${JSON.stringify(room)});
    try { console.log(await (${program})(use)); } catch (error) { console.log(error.code); }
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", code], {
    encoding: "utf8",
    env: { ...process.env, ...SUDO, ...env },
  });
  if (stdout === "") throw new Error(stderr);
  return stdout.trim();
}

describe.runIf(IS_ROOT)("a user who owns a directory, and root under sudo", () => {
  let home: string;
  let roots: string;
  let victim: string;
  beforeEach(() => {
    [home, roots, victim] = [join(top, "home"), join(top, "roots"), join(top, "victim")];
    mkdirSync(home);
    chownSync(home, UID, GID);
    mkdirSync(roots, { mode: 0o700 });
    writeFileSync(victim, "precious");
  });
  afterEach(() => {
    expect(readFileSync(victim, "utf8")).toBe("precious");
    expect(statSync(victim)).toMatchObject({ uid: 0, gid: 0 });
    expect(statSync(roots)).toMatchObject({ uid: 0, gid: 0 });
  });

  const output = (path: string) =>
    asSudo("caller.ts", `({ openOutput }) => typeof openOutput(${JSON.stringify(path)})`);

  test("his runtime directory is his, in his groups, and the process is for good", () => {
    const run = join(home, "run");
    const seen = asSudo(
      "registry.ts",
      `({ claim, machinePaths }) => {
        claim(machinePaths("m"));
        let back = "no way back";
        try { process.setuid(0); back = "root again"; } catch {}
        return [process.getuid(), process.getgid(), process.getgroups().join(), back].join();
      }`,
      { JAILHOUSE_RUNTIME_DIR: run },
    );
    expect(seen).toBe(`${UID},${GID},${GID},no way back`);
    for (const path of [run, join(run, "m"), join(run, "m/pid")])
      expect(statSync(path)).toMatchObject({ uid: UID, gid: GID });
  });

  test.each(["", "/deeper/still"])("a link in its place leads nowhere (%j)", (below) => {
    symlinkSync(roots, join(home, "run"));
    const env = { JAILHOUSE_RUNTIME_DIR: join(home, `run${below}`) };
    expect(asSudo("registry.ts", "({ runtimeDirectory }) => runtimeDirectory()", env)).toBe(
      "EACCES",
    );
    expect(readdirSync(roots)).toEqual([]);
  });

  test("a pid file that names a process of somebody else's names none", () => {
    const run = join(home, "run");
    mkdirSync(join(run, "m"), { recursive: true, mode: 0o700 });
    const stat = readFileSync(`/proc/${process.pid}/stat`, "latin1");
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    writeFileSync(join(run, "m/pid"), `${process.pid} ${started}\n`);
    for (const path of [run, join(run, "m"), join(run, "m/pid")]) chownSync(path, UID, GID);
    const found = asSudo(
      "registry.ts",
      `({ daemonPid, machinePaths }) => daemonPid(machinePaths("m")) ?? "nobody's"`,
      { JAILHOUSE_RUNTIME_DIR: run },
    );
    expect(found).toBe("nobody's");
  });

  test("a cache of his is neither read nor written", () => {
    const cache = join(home, "cache");
    const seen = asSudo(
      "../config/translations.ts",
      `({ translated }) => translated(["a"], () => "made") + translated(["a"], () => " twice")`,
      { JAILHOUSE_CACHE_DIR: cache },
    );
    expect(seen).toBe("made twice");
    expect(existsSync(cache)).toBe(false);
  });

  test("output in his directory is his", () => {
    expect(output(join(home, "out"))).toBe("number");
    expect(statSync(join(home, "out"))).toMatchObject({ uid: UID, gid: GID });
  });

  test("output where only root can write is root's", () => {
    expect(output(join(roots, "out"))).toBe("number");
    expect(statSync(join(roots, "out"))).toMatchObject({ uid: 0 });
  });

  test.each<[string, () => void, string]>([
    ["a link to a file", () => symlinkSync(victim, join(home, "out")), "home/out"],
    [
      "a link to a link",
      () => {
        symlinkSync(victim, join(home, "far"));
        symlinkSync(join(home, "far"), join(home, "out"));
      },
      "home/out",
    ],
    ["a hard link", () => linkSync(victim, join(home, "out")), "home/out"],
    [
      "a link to what is not there yet",
      () => symlinkSync(join(roots, "new"), join(home, "out")),
      "home/out",
    ],
    [
      "a link to a directory on the way",
      () => symlinkSync(roots, join(home, "way")),
      "home/way/new",
    ],
    ["a way back through his directory", () => {}, "home/../home/../roots/../home/none/../x/new"],
    [
      "a link where anybody may write",
      () => {
        mkdirSync(join(top, "shared"));
        chmodSync(join(top, "shared"), 0o1777);
        symlinkSync(victim, join(top, "shared/out"));
        spawnSync("chown", ["-h", `${UID}`, join(top, "shared/out")]);
      },
      "shared/out",
    ],
    [
      "a hard link where anybody may write",
      () => {
        mkdirSync(join(top, "shared"));
        chmodSync(join(top, "shared"), 0o1777);
        linkSync(victim, join(top, "shared/out"));
      },
      "shared/out",
    ],
  ])("output through %s is refused", (_, plant, path) => {
    plant();
    expect(["EACCES", "ENOENT"]).toContain(output(`${top}/${path}`));
    expect(readdirSync(roots)).toEqual([]);
  });
});
