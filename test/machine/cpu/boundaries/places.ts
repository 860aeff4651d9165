// Where in a program's blocks something happened: counted, so that the test can say what it has tried.
import type { Program } from "./programs.ts";
import { AT_BOUNDARY, INSIDE, type What } from "./ways.ts";
import type { World } from "./world.ts";

const PAGE = 4096;
/** The instruction (or pair) is a block's first, in the middle of one, or the last of its page. */
const KINDS = ["first", "inside", "page's last"] as const;
type Kind = (typeof KINDS)[number];

interface Place {
  kind: Kind;
  /** The first half of a pair that is one record. */
  isFused: boolean;
  usesMemory: boolean;
}

interface Line {
  text: string;
  at: number;
  end: number;
}

/** Instructions that end a block. */
const ENDS = /^(j|call|ret|loop|rep|ins|outs|in |out |cli|sti|pushf|popf|int|ud)/;
/** Those that may be the first half of a pair, and the jumps that then are the second. */
const PAIRS: [RegExp, RegExp][] = [
  [/^cmp/, /^j(b|ae|e|ne|be|a|s|ns|l|ge|le|g) /],
  [/^test/, /^j(e|ne|s|ns|l|ge|le|g) /],
  [/^dec [^[]*$/, /^j(e|ne) /],
];
const MEMORY = /\[|^(push|pop|call|ret|enter|leave|(rep\w* )?(movs|cmps|stos|lods|scas)[bwdq])/;
const NO_MEMORY = /^(lea|nop)/;

function pageOf(address: number): number {
  return Math.floor(address / PAGE);
}

function areFused(first: Line, second: Line | undefined): boolean {
  if (!second || pageOf(first.at) !== pageOf(second.end - 1)) return false;
  return PAIRS.some(([one, two]) => one.test(first.text) && two.test(second.text));
}

function lines(world: World, program: Program): Line[] {
  const found: Line[] = [];
  const end = program.start + program.bytes.length;
  for (let at = program.start; at < end; ) {
    const { text, length } = world.disassemble(BigInt(at));
    found.push({ text, at, end: at + Math.max(length, 1) });
    at = found.at(-1)!.end;
  }
  return found;
}

/** What is where in a program that `world` is prepared for, and what has happened there. */
export class Places {
  /** By the instruction's address, and by the address behind it. */
  readonly #within = new Map<number, Place>();
  readonly #before = new Map<number, Place>();
  readonly counts: Map<string, number>;

  constructor(world: World, program: Program, counts: Map<string, number>) {
    this.counts = counts;
    const all = lines(world, program);
    for (const [i, line] of all.entries()) {
      const isFused = areFused(line, all[i + 1]);
      const { end } = isFused ? all[i + 1]! : line;
      const isFirst = i === 0 || ENDS.test(all[i - 1]!.text);
      const isLast = pageOf(line.at) !== pageOf(end);
      const place: Place = {
        kind: isLast ? "page's last" : isFirst ? "first" : "inside",
        isFused,
        usesMemory: MEMORY.test(line.text) && !NO_MEMORY.test(line.text),
      };
      this.#within.set(line.at, place);
      this.#before.set(line.end, place);
    }
  }

  /** Counts something; at a boundary it belongs to the instruction before it. */
  count(what: What, rip: number): void {
    const isInside = (INSIDE as readonly string[]).includes(what);
    const place = (isInside ? this.#within : this.#before).get(rip);
    if (!place || (isInside && !place.usesMemory && what !== "fault")) return;
    const key = keyOf(place.kind, what, place.isFused);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }
}

function keyOf(kind: Kind, what: What, isFused: boolean): string {
  return `${kind}, ${what}, ${isFused ? "fused" : "plain"}`;
}

/** All that can be counted. */
export function allKeys(): string[] {
  return KINDS.flatMap((kind) =>
    [...AT_BOUNDARY, ...INSIDE].flatMap((what) =>
      [true, false].map((isFused) => keyOf(kind, what, isFused)),
    ),
  );
}

/** The counts as a table. */
export function table(counts: Map<string, number>): string {
  const row = (what: What) =>
    KINDS.flatMap((kind) =>
      [true, false].map((isFused) => counts.get(keyOf(kind, what, isFused)) ?? 0),
    );
  const heads = KINDS.flatMap((kind) => [`${kind}: fused`, "plain"]);
  const text = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(16) + cells.map((cell) => String(cell).padStart(20)).join("");
  return [
    text("", heads),
    ...[...AT_BOUNDARY, ...INSIDE].map((what) => text(what, row(what))),
  ].join("\n");
}
