// What is made of the waist's contracts: their types for the platform in TypeScript, and docs/waist.md.
import { contract, contractPath, type Member, type Side, valueType } from "./contracts.ts";

/** A type as JavaScript passes it between WebAssembly and the host. */
function hostType(type: string): string {
  if (type === "void") return "void";
  return valueType(type) === "i64" ? "bigint" : "number";
}

function declaration({ name, parameters, result }: Member): string {
  const list = parameters.map((one) => `${one.name}: ${hostType(one.type)}`).join(", ");
  return `  ${name}(${list}): ${hostType(result)};`;
}

function interfaceOf(name: string, comment: string, side: Side): string[] {
  const members = contract(side, "x86").flatMap((member) => [
    ...(member.comment ? [`  /** ${member.comment} */`] : []),
    declaration(member),
  ]);
  return [`/** ${comment} */`, `export interface ${name} {`, ...members, "}", ""];
}

/** The text of platforms/emulated/waist.gen.ts. */
export function waistTypes(): string {
  return [
    "// Made by `npm run reference` from the waist's contracts in hypervisor/: change those, not this file.",
    "",
    ...interfaceOf("CoreExports", "What hypervisor.wasm exports.", "exports"),
    ...interfaceOf("PlatformMembers", "What hypervisor.wasm imports.", "platform"),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}

function section(title: string, side: Side): string[] {
  const rows = contract(side, "x86").map(({ name, parameters, result, comment }) => {
    const list = parameters.map((one) => `${one.name}: ${one.type}`).join(", ");
    const text = comment.replace(/\|/g, "\\|");
    return `| \`${name}(${list})${result === "void" ? "" : `: ${result}`}\` | ${text} |`;
  });
  const files = [contractPath(side), contractPath(side, "x86")]
    .map((path) => `[${path}](../${path})`)
    .join(" and ");
  return [
    `## ${title}`,
    "",
    `From ${files}, which say what holds for all members.`,
    "",
    "| member | contract |",
    "| --- | --- |",
    ...rows,
    "",
  ];
}

/** The text of docs/waist.md. */
export function waistPage(): string {
  return [
    "# The waist",
    "",
    "What hypervisor.wasm and a platform say to each other. Made by `npm run reference` from the contracts: change those, not this",
    "page. `npm run check` compares them with the modules that are built, member by member and type by type: what the core imports and",
    "exports, and what the metal platform imports and exports; the platform in TypeScript is compiled against types made of them.",
    "",
    ...section("What the core asks of a platform", "platform"),
    ...section("What a platform calls of the core", "exports"),
  ]
    .join("\n")
    .replace(/\n+$/, "\n");
}
