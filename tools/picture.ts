// `npm run picture`: draws docs/map.svg, a machine with two of the demo cells, and docs/session.svg and docs/session-linux.svg from recordings
// of a real `npm run demo` and `npm run demo:linux`, which lie beside them. A recording
// is one JSON array [seconds, text] a line, as asciicast's events are: what appeared on the terminal, and when.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { mapOf } from "../config/show/map.ts";
import { drawSvg } from "../config/show/map-svg.ts";
import apicDemo from "../configs/x86/apic-demo.ts";
import qemuX86 from "../configs/x86/qemu-x86.ts";
import tinyDemo from "../configs/x86/tiny-demo.ts";
import { ROOT } from "./root.ts";
import { type Span, terminalLines } from "./terminal.ts";

/** Paths are relative to the root. */
const SESSIONS: readonly (readonly [recording: string, picture: string, command: string])[] = [
  ["docs/session.jsonl", "docs/session.svg", "npm run demo"],
  ["docs/session-linux.jsonl", "docs/session-linux.svg", "npm run demo:linux"],
];
const MAP = "docs/map.svg";

/** Pixels. */
const FONT_SIZE = 13;
const CHAR_WIDTH = 7.83;
const LINE_HEIGHT = 18;
const MARGIN = 16;
const TITLE_BAR = 32;
const MAX_COLUMNS = 100;
/** Lines that differ in their figures only: so many are shown, then an ellipsis. */
const MAX_ALIKE = 2;
/** So many lines of what follows a command are shown; the list of cells fits, a report does not. */
const MAX_ANSWER = 5;
/** What a person typed or remarked, and the demo's last word. */
const PERSON = /^(?:[$#] |All \d+ commands)/;
/** What the picture leaves out, with its answers, so that it stays short: it is there to be looked at. */
const LEFT_OUT =
  /^(?:\$ (?:cat|jailhouse (?:console|cell stat|machine stop))|.*tiny-demo|# (?:Another cell|The hypervisor's))/;
/** Serial lines that say nothing, or nothing that a picture needs: how the hypervisor keeps its books, and registers. */
const DULL_SERIAL =
  /^COM\d \|\s*(?:$|Page pool|CPU \d|Code|Using|Created|Cell "|Started|Refused|Adding|Initializing (?:proc|unit)|No IOMMU|Shutting|Releasing|[RE]\w\w:|EFER|Denial|C[SR]\d?:)/;

const BACKGROUND = "#1b1f27";
const FOREGROUND = "#d6dbe5";
/** SGR parameters as CSS. */
const STYLES: Readonly<Record<string, string>> = {
  "1": "font-weight:bold",
  "2": "opacity:.6",
  "31": "fill:#ff7b72",
  "32": "fill:#7ee787",
  "33": "fill:#e3b341",
  "34": "fill:#79c0ff",
  "35": "fill:#d2a8ff",
  "36": "fill:#76e3ea",
  "90": "fill:#8b949e",
};

/** The text of a recording, in order. Throws when a line is not [seconds, text]. */
export function recordedText(recording: string): string {
  const events = recording.split("\n").filter((line) => line !== "");
  return events
    .map((line, index) => {
      const event: unknown = JSON.parse(line);
      if (Array.isArray(event) && typeof event[0] === "number" && typeof event[1] === "string")
        return event[1];
      throw new Error(`line ${index + 1} of the recording is not [seconds, text]`);
    })
    .join("");
}

const ELLIPSIS: Span[] = [{ text: "  ⋮", style: "90" }];

const plain = (line: readonly Span[]) => line.map(({ text }) => text).join("");

/** Without blank lines, and with the beginning of long answers and of runs that differ in their figures only. */
export function shorten(lines: readonly Span[][]): Span[][] {
  const result: Span[][] = [];
  let answer = 0;
  let alike = 0;
  let leftOut = false;
  let previous: string | undefined;
  for (const line of lines) {
    const text = plain(line);
    if (PERSON.test(text)) leftOut = LEFT_OUT.test(text);
    if (leftOut || text.trim() === "" || DULL_SERIAL.test(text)) continue;
    const shape = text.replace(/\s*[\d.]+/g, "0");
    alike = shape === previous ? alike + 1 : 1;
    previous = shape;
    if (PERSON.test(text)) answer = 0;
    else if (alike <= MAX_ALIKE) answer++;
    const isCut = answer > MAX_ANSWER || alike > MAX_ALIKE;
    if (!isCut) result.push(line);
    else if (result.at(-1) !== ELLIPSIS) result.push(ELLIPSIS);
  }
  return result;
}

const NO_BREAK_SPACE = "\u00a0";

/** Blanks become unbreakable: browsers join others, whatever xml:space says. */
const escapeXml = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(" ", NO_BREAK_SPACE);

function cut(line: readonly Span[]): Span[] {
  let room = MAX_COLUMNS;
  return line.flatMap(({ text, style }) => {
    const kept = text.slice(0, room);
    room -= kept.length;
    return kept === "" ? [] : [{ text: kept, style }];
  });
}

function drawSpan({ text, style }: Span): string {
  const css = style
    .split(" ")
    .map((one) => STYLES[one])
    .filter((one) => one !== undefined)
    .join(";");
  return css === "" ? escapeXml(text) : `<tspan style="${css}">${escapeXml(text)}</tspan>`;
}

function drawLine(line: readonly Span[], index: number): string {
  const y = TITLE_BAR + MARGIN + index * LINE_HEIGHT + FONT_SIZE;
  return `<text x="${MARGIN}" y="${y}">${cut(line).map(drawSpan).join("")}</text>`;
}

/** The picture of a recording of a command, as an SVG document. */
export function drawPicture(recording: string, command: string): string {
  const lines = shorten(terminalLines(recordedText(recording)));
  const columns = Math.min(MAX_COLUMNS, Math.max(...lines.map((line) => plain(line).length)));
  const width = Math.ceil(columns * CHAR_WIDTH + 2 * MARGIN);
  const height = TITLE_BAR + lines.length * LINE_HEIGHT + 2 * MARGIN;
  const buttons = ["#ff5f57", "#febc2e", "#28c840"].map(
    (fill, index) => `<circle cx="${MARGIN + 6 + index * 20}" cy="16" r="6" fill="${fill}"/>`,
  );
  const text = lines
    .map((line, index) => (plain(line).trim() === "" ? "" : drawLine(line, index)))
    .filter((line) => line !== "");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>A session with jailhouse, recorded from ${command}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>`,
    ...buttons,
    `<g fill="${FOREGROUND}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="${FONT_SIZE}">`,
    ...text,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** Writes the pictures, or only compares; returns the paths of those that are not what they should be. */
export function drawPictures(check: boolean): string[] {
  const pictures = new Map([
    ...SESSIONS.map(([recording, picture, command]): [string, string] => [
      picture,
      drawPicture(readFileSync(join(ROOT, recording), "utf8"), command),
    ]),
    [MAP, drawSvg(mapOf([qemuX86, apicDemo, tinyDemo]))],
  ]);
  const isStale = ([path, text]: [string, string]) =>
    !existsSync(join(ROOT, path)) || readFileSync(join(ROOT, path), "utf8") !== text;
  const stale = [...pictures].filter(isStale);
  if (!check) for (const [path, text] of stale) writeFileSync(join(ROOT, path), text);
  return stale.map(([path]) => path);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const path of drawPictures(false)) console.log(`${path}: written`);
}
