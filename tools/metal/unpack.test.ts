// Packages from a source of their own: a directory stands in for Debian's archive.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findProgram } from "./packages.ts";
import { unpackPackages } from "./unpack.ts";

const CAN_RUN = process.env.CI === "true" || findProgram("apt-get") !== undefined;
const NAME = "jailhouse-test-package";
const LISTS = "/var/lib/apt/lists";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "jailhouse-unpack-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** An archive with one package, which holds a file. Returns its line for sources.list. */
function archive(): string {
  const files = join(directory, "files");
  mkdirSync(join(files, "DEBIAN"), { recursive: true });
  const control = `Package: ${NAME}\nVersion: 10.0\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: a test\n`;
  writeFileSync(join(files, "DEBIAN/control"), control);
  writeFileSync(join(files, "greeting"), "hello\n");
  const packages = join(directory, "archive");
  mkdirSync(packages);
  const deb = join(packages, "test.deb");
  execFileSync("dpkg-deb", ["--build", files, deb], { stdio: "ignore" });
  const bytes = readFileSync(deb);
  const digest = createHash("sha256").update(bytes).digest("hex");
  const index = `${control}Filename: ./test.deb\nSize: ${bytes.length}\nSHA256: ${digest}\n`;
  writeFileSync(join(packages, "Packages"), index);
  return `deb [trusted=yes] file:${packages} ./\n`;
}

describe.skipIf(!CAN_RUN)("packages that are unpacked and not installed", () => {
  it("come from the source that is given, and the system's own stay as they are", () => {
    const before = existsSync(LISTS) ? readdirSync(LISTS).sort() : [];
    const target = join(directory, "cache", "unpacked");
    unpackPackages([NAME], target, { line: archive() });
    expect(readFileSync(join(target, "greeting"), "utf8")).toBe("hello\n");
    expect(readdirSync(join(directory, "cache"))).toEqual(["unpacked"]);
    expect(existsSync(LISTS) ? readdirSync(LISTS).sort() : []).toEqual(before);
  });

  it("leave nothing behind where one of them is not there", () => {
    const target = join(directory, "cache", "unpacked");
    const source = { line: archive() };
    expect(() => unpackPackages([NAME, "jailhouse-no-such"], target, source)).toThrow(/no-such/);
    expect(readdirSync(join(directory, "cache"))).toEqual([]);
  });
});
