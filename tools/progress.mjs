// Steps that take long and say little: who waits sees what is done and for how long, and everything that was said only if it fails.
// Plain JavaScript without dependencies, because it runs before anything is installed.
import { spawn } from "node:child_process";

const SECOND = 1000;

/** Shows a step on stderr from its beginning on; on a terminal its seconds go by. */
export class Step {
  #start = performance.now();
  #text;
  #stream;
  #timer;

  constructor(text, stream = process.stderr) {
    this.#text = text;
    this.#stream = stream;
    stream.write(`${text} …`);
    if (stream.isTTY) this.#timer = setInterval(() => this.#show(), SECOND).unref();
  }

  #time = () => `${Math.round((performance.now() - this.#start) / SECOND)} s`;
  #show = () => this.#stream.write(`\r${this.#text} … (${this.#time()})`);

  /** Ends its line, with the time that it took. */
  end(result = "") {
    clearInterval(this.#timer);
    if (this.#stream.isTTY) this.#stream.write(`\r${this.#text} …`);
    this.#stream.write(` ${result}(${this.#time()})\n`);
  }
}

/** Runs a program to its end. Rejects with an Error whose message is all that it said, in the order in which it came. */
export function quietly(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const said = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => said.push(data));
    child.once("error", ({ message }) =>
      reject(new Error(`${command} could not be run: ${message}`)),
    );
    child.once("close", (status, signal) => {
      if (status === 0) return resolve();
      const text = Buffer.concat(said).toString().trim();
      reject(new Error(text || `${command} ended with ${signal ?? `status ${status}`}`));
    });
  });
}

/** Does it, with a line about it unless `quiet`; what it rejects with is shown and passed on. */
export async function step(text, action, { quiet = false, stream = process.stderr } = {}) {
  const shown = quiet ? undefined : new Step(text, stream);
  try {
    await action();
    shown?.end();
  } catch (error) {
    shown?.end("failed ");
    stream.write(`${error.message}\n`);
    throw error;
  }
}
