// A model of stopping and resuming CPUs: the platform's stop.ts and what uses it, and the core's users of that, executed in every
// order in which three CPUs can have their turns. A state is wrong if something forbidden happens in it (processors.ts), or
// if no way leads from it to an end where all is done: CPUs that wait for one another, an NMI or a SIPI that was lost.
import { type Frame, Processors, type State, Violation } from "./processors.ts";
import {
  ACT,
  ASK,
  CALL,
  GET,
  JUMP,
  JUMP_UNLESS,
  Layout,
  LOAD,
  LOAD_OWN,
  OPERATE,
  POP,
  Program,
  PUSH,
  RETURN,
  SET,
  STORE,
  STORE_OWN,
} from "./program.ts";
import { CPUS, FILES, MEMBERS, OWN, type Scenario } from "./scenario.ts";

const OPERATORS: Record<string, (left: number, right: number) => number | boolean> = {
  "+": (left, right) => left + right,
  "-": (left, right) => (left - right) >>> 0,
  "*": (left, right) => left * right,
  "&": (left, right) => left & right,
  "|": (left, right) => left | right,
  "<<": (left, right) => left << right,
  "===": (left, right) => left === right,
  "!==": (left, right) => left !== right,
  "<": (left, right) => left < right,
  ">=": (left, right) => left >= right,
};

/** What the model found: nothing wrong, or what. */
export interface Finding {
  states: number;
  wrong?: string;
}

/** Everything that can happen in a scenario, with `changes` of files' texts. */
export class Model {
  private readonly program: Program;
  private readonly processors: Processors;
  private readonly codes: Map<unknown, number>;

  constructor(scenario: Scenario, changes: ReadonlyMap<string, string> = new Map()) {
    const layout = new Layout();
    this.program = new Program(FILES, OWN, MEMBERS, layout, changes);
    const run = this.program.function("run");
    this.codes = new Map([...this.program.code.values()].map((code, index) => [code, index]));
    this.processors = new Processors(scenario, layout, () => frameOf(run, []));
  }

