// Makes docs/config-reference.md from the types of definitions, the tables of names, the helpers and the rules of the check:
// their comments are the text; docs/msrs.md from the lists of MSRs, the schema of JSON
// configurations, and from the waist's contracts docs/waist.md and a platform's types. `--check` compares instead of writing.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { RULES } from "../config/check/index.ts";
import { FEATURES } from "../config/features.ts";
import * as names from "../config/names.ts";
import { campaignJob } from "./campaign-job.ts";
import {
  type Declared,
  declaredFunctions,
  declaredInterfaces,
  declaredTables,
  declaredTypes,
} from "./reference/declarations.ts";
import { msrPage } from "./reference/msrs.ts";
import { configurationSchema } from "./reference/schema.ts";
import { waistPage, waistTypes } from "./reference/waist.ts";
import { ROOT } from "./root.ts";

const PAGE = "docs/config-reference.md";
const SCHEMA = "config/configuration.schema.json";
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** What a cell or system consists of, in the order of the page. */
const INTERFACES = [
  "CellConfigDefinition",
  "SystemConfigDefinition",
  "CellDefinition",
  "MemoryDefinition",
  "PortDefinition",
  "IrqchipDefinition",
  "CacheDefinition",
  "ConsoleDefinition",
  "DeviceDefinition",
  "PciDeviceDefinition",
  "CapabilityDefinition",
  "MsiDefinition",
  "MsixDefinition",
  "SharedMemoryDefinition",
  "HypervisorMemoryDefinition",
  "PciHostDefinition",
  "IommuDefinition",
  "AmdIommuDefinition",
  "PvuDefinition",
  "X86Definition",
  "ArmDefinition",
];
/** Types with other names than an interface's. */
const TYPES = ["Address", "Architecture", "BytesDefinition", "StreamIdDefinition"];
const HELPERS = ["config/units.ts", "config/helpers.ts", "config/ivshmem.ts"];

const anchor = (title: string) => title.toLowerCase().replace(/[^a-z0-9]+/g, "-");
/** Text in a cell of a table. */
const inCell = (text: string) => text.replace(/\|/g, "\\|");

/** A type as people read it: links to what it is made of. */
function typeText(type: string): string {
  const table = /^(Choice|Flags)<typeof names\.(\w+)>$/.exec(type);
  if (table) {
    const [, kind, name = ""] = table;
    const link = `[${tableTitle(name)}](#${anchor(tableTitle(name))})`;
    return kind === "Flags" ? `list of ${link}` : `one of ${link}`;
  }
  const [, element] = /^readonly (\w+)\[\]$/.exec(type) ?? [];
  const base = element ?? type;
  if (INTERFACES.includes(base)) return `${element ? "list of " : ""}[${base}](#${anchor(base)})`;
  if (TYPES.includes(base)) return `${element ? "list of " : ""}[${base}](#types)`;
  return `\`${inCell(type.replace(/^readonly (.*)\[\]$/, "$1[]"))}\``;
}

const tableTitle = (name: string) => `Names: ${name.toLowerCase().replace(/_/g, " ")}`;

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heading), line(heading.map(() => "---")), ...rows.map(line), ""];
}

function interfaceSection({ name, comment, members, bases }: Declared): string[] {
  const inherited = bases.map((base) => `All keys of [${base}](#${anchor(base)}), and:`);
  const rows = members.map((member) => [
    member.optional ? `\`${member.name}\`` : `**\`${member.name}\`**`,
    typeText(member.type),
    inCell(member.comment),
  ]);
  return [
    `## ${name}`,
    "",
    comment,
    "",
    ...inherited.flatMap((line) => [line, ""]),
    ...table(["key", "type", "what"], rows),
  ];
}

function namesSection(name: string, comments: ReadonlyMap<string, string>): string[] {
  const values = (names as Readonly<Record<string, Readonly<Record<string, number>>>>)[name] ?? {};
  const rows = Object.entries(values).map(([key, value]) => [
    `\`${key}\``,
    `0x${value.toString(16)}`,
    inCell(comments.get(key) ?? ""),
  ]);
  return [`## ${tableTitle(name)}`, "", ...table(["name", "value", "what"], rows)];
}

