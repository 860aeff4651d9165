// Makes machine/cpu/table.gen.ts and docs/instructions.md from machine/cpu/instructions.txt, and with operations.ts all that comes
// from machine/cpu/operations.txt.
// Run: npx jiti tools/instructions.ts [--check]

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as F from "../machine/cpu/features.ts";
import * as E from "../machine/cpu/rows.ts";
import { operationFiles, readOperations } from "./operations.ts";

/** Numbers of the interpreter's operations by name. */
const OPERATIONS = new Map(readOperations().operations.map(({ name, number }) => [name, number]));
const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..").replace(/\/dist$/, "");
const SOURCE = "machine/cpu/instructions.txt";
const TABLE = "machine/cpu/table.gen.ts";
const EMITTERS = "machine/cpu/decode/emit.gen.ts";
const PAGE = "docs/instructions.md";
const MAPS = ["", "0F", "0F38", "0F3A"];
const OPCODES = 256;
const SEGMENTS = ["ES", "CS", "SS", "DS", "FS", "GS"];
const CONDITIONS = "o no b ae e ne be a s ns p np l ge le g".split(" ");
const SIZES = "bwdqvzyspaxt";
const PREFIXES: Record<string, number> = {
  pNP: E.NEEDS_NONE,
  p66: E.NEEDS_66,
  pF3: E.NEEDS_F3,
  pF2: E.NEEDS_F2,
};
const ATTRIBUTES: Record<string, number> = {
  lock: E.ROW_IS_LOCKABLE,
  i64: E.ROW_IS_LEGACY,
  o64: E.ROW_IS_64,
  d64: E.ROW_IS_DEFAULT_64,
  f64: E.ROW_IS_FORCED_64,
  wide: E.ROW_IS_WIDE,
  x87: E.ROW_IS_X87,
  mmx: E.ROW_IS_MMX,
  sse: E.ROW_IS_SSE,
  unaligned: E.ROW_IS_UNALIGNED,
  older: E.ROW_FALLS_BACK,
  r: E.ROW_READS,
  w: E.ROW_WRITES,
  rw: E.ROW_READS | E.ROW_WRITES,
};

/** Attribute of a row that belongs to a feature; its name follows. */
const FEATURE = "cpuid:";

/** One encoding, as instructions.txt has it. */
export interface Row {
  readonly map: number;
  readonly opcode: number;
  readonly span: "one" | "register" | "condition";
  readonly match: readonly string[];
  readonly mnemonic: string;
  readonly operands: readonly string[];
  readonly emitter: string;
  readonly operation: string;
  readonly attributes: readonly string[];
}

function numbers(table: object): Record<string, number> {
  return table as Record<string, number>;
}

function parseOpcode(text: string): Pick<Row, "map" | "opcode" | "span"> {
  const [hex, suffix] = text.split("+");
  const prefix = hex!.slice(0, -2);
  const map = MAPS.indexOf(prefix);
  if (map < 0) throw new Error(`${SOURCE}: unknown opcode map in ${text}`);
  const span = suffix === "r" ? "register" : suffix === "c" ? "condition" : "one";
  return { map, opcode: Number.parseInt(hex!.slice(-2), 16), span };
}

/** One line, split at the mnemonic: the first word that is neither a match nor the opcode. */
function parseLine(line: string): Row {
  const words = line.split(/\s+/);
  const isMatch = (word: string) => /^(\/\d|=[0-9A-F]{2}|m|r|p(NP|66|F3|F2)|v0|w[01])$/.test(word);
  let at = 1;
  while (isMatch(words[at]!)) at++;
  const [mnemonic, operands, action, ...attributes] = words.slice(at);
  const [emitter, operation] = action!.split(":");
  return {
    ...parseOpcode(words[0]!),
    match: words.slice(1, at),
    mnemonic: mnemonic!,
    operands: operands === "-" ? [] : operands!.split(","),
    emitter: emitter!,
    operation: operation ?? "",
    attributes,
  };
}

