// Tests with a real Linux: they need Debian packages, which .ci/run installs.
import { describe } from "vitest";
import { Screen } from "../../tools/demo/screen.ts";
import { missingPackages } from "../../tools/metal/packages.ts";

const missing = process.env.CI ? [] : missingPackages();
const reason = missing.map(({ name }) => name).join(", ");

/** Tests that boot a guest; without the packages they are skipped, except in CI, where they fail. */
export function describeLinux(title: string, tests: () => void): void {
  const name = missing.length > 0 ? `${title} (skipped, missing: ${reason})` : title;
  describe.skipIf(missing.length > 0)(name, { timeout: 600_000 }, tests);
}

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
