// Plays a page of docs/: types its commands in the order printed, and compares what comes out.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import { ROOT } from "../../tools/root.ts";
import { buildCommand } from "../command/build.ts";
import { blocksOf, endless, type Item, itemsOf } from "./blocks.ts";

/** Ends a command that waits for what never comes, and none that is slow, in milliseconds. */
const PATIENCE = 60 * 60_000;

/** The text that lines stand for, as a pattern: `…` is anything, blanks at the end do not count. */
export function pattern(lines: readonly string[]): RegExp {
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

  constructor() {
    // What it says when it builds is on no page.
    buildCommand();
  }

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
    try {
      return execFileSync("bash", ["-c", command], {
        cwd: this.#cwd,
        env: this.#env,
        encoding: "utf8",
        timeout: PATIENCE,
      });
    } catch (error) {
      const { message, stdout } = error as Error & { stdout?: string };
      throw new Error(`${message}\n${stdout ?? ""}`, { cause: error });
    }
  }

  /** Writes the page's files, types its commands, and compares. Returns how many commands there were. */
  play(page: string): number {
    let commands = 0;
    for (const block of blocksOf(readFileSync(join(ROOT, page), "utf8"))) {
      const { file, lines } = block;
      if (file !== "") writeFileSync(join(this.#cwd, file), `${lines.join("\n")}\n`);
      for (const item of itemsOf(block).filter(({ isCommand }) => isCommand)) {
        this.type(item);
        commands++;
      }
    }
    return commands;
  }

  /** Types a command, and compares what it prints where the page shows that. */
  type({ text, printed, block }: Item): void {
    const command = endless(text);
    // Each command has a shell of its own; these two would be forgotten.
    if (command.startsWith("export ")) return;
    if (command.startsWith("cd ")) {
      this.#cwd = resolve(this.#cwd, command.slice("cd ".length));
      return;
    }
    // As on a terminal, on which both outputs are.
    const output = this.#run(`{ ${command}\n} 2>&1`)
      .replace(/[ \t\r]+$/gm, "")
      .trimEnd();
    if (block.language === "console") expect(output, command).toMatch(pattern(printed));
  }

  /** Types further commands in this directory. */
  enter(directory: string): void {
    this.#cwd = directory;
  }

  /** Types a command of the test's own, which has to succeed. Returns what it prints. */
  succeed(command: string): string {
    return this.#run(command);
  }

  close(): void {
    try {
      this.#run("jailhouse machine stop --all");
    } finally {
      rmSync(this.directory, { recursive: true, force: true });
    }
  }
}
