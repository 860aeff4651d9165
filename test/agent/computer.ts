// A computer for the agent: a directory tree with a driver that is a test double (double.c).

import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CellInfo } from "../../control/api.ts";
import { LocalTarget } from "../../control/linux/local.ts";
import { FakeComputer } from "../../control/testing/fake-computer.ts";
import { buildAgent } from "../../tools/metal/agent.ts";

const DOUBLE = join(import.meta.dirname, "double.c");

/** What the driver does when it is asked. */
export interface Answer {
  readonly status?: number;
  /** What it says in the kernel's log, at the level of an information. */
  readonly log?: string;
  readonly console?: string;
  /** Cells that there are then; null: not enabled. */
  readonly cells?: readonly CellInfo[] | null;
}

export class AgentComputer {
  readonly #computer = new FakeComputer();
  readonly root = this.#computer.host.root;

  constructor() {
    this.#computer.write("/proc/uptime", "12.50 40.00\n");
  }

  /** Starts an agent for it. */
  get command(): string[] {
    return [buildAgent(DOUBLE), "--root", this.root];
  }

  /** The same computer as the command sees it that runs on it. */
  get local(): LocalTarget {
    return new LocalTarget(this.#computer.host);
  }

  write(path: string, content: string | Uint8Array): void {
    this.#computer.write(path, content);
  }

  removeDevice(): void {
    this.#computer.remove("/dev/jailhouse");
  }

  print(text: string): void {
    this.#computer.print(text);
  }

  show(cells?: readonly CellInfo[]): void {
    this.#computer.show(cells);
  }

  /** What becomes of the next requests with this number; cells change once. */
  answer(number: number, { status, log, console, cells }: Answer): void {
    const directory = join("answers", number.toString(16).padStart(8, "0"));
    const put = (name: string, text: string) => this.write(`/${directory}/${name}`, text);
    if (status !== undefined) put("status", `${status}\n`);
    if (log !== undefined) put("log", `6,1234,5140900,-;jailhouse: ${log}\n`);
    if (console !== undefined) put("console", console);
    if (cells === undefined) return;
    const other = new FakeComputer(join(dirname(this.root), `${number}-${Date.now()}`));
    other.show(cells ?? undefined);
    const from = join(other.host.root, "sys/devices/jailhouse");
    cpSync(from, join(this.root, directory, "jailhouse"), { recursive: true });
    other.close();
  }

  /** Requests do not come back until `release` is called. */
  hold(): void {
    writeFileSync(join(this.root, "hold"), "");
  }

  release(): void {
    rmSync(join(this.root, "hold"), { force: true });
  }

  /** The requests that the driver got, each a line. */
  get requests(): string[] {
    const path = join(this.root, "requests");
    const lines = existsSync(path) ? readFileSync(path, "utf8").split("\n") : [];
    return lines.filter((line) => line !== "");
  }

  forget(): void {
    writeFileSync(join(this.root, "requests"), "");
  }

  close(): void {
    this.#computer.close();
  }
}
