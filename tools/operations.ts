// Makes the interpreter's operations from machine/cpu/operations.txt: their numbers (operations.gen.ts), the inner loop
// (execute.gen.ts, in the frame of execute.frame.txt) and what is executed outside of it (outside.gen.ts).

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..").replace(/\/dist$/, "");
const ROOM = "machine/cpu";
const SOURCE = `${ROOM}/operations.txt`;
const FRAME = `${ROOM}/execute.frame.txt`;
const HEAD = "// Made by tools/operations.ts from operations.txt. Do not edit.\n";
/** Widths of operands in the order of their numbers: letter, unsigned and signed type. */
const WIDTHS = [
  ["b", "u8", "i8"],
  ["w", "u16", "i16"],
  ["d", "u32", "i32"],
  ["q", "u64", "i64"],
] as const;
/** What the inner loop executes itself. */
const INNER = ["do", "try", "jump", "taken", "goto", "call", "callto", "return"];
const OUTER = ["compute", "access", "string", "branch", "system", "stop", "never"];
/** Kinds that end their block and need all of the CPU's state exact. */
const SYSTEM = ["system", "stop"];

/** One row of operations.txt. */
export interface Operation {
  /** As in operations.gen.ts; `NAME~` for a quiet twin. */
  readonly name: string;
  /** Number of its first width. */
  readonly number: number;
  /** A letter for each number that it occupies, `.` where there is none; `-` for one number. */
  readonly widths: string;
  readonly kind: string;
  readonly body: string;
  /** What is executed outside where the body of `try` is false. */
  readonly otherwise: string;
  readonly text: string;
}

interface Table {
  readonly operations: readonly Operation[];
  /** Files by the name that bodies call them. */
  readonly files: ReadonlyMap<string, string>;
}

function parseRow(line: string, number: number): Operation {
  const [row, text = ""] = line.split(" | ", 2);
  const [, name, widths, kind, rest = ""] = /^(\S+)\s+(\S+)\s+(\S+)\s*(.*?)\s*$/.exec(row!) ?? [];
  if (!kind || !(INNER.includes(kind) || OUTER.includes(kind)))
    throw new Error(`${SOURCE}: cannot be read: ${line}`);
  const [body, otherwise = ""] = rest.split(" else ");
  return { name: name!, number, widths: widths!, kind, body: body!, otherwise, text };
}

/** All rows of operations.txt, numbered. Throws where a row cannot be read. */
export function readOperations(text = readFileSync(join(ROOT, SOURCE), "utf8")): Table {
  const files = new Map<string, string>();
  const operations: Operation[] = [];
  let number = 0;
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("@")) {
      const [name, path] = line.slice(1).split(" ");
      files.set(name!, path!);
      continue;
    }
    const operation = parseRow(line, number);
    operations.push(operation);
    number += operation.widths.length;
  }
  return { operations, files };
}

/** `import * as` for every file that a text calls. */
function imports({ files }: Table, text: string): string {
  const used = [...files].filter(([name]) => new RegExp(`(?<![.\\w])${name}\\.`).test(text));
  return used.map(([name, path]) => `import * as ${name} from "${path}";\n`).join("");
}

/** A body for one of its widths. */
function bodyFor(body: string, width: string): string {
  const types = WIDTHS.find(([letter]) => letter === width);
  if (types === undefined) return body;
  return body.replaceAll(/\bT\b/g, types[1]).replaceAll(/\bI\b/g, types[2]);
}

/** The rows whose flags have a quiet twin, and the distance to it; throws where the twins are not in their order. */
function quietDistance({ operations }: Table): number {
  const twins = operations.filter(({ name }) => name.endsWith("~"));
  const distance = twins[0]!.number;
  for (const [index, twin] of twins.entries()) {
    const { name, number, widths } = operations[index]!;
    if (twin.name === `${name}~` && twin.number === number + distance && twin.widths === widths)
      continue;
    throw new Error(`${SOURCE}: ${twin.name} is not where the twin of ${name} belongs`);
  }
  return distance;
}

function firstOf({ operations }: Table, kinds: readonly string[]): number {
  const first = operations.findIndex(({ kind }) => kinds.includes(kind));
  if (operations.slice(first).some(({ kind }) => !kinds.includes(kind)))
    throw new Error(`${SOURCE}: rows of the kinds ${kinds.join(", ")} come last`);
  return operations[first]!.number;
}

/** The text of operations.gen.ts. */
export function makeNumbers(table: Table): string {
  const { operations } = table;
  const last = operations.at(-1)!;
  const constant = (name: string, number: number, text: string) =>
    `/** ${text} */\nexport const ${name}: u32 = ${number};\n`;
  const named = operations.filter(({ name }) => !name.endsWith("~"));
  return [
    HEAD,
    "// Numbers of the operations of records. One with widths occupies four numbers: + 0 for 8, 1 for 16, 2 for 32, 3 for 64 bits.\n\n",
    ...named.map(({ name, number, text }) => constant(name, number, text)),
    constant(
      "QUIET",
      quietDistance(table),
      "From an operation that writes flags to its twin that does not.",
    ),
    constant(
      "COLD",
      firstOf(table, OUTER),
      "First operation that is executed outside the inner loop.",
    ),
    constant(
      "SYSTEM",
      firstOf(table, SYSTEM),
      "First operation that needs S_RIP, S_NEXT and exact RFLAGS, and ends its block.",
    ),
    constant("OP_COUNT", last.number + last.widths.length, "Number of operations."),
  ].join("");
}

