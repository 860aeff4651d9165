// What the build checks about an image's machine code, by its disassembly: it leaves the guests' floating point state alone,
// has no indirect branches, and its stacks cannot overflow.
import { run } from "../inmates/toolchain.ts";

const FUNCTION = /^[0-9a-f]+ <([^>]+)>:$/;
/** Functions that end a CPU's work; they report, so what they call may fault again and come back to them: they notice. */
const LAST = ["panic", "exception"];
/** Begins with an empty stack. */
const FRESH = "restart";
const WORD = 8;

/** What a processor's instructions look like, as its objdump writes them. */
export interface Instructions {
  readonly objdump: string;
  /** A branch, with what it names. */
  readonly branch: RegExp;
  readonly call: RegExp;
  /** Its targets can be predicted from what a guest has executed (AMD, "Software Techniques for Managing Speculation"). */
  readonly indirect: RegExp;
  /** Whatever touches the guest's floating point state. */
  readonly floatingPoint: RegExp;
  /** Where a CPU changes hands: the only code that may touch that state, to take it from everyone. */
  readonly handOver: readonly string[];
  /** What takes bytes from the stack: how many, as the digits that it shows, to a base. */
  readonly space: readonly { readonly pattern: RegExp; readonly base: number }[];
  /** What takes a word, and what a call takes by itself. */
  readonly push: RegExp;
  readonly returnAddress: number;
  /** What an exception takes before its handler is called. */
  readonly exceptionFrame: number;
}

export const X86_INSTRUCTIONS: Instructions = {
  objdump: "objdump",
  branch: /^(?:call|j\w+) +[0-9a-f]+ <([^>+]+)(?:\+0x[0-9a-f]+)?>$/,
  call: /^call/,
  indirect: /^(?:call|jmp)q? +\*/,
  // Registers of SSE, AVX and MMX, instructions of the x87, and saving or loading of all of them.
  floatingPoint: /%(?:[xyz]mm\d|mm\d|st\b)|^(?:f[a-z]+|x(?:save|rstor)\w*|v?(?:ld|st)mxcsr)\b/,
  handOver: ["restore_legacy", "try_restore", "try_restore_supervisor"],
  space: [{ pattern: /^sub +\$0x([0-9a-f]+),%rsp$/, base: 16 }],
  push: /^push/,
  returnAddress: WORD,
  // What a processor pushes, and its stub: SS, RSP, RFLAGS, CS, RIP, error code, alignment, return address.
  exceptionFrame: 8 * WORD,
};

export const ARM64_INSTRUCTIONS: Instructions = {
  objdump: "aarch64-linux-gnu-objdump",
  branch: /^(?:bl?|b\.\w+|cbn?z|tbn?z) (?:.*, )?[0-9a-f]+ <([^>+]+)(?:\+0x[0-9a-f]+)?>/,
  call: /^bl /,
  indirect: /^(?:br|blr)\w* x\d+/,
  // Registers of SIMD and floating point in any width, and their control registers; SVE's.
  floatingPoint: /[\s[{,](?:[vqdshbzp]\d{1,2}(?:\.\w+)?|fp[cs]r)(?=[\],}\s]|$)/,
  handOver: [],
  space: [
    { pattern: /^sub sp, sp, #0x([0-9a-f]+)$/, base: 16 },
    { pattern: /^st[pr] .*\[sp, #-(\d+)\]!$/, base: 10 },
  ],
  push: /^$/,
  returnAddress: 0,
  // It begins where the stack pointer is.
  exceptionFrame: 0,
};

/** A function: bytes of stack at most without what it calls, and what it calls or jumps to. */
interface Function {
  stack: number;
  readonly next: Set<string>;
}

/** The instruction of a disassembly's line, its operands after a space, without objdump's remarks. */
function instructionOf(line: string): string | undefined {
  const [, ...parts] = line.split("\t");
  return parts.length > 0
    ? parts
        .join(" ")
        .replace(/ +\/\/.*/, "")
        .trim()
    : undefined;
}

function spaceOf(text: string, { space, push }: Instructions): number {
  const taken = space.map(({ pattern, base }) => {
    const digits = pattern.exec(text)?.[1];
    return digits === undefined ? 0 : Number.parseInt(digits, base);
  });
  return Math.max(0, ...taken) + (text !== "" && push.test(text) ? WORD : 0);
}

/** The functions of a disassembly by `objdump -d --no-show-raw-insn`. */
function functionsOf(disassembly: string, kind: Instructions): Map<string, Function> {
  const functions = new Map<string, Function>();
  let name = "";
  let current: Function = { stack: 0, next: new Set() };
  for (const line of disassembly.split("\n")) {
    const label = FUNCTION.exec(line)?.[1];
    if (label !== undefined) {
      name = label;
      current = { stack: kind.returnAddress, next: new Set() };
      functions.set(name, current);
      continue;
    }
    const instruction = instructionOf(line);
    if (instruction === undefined) continue;
    const target = kind.branch.exec(instruction)?.[1];
    if (target !== undefined && (target !== name || kind.call.test(instruction)))
      current.next.add(target);
    current.stack += spaceOf(instruction, kind);
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
export function stackNeed(disassembly: string, kind = X86_INSTRUCTIONS): number {
  const functions = functionsOf(disassembly, kind);
  const known = new Map<string, number>();
  const depths = [...functions.keys()].map((name) => depthOf(name, functions, known, []));
  const reports = LAST.map((name) => depthOf(name, functions, known, []));
  return Math.max(...depths) + kind.exceptionFrame + Math.max(...reports);
}

/** First instruction that must not be there, if any. */
export function forbiddenInstruction(
  disassembly: string,
  kind = X86_INSTRUCTIONS,
): string | undefined {
  let label = "";
  for (const line of disassembly.split("\n")) {
    label = FUNCTION.exec(line)?.[1] ?? label;
    const text = instructionOf(line) ?? "";
    if (kind.indirect.test(text)) return text;
    if (kind.branch.test(text)) continue;
    if (kind.floatingPoint.test(text) && !kind.handOver.includes(label)) return text;
  }
  return undefined;
}

/** Checks a linked image; `room` is the size of a stack. Returns the bytes of stack that it can need. */
export function verifyImage(elf: string, room: number, kind = X86_INSTRUCTIONS): number {
  const disassembly = run(kind.objdump, ["-d", "-j", ".text", "--no-show-raw-insn", elf]);
  const forbidden = forbiddenInstruction(disassembly, kind);
  if (forbidden !== undefined) throw new Error(`the image has an instruction "${forbidden}"`);
  const need = stackNeed(disassembly, kind);
  if (need > room) throw new Error(`the image can need ${need} bytes of stack, but has ${room}`);
  return need;
}
