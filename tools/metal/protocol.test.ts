import { expect, test } from "vitest";
import { Answer, request } from "./protocol.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const ANSWER = `
%begin 7 1 4 3
%o 7 1 ${base64("out")}
%o 7 2 ${base64("\n")}
%e 7 1 ${base64("err")}
%end 7
`;
const ENDED = { status: 1, out: "out\n", err: "err" };

function answer(...texts: string[]): Answer {
  const result = new Answer(7);
  for (const text of texts) result.feed(text);
  return result;
}

test("a request carries any command on one line", () => {
  const [number, command] = request(3, 'echo "a\nb"').trimEnd().split(" ");
  expect(number).toBe("3");
  expect(Buffer.from(command!, "base64").toString()).toBe('echo "a\nb"');
});

test("an answer has status, output and errors, whatever is printed around it", () => {
  expect(answer(ANSWER).result).toEqual(ENDED);
  expect(answer(...ANSWER).result).toEqual(ENDED);
  expect(answer(ANSWER.replaceAll("\n", "\r\n")).result).toEqual(ENDED);
  expect(answer(`[ 1.0] kernel\n${ANSWER.replace("%e", "[ 2.0] kernel\n%e")}`).result).toEqual(
    ENDED,
  );
});

test("an answer that is not complete, or another's, is none", () => {
  expect(answer(ANSWER.slice(0, -3)).isOver).toBe(false);
  expect(answer(ANSWER.slice(0, -3)).result).toBe(undefined);
  expect(answer(ANSWER.replaceAll("7", "8")).hasBegun).toBe(false);
});

const BROKEN = [
  ["in the output", ANSWER.replace(base64("out"), `b3[ 1.0] kernel\nV0`)],
  ["in its head", ANSWER.replace("%begin 7", "%beg[ 1.0] kernel\nin 7")],
  ["before a line", ANSWER.replace("%e", "[ 1.0] kernel %e")],
] as const;

test.each(BROKEN)("what the kernel broke %s is taken from the next answer", (_, text) => {
  expect(answer(text).result).toBe(undefined);
  expect(answer(text).isOver).toBe(true);
  expect(answer(text, ANSWER).result).toEqual(ENDED);
});

test("answers that are all broken, each elsewhere, make one", () => {
  expect(answer(...BROKEN.map(([, text]) => text)).result).toEqual(ENDED);
});