/** All rows of instructions.txt, in its order. */
export function readRows(): Row[] {
  const lines = readFileSync(join(ROOT, SOURCE), "utf8").split("\n");
  return lines.filter((line) => line !== "" && !line.startsWith("#")).map(parseLine);
}

/** Mnemonics in the order of their numbers; variants by size are neighbours. */
class Names {
  readonly #numbers = new Map<string, number>();
  readonly names: string[] = [];

  number(mnemonic: string): number {
    const known = this.#numbers.get(mnemonic);
    if (known !== undefined) return known;
    const number = this.names.length;
    this.#numbers.set(mnemonic, number);
    this.names.push(...mnemonic.split(/[/|]/));
    return number;
  }
}

function operandBytes(operand: string | undefined): [number, number] {
  if (operand === undefined) return [E.OPERAND_NONE, 0];
  const segment = SEGMENTS.indexOf(operand);
  if (segment >= 0) return [E.OPERAND_SEG, segment];
  const name = operand[0] === "1" ? "ONE" : operand[0];
  const letter = numbers(E)[`OPERAND_${name}`];
  const size = SIZES.indexOf(operand[1]!);
  if (letter === undefined || size < 0) throw new Error(`${SOURCE}: unknown operand ${operand}`);
  return [letter, size];
}

function operationNumber(name: string): number {
  if (name === "") return 0;
  if (/^\d+$/.test(name)) return Number(name);
  const number = OPERATIONS.get(name);
  if (number === undefined) throw new Error(`${SOURCE}: unknown operation ${name}`);
  return number;
}

function hasModRm(row: Row): boolean {
  return (
    row.match.some((word) => /^(\/|=|m$|r$)/.test(word)) ||
    row.operands.some((operand) => /^[EGRMSKTVWNQ](?!S$)/.test(operand))
  );
}

function attributeBits(row: Row): number {
  let bits = 0;
  for (const word of row.attributes) {
    if (word === "end" || word.startsWith(FEATURE)) continue;
    const bit = ATTRIBUTES[word];
    if (bit === undefined) throw new Error(`${SOURCE}: unknown attribute ${word}`);
    bits |= bit;
  }
  const access = E.ROW_READS | E.ROW_WRITES;
  if ((bits & access) === 0) bits |= access;
  if (row.match.includes("v0")) bits |= E.ROW_IS_VEX;
  if (row.span === "condition") bits |= E.ROW_HAS_CONDITION;
  if (hasModRm(row)) bits |= E.ROW_HAS_MODRM;
  return bits;
}

/** Name of the feature that a row belongs to, as Linux calls it. */
export function featureOf(row: Row): string | undefined {
  return row.attributes.find((word) => word.startsWith(FEATURE))?.slice(FEATURE.length);
}

function featureNumber(row: Row): number {
  const name = featureOf(row);
  if (name === undefined) return 0;
  const number = numbers(F)[`FEATURE_${name.toUpperCase()}`];
  if (number === undefined) throw new Error(`${SOURCE}: unknown feature ${name}`);
  return number;
}

/** The bytes of a row for one opcode (ROW_*). */
function encodeRow(row: Row, opcode: number, names: Names, emitters: readonly string[]): number[] {
  const find = (pattern: RegExp) => row.match.find((word) => pattern.test(word));
  const condition = row.span === "condition" ? CONDITIONS[opcode & 15] : "";
  const mnemonic = names.number(row.mnemonic + condition);
  const form = row.match.includes("m")
    ? E.FORM_MEMORY
    : row.match.includes("r")
      ? E.FORM_REGISTER
      : 0;
  const emitter = emitters.indexOf(row.emitter);
  const attributes = attributeBits(row);
  const operation = operationNumber(row.operation);
  const byName = row.mnemonic.includes("/") ? 1 : row.mnemonic.includes("|") ? 2 : 0;
  return [
    ...[mnemonic & 255, mnemonic >> 8],
    Number(find(/^\/\d/)?.slice(1) ?? E.ANY),
    form,
    Number.parseInt(find(/^=/)?.slice(1) ?? "0", 16),
    PREFIXES[find(/^p/) ?? ""] ?? 0,
    ...[attributes & 255, attributes >> 8],
    ...[0, 1, 2].flatMap((i) => operandBytes(row.operands[i])),
    ...[emitter, byName],
    ...[operation & 255, operation >> 8],
    ...[Number(find(/^w/)?.slice(1) ?? E.ANY), featureNumber(row)],
  ];
}

