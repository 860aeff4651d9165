import { expect, test } from "vitest";
import { notesOf, readiness } from "./release/changelog.ts";
import { withoutDevelopment } from "./release/dependencies.ts";

const OLD = "## 0.1.0 — 2026-01-02\n\n- old\n";
const READY = `# Changelog\n\n## 0.2.0 — 2026-03-04\n\n### Part\n\n- new\n\n${OLD}`;
const CLEAN = { changes: "", tags: ["v0.1.0", ""] };

test("notes are the version's section, with its parts", () => {
  expect(notesOf(READY, "0.2.0")).toBe("### Part\n\n- new");
  expect(notesOf(READY, "0.1.0")).toBe("- old");
});

test("before its date they are what is unreleased", () => {
  expect(notesOf(`## Unreleased\n\n- next\n\n${OLD}`, "0.2.0")).toBe("- next");
  expect(notesOf("## 0.2.0 — unreleased\n\n- first\n", "0.2.0")).toBe("- first");
  expect(() => notesOf(OLD, "0.2.0")).toThrow("CHANGELOG.md has nothing about 0.2.0");
});

test("a release that is ready lacks nothing", () => {
  expect(readiness(READY, "0.2.0", CLEAN)).toEqual([]);
});

test.each([
  [
    "no date",
    READY.replace("2026-03-04", "unreleased"),
    CLEAN,
    ['no section "## 0.2.0 — YYYY-MM-DD"'],
  ],
  ["something unreleased", `## Unreleased\n\n- x\n\n${READY}`, CLEAN, ["Unreleased"]],
  ["changes", READY, { ...CLEAN, changes: " M a" }, ["not committed"]],
  ["its tag", READY, { ...CLEAN, tags: ["v0.2.0"] }, ["the tag v0.2.0 exists"]],
])("with %s it is not ready", (_, changelog, state, words) => {
  const faults = readiness(changelog, "0.2.0", state);
  expect(faults).toEqual(words.map((word) => expect.stringContaining(word)));
});

test("what only developers need is no part of what is installed", () => {
  const both = { name: "a", dependencies: { b: "1" } };
  expect(withoutDevelopment({ ...both, devDependencies: { c: "1" } })).toEqual(both);
  const packages = {
    "": { ...both, devDependencies: { c: "1" } },
    "node_modules/b": { version: "1" },
    "node_modules/c": { version: "1", dev: true },
  };
  expect(withoutDevelopment({ packages })).toEqual({
    packages: { "": both, "node_modules/b": { version: "1" } },
  });
});
