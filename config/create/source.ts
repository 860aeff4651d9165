// A planned system as a TypeScript source, with a comment on each entry.

import { hex } from "../check/ranges.ts";
import { oneLine, printable } from "../printable.ts";
import { forGrub } from "./kernel-options.ts";
import type { Entry } from "./memory.ts";
import type { Plan } from "./system.ts";

const WIDTH = 100;
/** Keys whose numbers are counts, not addresses. */
const DECIMAL = ["length", "vectors", "vtdInterruptLimit"];

function bdfCall(bdf: number): string {
  const part = (value: number) => (value > 9 ? hex(value) : `${value}`);
  return `bdf(${part(bdf >> 8)}, ${part((bdf >> 3) & 0x1f)}, ${bdf & 7})`;
}

function number(key: string, value: number | bigint): string {
  if (key === "bdf") return bdfCall(Number(value));
  if (DECIMAL.includes(key) || value < 10) return `${value}`;
  return hex(value);
}

/** A value as a literal, on one line if it fits after `indent` columns, else with a line for each part. */
function literal(value: unknown, key: string, indent: number, width = WIDTH): string {
  if (typeof value === "number" || typeof value === "bigint") return number(key, value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((one) =>
        literal(one, key === "pins" || key === "cpus" ? "length" : key, indent + 2, width),
      )
    : Object.entries(value).map(
        ([name, one]) => `${name}: ${literal(one, name, indent + 2, width)}`,
      );
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  const pad = isList || parts.length === 0 ? "" : " ";
  const line = `${open}${pad}${parts.join(", ")}${pad}${close}`;
  if (indent + line.length < width && !line.includes("\n")) return line;
  const inner = " ".repeat(indent + 2);
  return `${open}\n${parts.map((part) => `${inner}${part},\n`).join("")}${" ".repeat(indent)}${close}`;
}

/** A value as a definition has it, on one line. */
export const definitionText = (value: unknown): string => literal(value, "", 0, Infinity);

/** Comment lines that are no longer than the rest. */
function comment(text: string, indent: number): string {
  const lines: string[] = [];
  let line = "";
  for (const word of printable(oneLine(text)).split(" ")) {
    if (line !== "" && indent + line.length + word.length + 4 > WIDTH) {
      lines.push(line);
      line = "";
    }
    line += `${line && " "}${word}`;
  }
  return [...lines, line].map((one) => `${" ".repeat(indent)}// ${one}\n`).join("");
}

function keyed(key: string, { comment: text, value }: Entry<unknown>, indent: number): string {
  return `${comment(text, indent)}${" ".repeat(indent)}${key}: ${literal(value, key, indent)},\n`;
}

function list(key: string, entries: readonly Entry<unknown>[], indent: number): string {
  if (entries.length === 0) return "";
  const inner = indent + 2;
  const body = entries
    .map(
      ({ comment: text, value }) =>
        `${comment(text, inner)}${" ".repeat(inner)}${literal(value, "", inner)},\n`,
    )
    .join("");
  return `${" ".repeat(indent)}${key}: [\n${body}${" ".repeat(indent)}],\n`;
}

function header({
  machine,
  platform,
  kernelOptions: { given, missing },
  warnings,
  played,
}: Plan): string {
  const lines = [
    `${machine}, made by \`jailhouse config create\`.`,
    `Platform: ${platform}.`,
    ...(given
      ? [`Linux must be booted with ${given}, as it was when the data were collected.`]
      : []),
    ...(missing
      ? [`Linux must be booted with ${missing}; in /etc/default/grub: ${forGrub(missing)}`]
      : []),
    ...(warnings.length > 0 ? ["To be decided by a person:"] : []),
    ...warnings.map((text) => `- ${text}`),
    ...(played.length > 0
      ? [
          `In no list, or not wholly, because the hypervisor plays it or keeps it: ${played.join("; ")}`,
        ]
      : []),
  ];
  return lines.map((line) => comment(line, 0)).join("");
}

/** The source text; configurations anywhere can import "jailhouse-ts/config". */
export function sourceOf(plan: Plan): string {
  const { start, size } = plan.placement.hypervisor;
  const memory = { comment: plan.placement.memmap, value: { physical: start, size } };
  const body = [
    '  flags: ["virtual-debug-console"],\n',
    keyed("hypervisorMemory", memory, 2),
    keyed("debugConsole", plan.debugConsole, 2),
    plan.pci ? keyed("pci", plan.pci, 2) : "",
    list("iommuUnits", plan.iommuUnits, 2),
    keyed("x86", plan.x86, 2),
    "\n  rootCell: {\n",
    '    name: "RootCell",\n',
    keyed("cpus", plan.cpus, 4),
    list("memory", plan.memory, 4),
    list("irqchips", plan.irqchips, 4),
    list("ports", plan.ports, 4),
    list("pciDevices", plan.pciDevices, 4),
    "  },\n",
  ].join("");
  const names = body.includes("bdf(") ? "bdf, defineSystem" : "defineSystem";
  return `${header(plan)}import { ${names} } from "jailhouse-ts/config";\n\nexport default defineSystem({\n${body}});\n`;
}
