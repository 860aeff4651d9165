// Plays a page of docs/: types its commands in the order printed, and compares what comes out.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { ROOT } from "../../tools/root.ts";

/** Ends a command that waits for what never comes, and none that is slow, in milliseconds. */
const PATIENCE = 60 * 60_000;

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

/** A directory of its own, in which pages are played, with machines of its own. */
export class Player {
  readonly directory = mkdtempSync(join(tmpdir(), "tutorial-"));
  readonly #env = {
    ...process.env,
    PATH: `${join(ROOT, "tools")}:${process.env.PATH}`,
    JAILHOUSE_RUNTIME_DIR: join(this.directory, "run"),
  };
  #cwd = this.directory;

  /** Types a command, and says how it ends. */
  end(command: string): { status: number | null; stderr: string } {
    const options = {
      cwd: this.#cwd,
      env: this.#env,
      encoding: "utf8",
      timeout: PATIENCE,
    } as const;
    return spawnSync("bash", ["-c", command], options);
  }

  #run(command: string): string {
    return execFileSync("bash", ["-c", command], {
      cwd: this.#cwd,
      env: this.#env,
      encoding: "utf8",
      timeout: PATIENCE,
    });
  }

  /** Writes the page's files, types its commands, and compares. Returns how many commands there were. */
  play(page: string): number {
    let commands = 0;
    for (const { language, file, lines } of blocksOf(readFileSync(join(ROOT, page), "utf8"))) {
      if (file !== "") writeFileSync(join(this.#cwd, file), `${lines.join("\n")}\n`);
      if (language !== "console") continue;
      for (const { command, printed } of commandsOf(lines)) {
        this.#type(command, printed);
        commands++;
      }
    }
    return commands;
  }

  #type(command: string, printed: readonly string[]): void {
    // Each command has a shell of its own; these two would be forgotten.
    if (command.startsWith("export ")) return;
    if (command.startsWith("cd ")) {
      this.#cwd = resolve(this.#cwd, command.slice("cd ".length));
      return;
    }
    const output = this.#run(command)
      .replace(/[ \t\r]+$/gm, "")
      .trimEnd();
    expect(output, command).toMatch(pattern(printed));
  }

  close(): void {
    try {
      this.#run("jailhouse machine stop --all");
    } finally {
      rmSync(this.directory, { recursive: true, force: true });
    }
  }
}