function opcodesOf(row: Row): number[] {
  const count = { one: 1, register: 8, condition: 16 }[row.span];
  return Array.from({ length: count }, (_, i) => row.opcode + i);
}

/** Byte array literal in lines that fit. */
function literal(bytes: readonly number[]): string {
  const lines: string[] = [];
  for (let i = 0; i < bytes.length; i += 32) lines.push(`  ${bytes.slice(i, i + 32).join(", ")},`);
  return `[\n${lines.join("\n")}\n]`;
}

function words(values: readonly number[]): number[] {
  return values.flatMap((value) => [value & 255, value >> 8]);
}

/** Names of the emitters, in the order of their numbers. */
function emittersOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.map(({ emitter }) => emitter))];
}

/** What code by hand asks for by number. */
const NAMED_EMITTERS = ["string", "undefined"];

/** The text of emit.gen.ts: the emitter `name` is the function of that name, after `emit`, in one of decode/emit-*.ts. */
export function makeEmitters(rows: readonly Row[], files = readEmitters()): string {
  const used = new Set<string>();
  const cases = emittersOf(rows).map((name, number) => {
    const { file, call } = files.get(name) ?? {};
    if (file === undefined) throw new Error(`${SOURCE}: unknown emitter ${name}`);
    used.add(file);
    return `    case ${number}: // ${name}\n      return ${file}.${call}();\n`;
  });
  const imports = [...used].sort().map((file) => `import * as ${file} from "./emit-${file}.ts";\n`);
  return `// Made by tools/instructions.ts from instructions.txt. Do not edit.

import { ROW_EMITTER } from "../rows.ts";
${imports.join("")}import { D_ROW, field } from "./fields.ts";

/** Emits the records of the instruction at hand, by its row's emitter. */
export function emitInstruction(): void {
  switch (<u32>load<u8>(field(D_ROW), ROW_EMITTER)) {
${cases.join("")}    default:
      unreachable();
  }
}
`;
}

/** The functions that make records for a row, by name: the file (decode/emit-FILE.ts), and what is called there. */
function readEmitters(): Map<string, { file: string; call: string }> {
  const directory = join(ROOT, dirname(EMITTERS));
  const found = readdirSync(directory).flatMap((name) => {
    const file = /^emit-(\w+)\.ts$/.exec(name)?.[1];
    if (file === undefined) return [];
    const text = readFileSync(join(directory, name), "utf8");
    return [...text.matchAll(/^export function (emit(\w+))\(\): void/gm)].map(
      ([, call, emitter]) => [emitter!.toLowerCase(), { file, call: call! }] as const,
    );
  });
  return new Map(found);
}

/** How the tables write a row's opcode and what else an instruction must have to be it. */
export function encodingOf(row: Row): string {
  const opcode = `${MAPS[row.map]}${row.opcode.toString(16).toUpperCase().padStart(2, "0")}`;
  const span = { one: "", register: "+r", condition: "+c" }[row.span];
  return [opcode + span, ...row.match].join(" ");
}

/** The rows in the order of table.gen.ts, where each opcode has its own; those of several opcodes are there as often. */
export function tableOrder(rows: readonly Row[]): Row[] {
  const perOpcode: Row[][] = Array.from({ length: MAPS.length * OPCODES }, () => []);
  for (const row of rows)
    for (const opcode of opcodesOf(row)) perOpcode[row.map * OPCODES + opcode]!.push(row);
  return perOpcode.flat();
}

