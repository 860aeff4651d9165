// What a person is told when packages are missing.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MissingPackages, missingPackages, requirePackages } from "./packages.ts";

let empty: string;
beforeEach(() => {
  empty = mkdtempSync(join(tmpdir(), "jailhouse-packages-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(empty, { recursive: true });
});

it("names each package that is missing in a line of its own, and how to get them", () => {
  vi.stubEnv("PATH", empty);
  expect(missingPackages().map(({ name }) => name)).toEqual(
    expect.arrayContaining(["qemu-system-x86", "wabt", "clang", "lld", "gcc", "make"]),
  );
  const [gcc] = missingPackages().filter(({ name }) => name === "gcc");
  expect(() => requirePackages([gcc!])).toThrow(
    new MissingPackages(
      "Missing Debian package: gcc (compiling the driver)\nInstall them with: npm run metal:setup",
    ),
  );
});

it("says nothing of what is there", () => {
  const present = { name: "present", purpose: "nothing", isInstalled: () => true };
  expect(() => requirePackages([present])).not.toThrow();
});
