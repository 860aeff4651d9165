import { describe, expect, it } from "vitest";
import { drawPicture, recordedText, shorten } from "./picture.ts";
import { terminalLines } from "./terminal.ts";

const text = (output: string) =>
  terminalLines(output).map((line) => line.map((span) => span.text).join(""));

describe("terminalLines", () => {
  it.each([
    ["a\r\nb\nc", ["a", "b", "c"]],
    ["abc\rx", ["xbc"]],
    ["abc\b\bX", ["aXc"]],
    ["a\tb", ["a       b"]],
    ["ab\x1b[2Dc", ["cb"]],
    ["abc\r\x1b[Kx", ["x"]],
    ["one\ntwo\x1b[1A\rX", ["Xne", "two"]],
    ["one\ntwo\nthree\x1b[2A\x1b[J", ["one"]],
    ["a\x1b[3Cb", ["a   b"]],
    ["hid\x1b[?25lden", ["hidden"]],
    ["\x1b(Bplain ⋮ ✓", ["plain ⋮ ✓"]],
  ])("%j", (output, lines) => {
    expect(text(output)).toEqual(lines);
  });

  it("keeps styles until they are undone", () => {
    expect(terminalLines("a\x1b[1;32mb\x1b[39mc\x1b[0md")).toEqual([
      [
        { text: "a", style: "" },
        { text: "b", style: "1 32" },
        { text: "c", style: "1" },
        { text: "d", style: "" },
      ],
    ]);
  });
});

describe("shorten", () => {
  const shortened = (output: string) =>
    shorten(terminalLines(output)).map((line) => line.map((span) => span.text).join(""));

  it("cuts runs of lines that differ in figures only, and blank lines", () => {
    expect(shortened("a 1\na 22\na 3\na 4\na 5\nCOM1 | \nCOM1 | RIP: 0x1\nb\n\n")).toEqual([
      ...["a 1", "a 22", "  ⋮", "b"],
    ]);
  });

  it("cuts long answers, and begins anew at the next command or remark", () => {
    expect(shortened("$ list\na\nb\nc\nd\ne\nf\ng\n# so\n$ next\nh\n")).toEqual([
      ...["$ list", "a", "b", "c", "d", "e", "  ⋮", "# so", "$ next", "h"],
    ]);
  });

  it("leaves out what is too much for a picture, with its answers", () => {
    expect(shortened("$ one\na\n$ jailhouse console\nb\nc\n# so\nd\n")).toEqual([
      ...["$ one", "a", "# so", "d"],
    ]);
  });
});

describe("drawPicture", () => {
  const recording = '[0,"$ "]\n[0.5,"list <a>\\r\\n"]\n[1,"\\u001b[32mrunning\\u001b[0m\\r\\n"]\n';

  it("shows what was recorded, escaped, with its styles", () => {
    const svg = drawPicture(recording, "npm run demo");
    expect(svg).toContain(">$\u00a0list\u00a0&lt;a&gt;</text>");
    expect(svg).toContain('<tspan style="fill:#7ee787">running</tspan>');
    expect(svg).toMatch(/^<svg [^>]*height="100"/);
  });

  it("refuses what is no recording", () => {
    expect(() => recordedText('[1,"a"]\n{"b":1}')).toThrow("line 2");
  });
});
