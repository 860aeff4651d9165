import { beforeEach, expect, test } from "vitest";
import { FRESH_LINE, SerialLog } from "./serial-log.ts";

let sent = "";
let isSending = false;
let log: SerialLog;
beforeEach(() => {
  sent = "";
  isSending = false;
  log = new SerialLog(
    (byte) => {
      sent += String.fromCharCode(byte);
    },
    () => isSending,
  );
});

const port = (text: string) => {
  for (const sign of text) log.put(sign.charCodeAt(0), 0);
};
const insert = (text: string) => {
  log.insert(FRESH_LINE, 0);
  for (const sign of text) log.insert(sign.charCodeAt(0), 0);
};

test("an insertion begins below a line that the port has left unfinished", () => {
  port("half");
  insert("FATAL\r\n");
  port(" a line\r\n");
  expect(sent).toBe("half\r\nFATAL\r\n a line\r\n");
});

test.each([
  ["LF alone", "line\n", "\r\n"],
  ["CR", "line\r", "\r\n"],
  ["LF and CR", "line\n\r", "\r\n"],
])("in the first column, after %s", (_, before, between) => {
  port(before);
  insert("FATAL\r\n");
  expect(sent).toBe(`${before}${between}FATAL\r\n`);
});

test("one line follows another without a gap", () => {
  insert("one\r\n");
  port("two\r\n");
  insert("three\r\n");
  expect(sent).toBe("one\r\ntwo\r\nthree\r\n");
});

test("the port does not go on with an inserted line, nor the other way round", () => {
  for (const sign of "ab") log.insert(sign.charCodeAt(0), 0);
  port("cell\r\n");
  log.insert("c".charCodeAt(0), 0);
  expect(sent).toBe("ab\r\ncell\r\nc");
});

test("an insertion waits for the port's line, but not for one without an end", () => {
  isSending = true;
  port("x");
  insert("FATAL\r\n");
  port("y\r\n");
  expect(sent).toBe("xy\r\nFATAL\r\n");
  sent = "";
  port("z");
  insert("FATAL\r\n");
  port("z".repeat(1000));
  expect(sent).toMatch(/^z{1,300}\r\nFATAL\r\nz+$/);
});

test("a restored line goes on as the saved one", () => {
  isSending = true;
  port("half");
  insert("FATAL\r\n");
  const saved = log.save();
  port(" a line\r\n");
  const first = sent;
  log.restore(saved);
  sent = "half";
  port(" a line\r\n");
  expect(sent).toBe(first);
});
