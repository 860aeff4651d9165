// Types what docs/first-cell.md says, and compares what comes out. A directory stands for the clone's, so that nothing is
// written there.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../../tools/root.ts";

const directory = mkdtempSync(join(tmpdir(), "tutorial-"));
const env = {
  ...process.env,
  PATH: `${join(ROOT, "tools")}:${process.env.PATH}`,
  JAILHOUSE_RUNTIME_DIR: join(directory, "run"),
};
const run = (command: string): string =>
  execFileSync("bash", ["-c", command], { cwd: directory, env, encoding: "utf8" });

afterAll(() => {
  try {
    run("jailhouse machine stop --all");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

/** A code block's language, the file that it is, and its lines. */
interface Block {
  readonly language: string;
  readonly file: string;
  readonly lines: readonly string[];
}

function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\w+) ?(\S*)\n([\s\S]*?)^```$/gm)].map(
    ([, language = "", file = "", text = ""]) => ({
      language,
      file,
      lines: text.replace(/\n$/, "").split("\n"),
    }),
  );
}

/** Commands with the lines that they should print. */
function commandsOf(lines: readonly string[]): { command: string; printed: string[] }[] {
  const commands: { command: string; printed: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith("$ ")) commands.push({ command: line.slice(2), printed: [] });
    else commands.at(-1)!.printed.push(line);
  }
  return commands;
}

/** The text that lines stand for, as a pattern: `…` is anything, blanks at the end do not count. */
function pattern(lines: readonly string[]): RegExp {
  const escaped = lines.map((line) =>
    line
      .trimEnd()
      .replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
      .replaceAll("…", "[\\s\\S]*"),
  );
  return new RegExp(`^${escaped.join("\\n")}$`);
}

test("every command of the tutorial does what it says", () => {
  for (const name of ["configs", "inmates"]) symlinkSync(join(ROOT, name), join(directory, name));
  const blocks = blocksOf(readFileSync(join(ROOT, "docs/first-cell.md"), "utf8"));
  let commands = 0;
  for (const { language, file, lines } of blocks) {
    if (file !== "") writeFileSync(join(directory, file), `${lines.join("\n")}\n`);
    if (language !== "console") continue;
    for (const { command, printed } of commandsOf(lines)) {
      if (command.startsWith("export ")) continue;
      const output = run(command)
        .replace(/[ \t\r]+$/gm, "")
        .trimEnd();
      expect(output, command).toMatch(pattern(printed));
      commands++;
    }
  }
  expect(commands).toBeGreaterThan(10);
});
