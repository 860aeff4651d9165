// npm test [-- AREA… | PATH…] [OPTIONS OF VITEST]: by default what Node alone can show in a few minutes.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { ROOT } from "./build.mjs";
import { AREA_NAMES, testArguments } from "./test-areas.mjs";

/** Runs vitest over what `areas` names (test-areas.mjs), undefined for whatever `args` point to. Returns its exit status. */
export function vitest(areas, args, env = {}) {
  // Where a test has called this, its own run's selection is not meant.
  const scope = { JAILHOUSE_TESTS: areas?.join() };
  const { status, error } = spawnSync(
    process.execPath,
    [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", ...args],
    { cwd: ROOT, stdio: "inherit", env: { ...process.env, ...scope, ...env } },
  );
  if (error) console.error(`vitest could not be run: ${error.message}`);
  return status ?? 1;
}

export function test(args) {
  const { areas, others } = testArguments(args);
  const status = vitest(areas, others);
  if (areas?.length === 0 && status === 0)
    console.log(`More: npm test -- AREA, one or several of ${AREA_NAMES.join(", ")}.`);
  return status;
}
