// How the host and tools/metal/guest/agent talk over the console, on which the kernel may print at any time, even within
// a line.

/** How a command in the guest ended. */
export interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** The line that asks the guest to run a shell command. */
export function request(number: number, command: string): string {
  return `${number} ${Buffer.from(command).toString("base64")}\n`;
}

/** The line that asks for the same answer again. */
export const repeat = (number: number) => `${number} again\n`;

const HEAD = /^%begin (\d+) (\d+) (\d+) (\d+)$/;
const DATA = /^%([oe]) (\d+) (\d+) ([A-Za-z0-9+/=]+)$/;

interface Head {
  readonly status: number;
  readonly outSize: number;
  readonly errSize: number;
}

/** Puts together the answer to a request from whatever lines of it arrive whole, in one or more repetitions. */
export class Answer {
  readonly #number: number;
  readonly #lines = { o: new Map<number, string>(), e: new Map<number, string>() };
  #head: Head | undefined;
  #partial = "";
  #isOver = false;

  constructor(number: number) {
    this.#number = number;
  }

  /** Takes a piece of the console's output. */
  feed(text: string): void {
    const lines = (this.#partial + text).split(/\r?\n/);
    this.#partial = lines.pop()!;
    for (const line of lines) this.#take(line);
  }

  #take(line: string): void {
    if (line === `%end ${this.#number}`) this.#isOver = true;
    const [, number, status, outSize, errSize] = HEAD.exec(line) ?? [];
    if (Number(number) === this.#number) {
      this.#head = { status: Number(status), outSize: Number(outSize), errSize: Number(errSize) };
    }
    const [, stream, owner, index, base64] = DATA.exec(line) ?? [];
    if (Number(owner) === this.#number) {
      this.#lines[stream as "o" | "e"].set(Number(index), base64!);
    }
  }

  /** Whether the guest has begun to answer. */
  get hasBegun(): boolean {
    return this.#head !== undefined || this.#lines.o.size + this.#lines.e.size > 0;
  }

  /** Whether the guest has said all; if there is no result then, it must be asked again. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** To be called when the guest is asked again. */
  restart(): void {
    this.#isOver = false;
  }

  /** The answer when all of it has arrived. */
  get result(): Ended | undefined {
    if (!this.#head || !this.#isOver) return undefined;
    const [out, err] = [this.#bytes("o"), this.#bytes("e")];
    const { status, outSize, errSize } = this.#head;
    if (out.length !== outSize || err.length !== errSize) return undefined;
    return { status, out: out.toString(), err: err.toString() };
  }

  #bytes(stream: "o" | "e"): Buffer {
    const lines = this.#lines[stream];
    const all = [...lines.keys()].sort((a, b) => a - b).map((index) => lines.get(index)!);
    return Buffer.concat(all.map((line) => Buffer.from(line, "base64")));
  }
}
