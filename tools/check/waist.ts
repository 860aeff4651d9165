// The modules' shape: what they import and export is what the waist's contracts declare, with these types and nothing else; the core
// keeps to its dialect.
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  type Architecture,
  contract,
  type Member,
  type Side,
  signatureOf,
} from "../reference/contracts.ts";
import { ROOT } from "../root.ts";
import { type Check, executeTool, type Findings } from "./check.ts";

/** The built core. */
export const HYPERVISOR = join(ROOT, "dist", "hypervisor.wasm");

/** Names of the functions that the core may ask a platform for, in order. */
export function platformMembers(): string[] {
  return contract("platform", "x86").map(({ name }) => name);
}

/** Signatures by name, as wasm-dis prints them. */
export type Signatures = ReadonlyMap<string, string>;

/** What a contract declares. */
export function declared(members: readonly Member[]): Signatures {
  return new Map(members.map((member) => [member.name, signatureOf(member)]));
}

/** Functions that a module's text imports from `module`, by name. */
export function importsFrom(text: string, module: string): Signatures {
  const imports = text.matchAll(
    /^ \(import "([^"]+)" "([^"]+)" \(func \$\S+((?: \([^)]*\))*)\)\)$/gm,
  );
  return new Map(
    [...imports]
      .filter(([, from]) => from === module)
      .map(([, , name = "", signature = ""]) => [name, signature.trim()]),
  );
}

/** Functions that a module's text exports, by name. */
export function exportsOf(text: string): Signatures {
  const headers = text.matchAll(/^ \(func (\$\S+)((?: \((?:param|result)[^)]*\))*)/gm);
  const signatures = new Map(
    [...headers].map(([, name = "", list = ""]) => [
      name,
      list.replace(/\(param \$\S+ (\w+)\)/g, "(param $1)").trim(),
    ]),
  );
  const exported = text.matchAll(/^ \(export "([^"]+)" \(func (\$[^\s)]+)\)\)$/gm);
  return new Map(
    [...exported].map(([, name = "", id = ""]) => [name, joined(signatures.get(id) ?? "?")]),
  );
}

/** Parameters in one list, as an import has them. */
function joined(signature: string): string {
  const types = [...signature.matchAll(/\(param ([^)]*)\)/g)].map(([, type]) => type);
  const result = /\(result \w+\)/.exec(signature)?.[0];
  return [types.length > 0 ? `(param ${types.join(" ")})` : undefined, result]
    .filter((part) => part !== undefined)
    .join(" ");
}

/** How one side of the waist differs from its contract, both ways. */
export function sideFaults(what: string, found: Signatures, wanted: Signatures): string[] {
  const strange = [...found].flatMap(([name, signature]) => {
    const expected = wanted.get(name);
    if (expected === undefined) return [`${what} ${name}, which no contract declares`];
    if (expected === signature) return [];
    return [`${what} ${name} as "${signature}", declared as "${expected}"`];
  });
  const missing = [...wanted.keys()]
    .filter((name) => !found.has(name))
    .map((name) => `a contract declares ${name}, which nothing ${what}`);
  return [...strange, ...missing];
}

/** Things that must not be in the core, and what they look like in its text. */
const FORBIDDEN: readonly (readonly [RegExp, string])[] = [
  [/^ \(global \S+ \(mut /m, "has a mutable global"],
  [/^ \(start /m, "has a start function"],
  [/\(memory\.grow/, "grows its memory"],
  [/^ \(table /m, "has a table (indirect calls)"],
];

/** What of the core's text is against the dialect; also an import that is neither a function of the platform nor its memory. */
export function dialectFaults(text: string): string[] {
  const imports = [
    ...text.matchAll(/^ \(import "([^"]+)" "([^"]+)" \((memory|func|global|table|tag) /gm),
  ];
  const strange = imports.filter(
    ([, module, name, kind]) =>
      !(module === "platform" && kind === "func") &&
      !(module === "env" && name === "memory" && kind === "memory"),
  );
  return [
    ...strange.map(([, module, name, kind]) => `imports ${kind} ${module}.${name}`),
    ...FORBIDDEN.filter(([pattern]) => pattern.test(text)).map(([, what]) => what),
  ];
}

/** A module of dist/, and which sides of the waist it has to have. */
interface Built {
  readonly name: string;
  readonly architecture?: Architecture;
  readonly imports?: Side;
  readonly exports?: Side;
  /** It asks for all of what it imports from, not for a part. */
  readonly isComplete?: boolean;
  readonly isCore?: boolean;
}

const MODULES: readonly Built[] = [
  { name: "hypervisor", imports: "platform", exports: "exports", isComplete: true, isCore: true },
  {
    name: "hypervisor-arm64",
    architecture: "arm64",
    imports: "platform",
    exports: "exports",
    isComplete: true,
    isCore: true,
  },
  { name: "conformance", imports: "platform", exports: "exports", isComplete: true },
  { name: "metal-amd", imports: "exports", exports: "platform" },
  { name: "metal-arm64", architecture: "arm64", imports: "exports", exports: "platform" },
];
/** Exports of the metal platform's module that the image's own code calls, and no core. */
const OWN = new Set(["enter", "flushConsole", "run", "trap"]);

function moduleFaults(built: Built): string[] {
  const { name, architecture = "x86", imports, exports, isComplete, isCore } = built;
  const path = join(ROOT, "dist", `${name}.wasm`);
  if (!existsSync(path)) return [`dist/${name}.wasm is not built`];
  const { status, output } = executeTool("binaryen/bin/wasm-dis", [path]);
  if (status !== 0) return [output];
  const faults: string[] = isCore ? dialectFaults(output) : [];
  if (imports) {
    const found = importsFrom(output, imports);
    const wanted = declared(contract(imports, architecture));
    const asked = isComplete ? wanted : new Map([...wanted].filter(([one]) => found.has(one)));
    faults.push(...sideFaults("imports", found, asked));
  }
  if (exports) {
    const wanted = declared(contract(exports, architecture));
    const found = [...exportsOf(output)].filter(([one]) => wanted.has(one) || !OWN.has(one));
    faults.push(...sideFaults("exports", new Map(found), wanted));
  }
  return faults.map((fault) => `${name}.wasm ${fault}`);
}

export const waist: Check = {
  name: "the waist: what modules import and export is what its contracts declare",
  run(): Findings {
    return {
      failures: MODULES.flatMap(moduleFaults),
      note: `${contract("platform", "x86").length} members, ${contract("exports", "x86").length} exports`,
    };
  },
};