const NEXT = "record += RECORD_SIZE;\n        continue;";

/** What the inner loop does for an operation of each kind; after it the loop's end knows what follows by `then`. */
const CASES: Record<string, (body: string) => string> = {
  do: (body) => (body === "" ? NEXT : `${body};\n        ${NEXT}`),
  try: (body) =>
    `if (${body}) {\n          ${NEXT.replace("\n", "\n  ")}\n        }\n        then = LEAVE;\n        break;`,
  jump: (body) => `then = u32(${body});\n        break;`,
  taken: () => "then = TAKEN;\n        break;",
  goto: (type) =>
    `rip = <u64>load<${type}>(load<u32>(record, R_SRC));\n        then = INDIRECT;\n        break;`,
  call: (type) =>
    `then = memory.pushValue<${type}>(s, <${type}>(rip + load<u16>(record, R_NEXT))) ? TAKEN : LEAVE;\n        break;`,
  callto: (type) => `{
        const target = <u64>load<${type}>(load<u32>(record, R_SRC));
        then = LEAVE;
        if (memory.pushValue<${type}>(s, <${type}>(rip + load<u16>(record, R_NEXT)))) {
          rip = target;
          then = INDIRECT;
        }
        break;
      }`,
  return: (type) => `{
        const from = memory.returnSlot<${type}>(s);
        then = LEAVE;
        if (from !== 0) {
          rip = <u64>load<${type}>(from);
          memory.dropReturn<${type}>(s, record);
          then = INDIRECT;
        }
        break;
      }`,
};

/** For a width that there is not, so that the cases have no gap. */
const NOTHING = "then = LEAVE;\n        break;";

function innerCase({ name, number, widths, kind, body }: Operation): string {
  return [...widths]
    .map((width, index) => {
      const code = width === "." ? NOTHING : CASES[kind]!(bodyFor(body, width));
      const place = index === 0 ? name : `${name} + ${index}`;
      return `      case ${number + index}: // ${place}\n        ${code}\n`;
    })
    .join("");
}

/** The text of execute.gen.ts: the cases are literal numbers without gaps, of which compilers make one jump table. */
export function makeInnerLoop(table: Table): string {
  const inner = table.operations.filter(({ kind }) => INNER.includes(kind));
  const cases = inner.map(innerCase).join("");
  const frame = readFileSync(join(ROOT, FRAME), "utf8");
  const text = frame.replace("      // CASES\n", () => cases);
  return `${HEAD}${text.replace("// IMPORTS\n", () => imports(table, text))}`;
}

/** One function over the rows of a kind: executes the operation, and returns whether it is one of them. */
function outerFunction(table: Table, name: string, text: string, kind: string): string {
  const bodies = new Map<string, string[]>();
  for (const operation of table.operations) {
    const body =
      operation.kind === kind ? operation.body : kind === "access" && operation.otherwise;
    if (!body) continue;
    const numbers = [...operation.widths].flatMap((width, index) =>
      width === "." ? [] : [`    case ${operation.number + index}: // ${operation.name}\n`],
    );
    bodies.set(body, [...(bodies.get(body) ?? []), ...numbers]);
  }
  const cases = [...bodies].map(
    ([body, numbers]) => `${numbers.join("")}      ${body};\n      return true;\n`,
  );
  return `
/** ${text} */
export function ${name}(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
${cases.join("")}    default:
      return false;
  }
}
`;
}

/** The text of outside.gen.ts. */
export function makeOutside(table: Table): string {
  const text = [
    outerFunction(
      table,
      "compute",
      "Executes an operation on registers and temporaries alone. Returns whether it is one.",
      "compute",
    ),
    outerFunction(
      table,
      "access",
      "Executes an operation that may fault. Returns whether it is one.",
      "access",
    ),
    outerFunction(
      table,
      "systemInstruction",
      "Executes an operation of the system. Returns whether it is one.",
      "system",
    ),
  ].join("");
  const records = [...new Set(text.match(/\bR_[A-Z]+\b/g))].sort();
  const from = records.length > 0 ? `import { ${records.join(", ")} } from "./records.ts";\n` : "";
  return `${HEAD}${imports(table, text)}${from}${text}`;
}

/** The generated files and their texts. */
export function operationFiles(): [string, string][] {
  const table = readOperations();
  return [
    [`${ROOM}/operations.gen.ts`, makeNumbers(table)],
    [`${ROOM}/execute.gen.ts`, makeInnerLoop(table)],
    [`${ROOM}/outside.gen.ts`, makeOutside(table)],
  ];
}