  /** Looks at every state that can be reached. */
  explore(): Finding {
    const numbers = new Map<string, number>();
    const before: number[][] = [];
    const queue: State[] = [];
    const done: number[] = [];
    const add = (state: State, from: number): void => {
      const key = this.key(state);
      let number = numbers.get(key);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(key, number);
        before.push([]);
        queue.push(state);
        if (this.processors.isDone(state)) done.push(number);
      }
      if (from >= 0) before[number]!.push(from);
    };
    try {
      const first = this.processors.first();
      for (let cpu = 0; cpu < CPUS; cpu++) this.settle(first, cpu);
      add(first, -1);
      for (let number = 0; number < queue.length; number++) {
        for (const next of this.after(queue[number]!)) add(next, number);
        queue[number] = undefined as never;
      }
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return { states: numbers.size, wrong: error.message };
    }
    const isStuck = reach(done, before).includes(0);
    return { states: numbers.size, ...(isStuck ? { wrong: "nothing leads to an end" } : {}) };
  }

  private key({ memory, threads }: State): string {
    const words = [...memory];
    for (const frames of threads) {
      words.push(frames.length);
      for (const { code, at, locals, stack } of frames)
        words.push(this.codes.get(code)!, at, locals.length, ...locals, stack.length, ...stack);
    }
    return String.fromCharCode(...words);
  }

  private after(state: State): State[] {
    const results: State[] = [];
    for (let cpu = 0; cpu < CPUS; cpu++) {
      for (const act of this.processors.outside(state, cpu)) {
        const next = copy(state);
        act(next);
        results.push(next);
      }
      results.push(...this.turn(state, cpu));
    }
    return results;
  }

  /** What `cpu` can do: one thing that others notice, and then what they do not. */
  private turn(state: State, cpu: number): State[] {
    const frame = state.threads[cpu]!.at(-1);
    if (!frame) return [];
    const [operation, operand, count] = frame.code.instructions[frame.at]!;
    const values = frame.stack.slice(frame.stack.length - count);
    const acts =
      operation === ACT
        ? this.processors.acts(state, cpu, operand as string, values)
        : [(next: State) => this.execute(next, cpu)];
    return acts.map((act) => {
      const next = copy(state);
      if (operation === ACT) this.act(next, cpu, count, act as (next: State) => number);
      else act(next);
      this.settle(next, cpu);
      return next;
    });
  }

  private act(state: State, cpu: number, count: number, act: (next: State) => number): void {
    const frame = state.threads[cpu]!.at(-1)!;
    frame.at++;
    frame.stack.splice(frame.stack.length - count, count);
    frame.stack.push(act(state));
  }

  /** Executes what nobody else notices. */
  private settle(state: State, cpu: number): void {
    for (;;) {
      const frame = state.threads[cpu]!.at(-1);
      if (!frame || frame.code.instructions[frame.at]![0] >= LOAD) return;
      this.execute(state, cpu);
    }
  }

  private execute(state: State, cpu: number): void {
    const frames = state.threads[cpu]!;
    const frame = frames.at(-1)!;
    const { stack, locals } = frame;
    const [operation, operand, count] = frame.code.instructions[frame.at++]!;
    const word = operand as number;
    switch (operation) {
      case PUSH:
        stack.push(word);
        break;
      case GET:
        stack.push(locals[word]!);
        break;
      case SET:
        locals[word] = stack.pop()!;
        break;
      case POP:
        stack.pop();
        break;
      case JUMP:
        frame.at = word;
        break;
      case JUMP_UNLESS:
        if (!stack.pop()) frame.at = word;
        break;
      case OPERATE:
        operate(operand as string, stack);
        break;
      case LOAD:
      case LOAD_OWN:
        stack.push(state.memory[stack.pop()!]!);
        break;
      case STORE:
      case STORE_OWN:
        state.memory[stack.pop()!] = stack.pop()!;
        break;
      case CALL:
        this.call(state, cpu, operand as string, stack.splice(stack.length - count, count));
        break;
      case RETURN:
        frames.pop();
        frames.at(-1)?.stack.push(stack.pop()!);
        this.processors.returned(state, cpu, frame.code.name, locals);
        break;
      case ASK: {
        const values = stack.splice(stack.length - count, count);
        stack.push(this.processors.ask(state, cpu, operand as string, values));
      }
    }
  }

  private call(state: State, cpu: number, name: string, values: number[]): void {
    this.processors.called(state, cpu, name, values);
    state.threads[cpu]!.push(frameOf(this.program.function(name), values));
  }
}

function frameOf(code: Frame["code"], locals: number[]): Frame {
  return { code, at: 0, locals, stack: [] };
}

function operate(operator: string, stack: number[]): void {
  const right = stack.pop()!;
  if (operator === "!") stack.push(right ? 0 : 1);
  else if (operator === "~") stack.push(~right);
  else stack.push(Number(OPERATORS[operator]!(stack.pop()!, right)));
}

function copy({ memory, threads }: State): State {
  return {
    memory: memory.slice(),
    threads: threads.map((frames) =>
      frames.map(({ code, at, locals, stack }) => ({
        code,
        at,
        locals: locals.slice(),
        stack: stack.slice(),
      })),
    ),
  };
}

/** For each state 1 if one of `ends` can be reached from it. */
function reach(ends: readonly number[], before: readonly (readonly number[])[]): Uint8Array {
  const reached = new Uint8Array(before.length);
  const queue = [...ends];
  for (const end of ends) reached[end] = 1;
  for (let at = queue.pop(); at !== undefined; at = queue.pop())
    for (const from of before[at]!) {
      if (reached[from]) continue;
      reached[from] = 1;
      queue.push(from);
    }
  return reached;
}
