// How CPUs stop one another, in every order: nothing wrong as it is; the order of before is found out; and no statement of stop.ts could
// be left out.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { Model } from "./model.ts";
import type { Scenario } from "./scenario.ts";

const STOP = "platforms/metal/x86/stop.ts";
const CELLS = "hypervisor/core/cells/cpus.ts";
const ROOT_ONLY = [0, 0, 0];
const ONE_CELL = [0, 1, 1];

/** The shortest first. CPU 0 makes requests. */
const SCENARIOS: readonly Scenario[] = [
  {
    name: "an NMI of the guest's own",
    cells: ROOT_ONLY,
    scripts: [[], [], []],
    nmis: [2],
    delivered: [2],
  },
  {
    name: "two that stop each other",
    cells: ROOT_ONLY,
    scripts: [[], ["init 2"], ["init 1"]],
  },
  {
    name: "a cell's CPU starts another, while that one waits for the lock",
    cells: ONE_CELL,
    scripts: [["start cell"], [], ["say"]],
    afterReset: [[], ["init 2", "sipi 2"], []],
    running: [1, 2],
  },
  {
    name: "a handler abandoned, and one that is not",
    cells: [1, 0, 0],
    scripts: [[], ["init 2", "sipi 2", "manage root"], ["say"]],
    afterReset: [[], [], ["say"]],
    running: [2],
  },
  {
    name: "a start abandons a handler, and a stop does not",
    cells: [0, 0, 1],
    scripts: [["start cell", "pause cell"], [], ["say"]],
    afterReset: [[], [], ["say"]],
    running: [2],
  },
  {
    name: "a SIPI during a request",
    cells: ROOT_ONLY,
    scripts: [["manage root"], ["sipi 2"], []],
    afterReset: [[], [], ["say"]],
    waiting: [2],
    running: [2],
  },
  {
    name: "NMIs to a CPU whose APIC changes its mode",
    cells: ONE_CELL,
    scripts: [["start cell"], [], []],
    afterReset: [[], ["nmi 2"], []],
    changingMode: [2],
    running: [1, 2],
  },
  {
    name: "a stop of a CPU whose APIC changes its mode",
    cells: ONE_CELL,
    scripts: [["start cell"], [], []],
    afterReset: [[], ["init 2"], []],
    changingMode: [1, 2],
    running: [1],
  },
  {
    name: "a stop of a CPU that polls",
    cells: [0, 1, 0],
    scripts: [["manage root"], [], ["poll"]],
    running: [2],
  },
  {
    name: "a CPU leaves after a request",
    cells: [0, 1, 0],
    scripts: [["manage root"], [], ["leave"]],
  },
  {
    name: "a machine check that comes with an NMI",
    cells: [0, 1, 0],
    scripts: [["manage root"], [], ["say"]],
    nmis: [2],
    machineChecks: [2],
    running: [2],
  },
  {
    name: "a cell that was given up, one of whose CPUs was about to send an INIT, is started",
    cells: ONE_CELL,
    scripts: [["time out", "start cell"], ["init 2"], ["say"]],
    afterReset: [[], ["say"], ["say"]],
    running: [1, 2],
  },
  {
    name: "a cell is loaded while Linux works",
    cells: [0, 0, 1],
    scripts: [["load cell"], ["say"], ["say"]],
    running: [1],
  },
];
/** Long: INIT and SIPI while a request begins or ends. */
const INIT_DURING_REQUEST: Scenario = {
  name: "INIT and SIPI during a request",
  cells: ROOT_ONLY,
  scripts: [["manage root"], ["init 2", "sipi 2"], ["say"]],
  running: [2],
};

const read = (file: string) => readFileSync(join(import.meta.dirname, "../../..", file), "utf8");

/** What is wrong in the first of the scenarios where something is, with `changes`; undefined: nothing. */
function wrongWith(changes: ReadonlyMap<string, string>): string | undefined {
  for (const scenario of SCENARIOS) {
    try {
      const { wrong } = new Model(scenario, changes).explore();
      if (wrong) return wrong;
    } catch (error) {
      return String(error);
    }
  }
  return undefined;
}

test.each([...SCENARIOS, INIT_DURING_REQUEST])("nothing goes wrong: $name", (scenario) => {
  const { states, wrong } = new Model(scenario).explore();
  expect(wrong).toBeUndefined();
  expect(states).toBeGreaterThan(100);
});

describe("the order that there was before", () => {
  /** Each CPU was resumed without the lock, after it could be stopped again, and waited for. */
  const resume = `export function resumeCpu(cpu: u32): void {
    const target = cpuOf(cpu);
    const request = hw.loadAcquire(changetype<usize>(target));
    if (!(request & 1)) return;
    hw.storeRelease(changetype<usize>(target), request + 1);
    while (hw.loadAcquire(changetype<usize>(target) + offsetof<Cpu>("followed")) === request) {
      followInside();
      hw.pause();
    }
  }`;
  const end = `hw.storeRelease(changetype<usize>(self) + offsetof<Cpu>("followed"), 0);`;
  const stop = read(STOP)
    .replace(/export function resumeCpu[\s\S]*?\n\}\n/, `${resume}\n`)
    .replaceAll("self.replaced = 0;", `self.replaced = 0;\n${end}`)
    .replace("if (self.replaced) hw.restart();", `if (self.replaced) hw.restart();\n${end}`);
  const cells = read(CELLS).replace(
    /(export function resumeCell[^{]*\{)\s*lock\(\);([\s\S]*?)\s*unlock\(\);/,
    "$1$2",
  );
  const changes = new Map([
    [STOP, stop],
    [CELLS, cells],
  ]);

  test("is another one", () => {
    expect(stop).not.toBe(read(STOP));
    expect(cells).not.toBe(read(CELLS));
  });

  test.each(SCENARIOS.filter(({ name }) => /SIPI|starts another/.test(name)))(
    "lets a CPU run whose state is being written: $name",
    (scenario) => {
      expect(new Model(scenario, changes).explore().wrong).toMatch(/goes on while it is held/);
    },
  );
});

/** Statements of which the model cannot know. */
const OF_NO_MATTER = [
  // A hint to the processor.
  /^hw\.pause\(\);$/,
  // The console's.
  /USED|isUsed/,
];

/** All statements in functions of stop.ts, by what is left when one is taken out. */
function* statements(): Generator<[name: string, rest: string]> {
  const text = read(STOP);
  const source = ts.createSourceFile(STOP, text, ts.ScriptTarget.ES2022, true);
  const found: ts.Node[] = [];
  const visit = (node: ts.Node, isInside: boolean): void => {
    if (isInside && ts.isStatement(node) && !ts.isBlock(node)) found.push(node);
    ts.forEachChild(node, (child) => visit(child, isInside || ts.isFunctionDeclaration(node)));
  };
  visit(source, false);
  for (const node of found) {
    const [first = ""] = node.getText().split("\n");
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    const rest = `${text.slice(0, node.getStart())};${text.slice(node.getEnd())}`;
    if (!OF_NO_MATTER.some((pattern) => pattern.test(first))) yield [`${line + 1}: ${first}`, rest];
  }
}

test.each([...statements()])("cannot do without line %s", (_name, rest) => {
  expect(wrongWith(new Map([[STOP, rest]]))).toBeDefined();
});
