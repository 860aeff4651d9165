// Tests with a real Linux: they need Debian packages, which .ci/run installs.
import { describe } from "vitest";
import { Screen } from "../../tools/demo/screen.ts";
import {
  AGENT_PACKAGES,
  METAL_PACKAGES,
  missingPackages,
  type Package,
} from "../../tools/metal/packages.ts";

/** Tests that need packages; without them they are skipped, except in CI, where they fail. */
export function describeWith(packages: readonly Package[], title: string, tests: () => void): void {
  const missing = process.env.CI ? [] : missingPackages(packages);
  const reason = missing.map(({ name }) => name).join(", ");
  const name = missing.length > 0 ? `${title} (skipped, missing: ${reason})` : title;
  describe.skipIf(missing.length > 0)(name, tests);
}

/** Tests that boot a guest. */
export const describeLinux = (title: string, tests: () => void): void =>
  describeWith(METAL_PACKAGES, title, tests);

/** Tests that build the agent. */
export const describeAgent = (title: string, tests: () => void): void =>
  describeWith(AGENT_PACKAGES, title, tests);

/** Characters of a session that an error shows. */
const LAST = 4000;

/** Plays a session on nobody's screen. Resolves to what was shown; an error tells the end of it. */
export async function silently(play: (screen: Screen) => Promise<void>): Promise<string> {
  let shown = "";
  const write = (text: string) => {
    shown += text;
  };
  await play(new Screen({ typing: 0, colours: false, write })).catch((error) => {
    throw new Error(`${error.message}\nafter\n${shown.slice(-LAST)}`, { cause: error });
  });
  return shown;
}
