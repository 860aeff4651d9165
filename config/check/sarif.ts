// Findings as SARIF 2.1.0 (OASIS), for editors and CI; with what GitHub's code scanning wants besides: paths relative to the
// sources' root, texts of all rules, whole regions, and a fingerprint that survives other lines' changes.
import { createHash } from "node:crypto";
import { relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Config } from "../types.ts";
import { isSource } from "./files.ts";
import type { Finding, Input, Place, Severity } from "./finding.ts";
import { RULES } from "./index.ts";
import { type Location, locate } from "./locate.ts";
import { definitionKeys, stepsOf } from "./notation.ts";

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";
const VERSION = "2.1.0";
/** Version of the rules: grows when one is added. */
const VERSION_OF_CHECK = "1.1.0";
/** What paths are relative to, by the name that others use. */
const ROOT_ID = "%SRCROOT%";
const FINGERPRINT = "rulePlace/v1";
const FINGERPRINT_DIGITS = 16;

/** Where the files are. */
export interface Surroundings {
  /** What the inputs' paths are relative to. */
  readonly directory: string;
  /** Root of the sources: URIs in it are relative to it. */
  readonly root: string;
}

const MEANINGS: Readonly<Record<Severity, string>> = {
  error: "The hypervisor refuses it, or it is certain to fail.",
  warning: "It is probably a mistake.",
  note: "It is worth knowing, and no fault by itself.",
};

/** Literal braces are doubled in messages: single ones would be placeholders (section 3.11.5). */
const messageOf = (text: string) => ({ text: text.replace(/[{}]/g, "$&$&") });

function regionOf({ file, line, column, length, offset }: Location) {
  if (line !== undefined && column !== undefined)
    return {
      startLine: line,
      startColumn: column,
      endLine: line,
      endColumn: column + (length ?? 1),
    };
  if (line !== undefined) return { startLine: line, endLine: line };
  if (offset !== undefined) return { byteOffset: offset, byteLength: 1 };
  // What is about a source as a whole is shown where it begins.
  return isSource(file) ? { startLine: 1, endLine: 1 } : undefined;
}

function artifactOf(file: string, { directory, root }: Surroundings) {
  const absolute = resolve(directory, file);
  const path = relative(root, absolute);
  const isOutside = path === "" || path.split(sep)[0] === ".." || resolve(path) === path;
  if (isOutside) return { uri: pathToFileURL(absolute).href };
  return { uri: path.split(sep).map(encodeURIComponent).join("/"), uriBaseId: ROOT_ID };
}

function locationOf(inputs: readonly Input[], place: Place, where: Surroundings) {
  const location = locate(inputs, place);
  const name = definitionKeys(place.path);
  return {
    physicalLocation: {
      artifactLocation: artifactOf(location.file, where),
      region: regionOf(location),
    },
    ...(name === "" ? {} : { logicalLocations: [{ fullyQualifiedName: name, kind: "member" }] }),
  };
}

/** What was found, and the lines that repair it. */
function textOf(inputs: readonly Input[], { message, fix, advice }: Finding): string {
  const configs = inputs.map(({ config }) => config) as Config[];
  const steps = fix.length === 0 ? [] : stepsOf(configs, fix);
  const lines = steps.map(({ path, action, line }) => `${action} ${definitionKeys(path)}: ${line}`);
  return [message, ...(lines.length > 0 ? lines : advice === undefined ? [] : [advice])].join("\n");
}

/** Gives each finding what tells it from all others, whichever lines they are in. */
function fingerprints(): (rule: string, uri: string, path: string) => string {
  const counts = new Map<string, number>();
  return (rule, uri, path) => {
    const what = JSON.stringify([rule, uri, path]);
    const count = (counts.get(what) ?? 0) + 1;
    counts.set(what, count);
    const hash = createHash("sha256").update(what).digest("hex");
    return `${hash.slice(0, FINGERPRINT_DIGITS)}:${count}`;
  };
}

const ruleOf = (id: string) => {
  const { title, severity } = RULES[id]!;
  return {
    id,
    shortDescription: { text: title },
    fullDescription: { text: `${title}.` },
    help: { text: `${title}. ${MEANINGS[severity]}` },
    defaultConfiguration: { level: severity },
  };
};

/** A SARIF log with one run. */
export function sarifLog(
  inputs: readonly Input[],
  findings: readonly Finding[],
  where: Surroundings,
) {
  const ids = Object.keys(RULES);
  const fingerprint = fingerprints();
  const resultOf = (finding: Finding) => {
    const { rule, place, severity, related } = finding;
    const location = locationOf(inputs, place, where);
    const { uri } = location.physicalLocation.artifactLocation;
    return {
      ruleId: rule,
      ruleIndex: ids.indexOf(rule),
      level: severity,
      message: messageOf(textOf(inputs, finding)),
      locations: [location],
      partialFingerprints: { [FINGERPRINT]: fingerprint(rule, uri, place.path) },
      relatedLocations: related.map((one, id) => ({
        id,
        message: messageOf(definitionKeys(one.path) || inputs[one.file]!.path),
        ...locationOf(inputs, one, where),
      })),
    };
  };
  const driver = {
    name: "jailhouse config check",
    semanticVersion: VERSION_OF_CHECK,
    rules: ids.map(ruleOf),
  };
  return {
    $schema: SCHEMA,
    version: VERSION,
    runs: [
      {
        tool: { driver },
        invocations: [{ executionSuccessful: true }],
        originalUriBaseIds: { [ROOT_ID]: { uri: pathToFileURL(`${where.root}/`).href } },
        columnKind: "utf16CodeUnits",
        results: findings.map(resultOf),
      },
    ],
  };
}
