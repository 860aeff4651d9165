// Tests with a real Linux: they need Debian packages, which .ci/run installs.
import { describe } from "vitest";
import { missingPackages } from "../../tools/metal/packages.ts";

const missing = process.env.CI ? [] : missingPackages();
const reason = missing.map(({ name }) => name).join(", ");

/** Tests that boot a guest; without the packages they are skipped, except in CI, where they fail. */
export function describeLinux(title: string, tests: () => void): void {
  const name = missing.length > 0 ? `${title} (skipped, missing: ${reason})` : title;
  describe.skipIf(missing.length > 0)(name, { timeout: 600_000 }, tests);
}
