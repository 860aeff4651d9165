// How the host and tools/metal/guest/agent talk over the console, on which the kernel may print at any time.

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

const BEGIN = /^%begin (\d+) (\d+) (\d+) (\d+)$/;
const DATA = /^%([oe]) ([A-Za-z0-9+/=]+)$/;

/**
 * Looks for a request's answer in what the console said since. Undefined: it is not complete yet; "broken": it is, but
 * the kernel spoilt it.
 */
export function answer(number: number, text: string): Ended | "broken" | undefined {
  const lines = text.split(/\r?\n/);
  const end = lines.lastIndexOf(`%end ${number}`);
  if (end < 0) return undefined;
  const begin = lines.findLastIndex(
    (line, index) => index < end && BEGIN.exec(line)?.[1] === `${number}`,
  );
  if (begin < 0) return "broken";
  const [, , status, ...sizes] = BEGIN.exec(lines[begin]!)!;
  const data = { o: "", e: "" };
  for (const line of lines.slice(begin + 1, end)) {
    const match = DATA.exec(line);
    if (match) data[match[1] as "o" | "e"] += match[2];
  }
  const [out, err] = [data.o, data.e].map((base64) => Buffer.from(base64, "base64"));
  if (out!.length !== Number(sizes[0]) || err!.length !== Number(sizes[1])) return "broken";
  return { status: Number(status), out: out!.toString(), err: err!.toString() };
}