/** The text of table.gen.ts. */
export function makeTable(rows: readonly Row[]): string {
  const names = new Names();
  const emitters = emittersOf(rows);
  names.number("(bad)");
  const perOpcode: number[][][] = Array.from({ length: MAPS.length * OPCODES }, () => []);
  for (const row of rows)
    for (const opcode of opcodesOf(row))
      perOpcode[row.map * OPCODES + opcode]!.push(encodeRow(row, opcode, names, emitters));
  const starts: number[] = [0];
  for (const list of perOpcode) starts.push(starts.at(-1)! + list.length);
  const nameStarts: number[] = [0];
  for (const name of names.names) nameStarts.push(nameStarts.at(-1)! + name.length);
  const text = [...names.names.join("")].map((letter) => letter.charCodeAt(0));
  const named = NAMED_EMITTERS.map(
    (name) =>
      `/** The emitter \`${name}\`. */\nexport const EMIT_${name.toUpperCase()}: u32 = ${emitters.indexOf(name)};\n`,
  );
  return `// Made by tools/instructions.ts from instructions.txt. Do not edit.

${named.join("")}
/** First row of each opcode, u16[4 * 256 + 1]: one-byte map, 0F, 0F38, 0F3A. */
export const ROW_STARTS: usize = memory.data<u8>(${literal(words(starts))});

/** Rows (ROW_* in rows.ts). */
export const ROWS: usize = memory.data<u8>(${literal(perOpcode.flat(2))});

/** Where each mnemonic starts in NAMES, u16. */
export const NAME_STARTS: usize = memory.data<u8>(${literal(words(nameStarts))});

/** The mnemonics' letters. */
export const NAMES: usize = memory.data<u8>(${literal(text)});
`;
}

/** The text of docs/instructions.md. */
export function makePage(rows: readonly Row[]): string {
  const list = rows.map((row) => {
    const mnemonic = row.mnemonic.replaceAll("|", "/") + (row.span === "condition" ? "cc" : "");
    return `| \`${encodingOf(row)}\` | ${mnemonic} | ${row.operands.join(", ")} | ${row.attributes.join(" ")} |`;
  });
  return `# Instructions

Made by tools/instructions.ts from machine/cpu/instructions.txt, where the notation is explained. An encoding that is not listed raises
#UD, but for those with VEX or EVEX prefixes (AVX and later): they stop the CPU with \`EXIT_UNIMPLEMENTED\`, which names their bytes.

Control registers can switch units off: SSE is #UD with CR0.EM or without CR4.OSFXSR, MMX is #UD with CR0.EM, XSAVE and XRSTOR are #UD
without CR4.OSXSAVE; a row with \`cpuid:NAME\` is #UD where the processor is without that feature (docs/machine.md), and with \`older\` what
the next row is; x87 is #NM with CR0.EM, and all are #NM with CR0.TS; FWAIT is #NM with CR0.MP and CR0.TS.

| encoding | mnemonic | operands | attributes |
| --- | --- | --- | --- |
${list.join("\n")}
`;
}

/** Names of the generated files that differ from what the two tables say; writes them unless \`check\`. */
export function generate(check: boolean): string[] {
  const rows = readRows();
  const stale: string[] = [];
  for (const [path, text] of [
    [TABLE, makeTable(rows)],
    [EMITTERS, makeEmitters(rows)],
    [PAGE, makePage(rows)],
    ...operationFiles(),
  ] as const) {
    const file = join(ROOT, path);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    stale.push(path);
    if (check) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return stale;
}

if (process.argv[1] && /tools[\\/]instructions\.[jt]s$/.test(process.argv[1])) {
  const check = process.argv.includes("--check");
  for (const path of generate(check))
    console.log(`${path} ${check ? "is out of date" : "written"}`);
}