function typeSection(source: string): string[] {
  const declared = [
    ...declaredTypes(source, "definition.ts"),
    ...declaredTypes(read("config/types.ts"), "types.ts"),
  ];
  const rows = TYPES.map((name) => {
    const found = declared.find((one) => one.name === name);
    if (!found) throw new Error(`tools/reference.ts does not find ${name}`);
    return [`\`${name}\``, `\`${inCell(found.type)}\``, inCell(found.comment)];
  });
  return ["## Types", "", ...table(["name", "type", "what"], rows)];
}

function helperSection(): string[] {
  const rows = HELPERS.flatMap((path) => declaredFunctions(read(path), path)).map((one) => [
    `\`${one.name}\``,
    `\`${inCell(one.parameters)}\``,
    inCell(one.comment),
  ]);
  const options = HELPERS.flatMap((path) => declaredInterfaces(read(path), path));
  const taken = options.filter(({ members }) => members.length > 0);
  return [
    "## Helpers",
    "",
    ...table(["function", "takes", "what it makes"], rows),
    ...taken.flatMap(interfaceSection),
  ];
}

function featureSection(): string[] {
  const rows = Object.values(FEATURES).map(({ name, support, consequence }) => [
    name,
    support,
    inCell(consequence),
  ]);
  return [
    "## What this hypervisor does with it",
    "",
    "The format can say more than this hypervisor does. `jailhouse config check` tells when a configuration asks for it.",
    "",
    ...table(["feature", "supported", "consequence"], rows),
  ];
}

function ruleSection(): string[] {
  const rows = Object.entries(RULES)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, { severity, title }]) => [`\`${id}\``, severity, inCell(title)]);
  return [
    "## What config check finds",
    "",
    "An error is refused, or certain to fail; a warning is probably a mistake; a note is worth knowing (`--notes`). Rules whose names",
    "begin with `machine` compare with the machine that `-r` names.",
    "",
    ...table(["rule", "severity", "what is wrong"], rows),
  ];
}

/** The page. */
function referencePage(): string {
  const source = read("config/definition.ts");
  const declared = declaredInterfaces(source, "definition.ts");
  const missing = declared.filter(({ name }) => !INTERFACES.includes(name));
  const sections = INTERFACES.map((name) => declared.find((one) => one.name === name));
  if (missing.length > 0 || sections.includes(undefined))
    throw new Error(
      `tools/reference.ts does not know ${missing.map(({ name }) => name).join(", ")}`,
    );
  const silent = declared.flatMap(({ name, members }) =>
    members.filter(({ comment }) => comment === "").map((member) => `${name}.${member.name}`),
  );
  if (silent.length > 0) throw new Error(`without a comment: ${silent.join(", ")}`);
  const tables = declaredTables(read("config/names.ts"), "names.ts");
  return [
    "# Configuration reference",
    "",
    "Made by `npm run reference` from the types in [config/definition.ts](../config/definition.ts): change those, not this page.",
    "How configurations are written is in [Configurations](configuration.md).",
    "",
    "Keys in **bold** must be there. Every file has `export default defineCell({ … })`, see",
    "[CellConfigDefinition](#cellconfigdefinition), or `export default defineSystem({ … })`, see",
    "[SystemConfigDefinition](#systemconfigdefinition).",
    "",
    ...sections.flatMap((one) => interfaceSection(one as Declared)),
    ...typeSection(source),
    ...helperSection(),
    ...[...tables].flatMap(([name, comments]) => namesSection(name, comments)),
    ...featureSection(),
    ...ruleSection(),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

const PAGES: readonly (readonly [path: string, make: () => string])[] = [
  [PAGE, referencePage],
  ["docs/msrs.md", msrPage],
  ["docs/waist.md", waistPage],
  ["platforms/emulated/waist.gen.ts", waistTypes],
  [SCHEMA, () => configurationSchema(read("config/definition.ts"))],
  ["docs/campaign-job.json", () => `${JSON.stringify(campaignJob, undefined, 2)}\n`],
];

/** Writes the pages, or only compares; returns the paths that are not what they should be. */
export function generateReference(check: boolean): string[] {
  return PAGES.flatMap(([name, make]) => {
    const path = join(ROOT, name);
    const page = make();
    if (existsSync(path) && readFileSync(path, "utf8") === page) return [];
    if (!check) writeFileSync(path, page);
    return [name];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const check = process.argv.includes("--check");
  for (const path of generateReference(check)) {
    console.log(check ? `${path} is stale: run npm run reference` : `${path}: written`);
    if (check) process.exitCode = 1;
  }
}
