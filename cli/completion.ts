// jailhouse completion: the script that makes a shell complete the command, printed or installed.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { SCRIPTS, SHELLS, type Shell } from "./completion-scripts.ts";
import { CommandFailure, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

/** Where a script goes, and the file with the shell's own settings that has to read it, if one has to. */
interface Place {
  readonly script: string;
  readonly settings?: string;
}

function placeOf({ env }: Io, shell: Shell): Place {
  const home = env.HOME || homedir();
  if (shell === "fish") {
    const settings = env.XDG_CONFIG_HOME || join(home, ".config");
    return { script: join(settings, "fish", "completions", "jailhouse.fish") };
  }
  const data = env.XDG_DATA_HOME || join(home, ".local", "share");
  const script = join(data, "jailhouse", `completion.${shell}`);
  const directory = shell === "zsh" ? env.ZDOTDIR || home : home;
  return { script, settings: join(directory, `.${shell}rc`) };
}

/** Prints the script of a shell, or makes the shell read it from now on; doing that twice changes nothing. */
export function completion(io: Io, shell: string, { install }: { install?: boolean }): void {
  if (!(SHELLS as readonly string[]).includes(shell))
    throw new UsageError(`there is no completion for ${shell}, only for ${SHELLS.join(", ")}`);
  const script = SCRIPTS[shell as Shell];
  if (install) installScript(io, shell as Shell, script);
  else io.out(script);
}

function installScript(io: Io, shell: Shell, script: string): void {
  const { script: path, settings } = placeOf(io, shell);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, script);
    if (settings !== undefined) addLine(settings, `source '${path.replaceAll("'", "'\\''")}'`);
  } catch (error) {
    const { code, path: where = path } = error as NodeJS.ErrnoException;
    throw new CommandFailure(`writing ${where}: ${code}`);
  }
  io.out(
    `${path}${settings === undefined ? "" : `, read by ${settings}`}: from the next ${shell} on.\n`,
  );
}

function addLine(path: string, line: string): void {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (text.split("\n").includes(line)) return;
  const separator = text === "" || text.endsWith("\n") ? "" : "\n";
  writeFileSync(path, `${text}${separator}${line}\n`);
}
