// What the build checks about an image's machine code, by its disassembly: it leaves the guests' floating point state alone,
// has no indirect branches, and its stacks cannot overflow.
import { run } from "../inmates/toolchain.ts";

const FUNCTION = /^[0-9a-f]+ <([^>]+)>:$/;
const BRANCH = /^(?:call|j\w+) +[0-9a-f]+ <([^>+]+)(?:\+0x[0-9a-f]+)?>$/;
/** Their targets can be predicted from what a guest has executed (AMD, "Software Techniques for Managing Speculation"). */
const INDIRECT_BRANCH = /^(?:call|jmp)q? +\*/;
/** Registers of SSE, AVX and MMX, instructions of the x87, and saving or loading of all of them. */
const FLOATING_POINT =
  /%(?:[xyz]mm\d|mm\d|st\b)|^(?:f[a-z]+|x(?:save|rstor)\w*|v?(?:ld|st)mxcsr)\b/;
/** Where a CPU changes hands: the only code that may touch that state, to take it from everyone (exceptions.S). */
const HAND_OVER = ["restore_legacy", "try_restore", "try_restore_supervisor"];
const STACK_SPACE = /^sub +\$0x([0-9a-f]+),%rsp$/;
const WORD = 8;
/** Functions that end a CPU's work; they report, so what they call may fault again and come back to them: they notice. */
const LAST = ["panic", "exception"];
/** Begins with an empty stack. */
const FRESH = "restart";
/** What a processor pushes for an exception, and its stub: SS, RSP, RFLAGS, CS, RIP, error code, alignment, return address. */
const EXCEPTION_FRAME = 8 * WORD;

/** A function: bytes of stack at most without what it calls, and what it calls or jumps to. */
interface Function {
  stack: number;
  readonly next: Set<string>;
}

/** The functions of a disassembly by `objdump -d --no-show-raw-insn`. */
function functionsOf(disassembly: string): Map<string, Function> {
  const functions = new Map<string, Function>();
  let name = "";
  let current: Function = { stack: 0, next: new Set() };
  for (const line of disassembly.split("\n")) {
    const label = FUNCTION.exec(line)?.[1];
    if (label !== undefined) {
      name = label;
      current = { stack: WORD, next: new Set() };
      functions.set(name, current);
      continue;
    }
    const instruction = line.split("\t")[1]?.trim();
    if (instruction === undefined) continue;
    const target = BRANCH.exec(instruction)?.[1];
    if (target !== undefined && (target !== name || instruction.startsWith("call")))
      current.next.add(target);
    if (instruction.startsWith("push")) current.stack += WORD;
    current.stack += Number.parseInt(STACK_SPACE.exec(instruction)?.[1] ?? "0", 16);
  }
  return functions;
}

/** Bytes of stack from calling `name` on. @throws when calls go in a circle. */
function depthOf(
  name: string,
  functions: ReadonlyMap<string, Function>,
  known: Map<string, number>,
  path: readonly string[],
): number {
  if (path.includes(name)) throw new Error(`the image recurses: ${[...path, name].join(" > ")}`);
  const found = known.get(name);
  if (found !== undefined) return found;
  const { stack, next } = functions.get(name) ?? { stack: 0, next: [] };
  const depths = [...next]
    .filter((callee) => callee !== FRESH && !LAST.includes(callee))
    .map((callee) => depthOf(callee, functions, known, [...path, name]));
  const depth = stack + Math.max(0, ...depths);
  known.set(name, depth);
  return depth;
}

/** Bytes of stack that the image's code can need on a CPU, with a report of a fault at the deepest point. */
export function stackNeed(disassembly: string): number {
  const functions = functionsOf(disassembly);
  const known = new Map<string, number>();
  const depths = [...functions.keys()].map((name) => depthOf(name, functions, known, []));
  const reports = LAST.map((name) => depthOf(name, functions, known, []));
  return Math.max(...depths) + EXCEPTION_FRAME + Math.max(...reports);
}

/** First instruction that must not be there, if any. */
export function forbiddenInstruction(disassembly: string): string | undefined {
  let label = "";
  for (const line of disassembly.split("\n")) {
    label = FUNCTION.exec(line)?.[1] ?? label;
    const text = line.split("\t")[1]?.trim() ?? "";
    if (INDIRECT_BRANCH.test(text)) return text;
    if (FLOATING_POINT.test(text) && !HAND_OVER.includes(label)) return text;
  }
  return undefined;
}

/** Checks a linked image; `room` is the size of a stack. Returns the bytes of stack that it can need. */
export function verifyImage(elf: string, room: number): number {
  const disassembly = run("objdump", ["-d", "-j", ".text", "--no-show-raw-insn", elf]);
  const forbidden = forbiddenInstruction(disassembly);
  if (forbidden !== undefined) throw new Error(`the image has an instruction "${forbidden}"`);
  const need = stackNeed(disassembly);
  if (need > room) throw new Error(`the image can need ${need} bytes of stack, but has ${room}`);
  return need;
}
