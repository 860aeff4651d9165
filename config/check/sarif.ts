// Findings as SARIF 2.1.0 (OASIS), for editors and CI.
import type { Config } from "../types.ts";
import type { Finding, Input, Place } from "./finding.ts";
import { RULES } from "./index.ts";
import { locate } from "./locate.ts";
import { definitionKeys, stepsOf } from "./notation.ts";

const SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json";
const VERSION = "2.1.0";
/** Version of the rules: grows when one is added. */
const VERSION_OF_CHECK = "1.0.0";

function regionOf({ line, column, length, offset }: ReturnType<typeof locate>) {
  if (line === undefined) return offset === undefined ? undefined : { byteOffset: offset };
  if (column === undefined) return { startLine: line };
  return { startLine: line, startColumn: column, endColumn: column + (length ?? 1) };
}

function locationOf(inputs: readonly Input[], place: Place) {
  const location = locate(inputs, place);
  const name = definitionKeys(place.path);
  return {
    physicalLocation: {
      artifactLocation: { uri: encodeURI(location.file.replaceAll("\\", "/")) },
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

/** A SARIF log with one run. */
export function sarifLog(inputs: readonly Input[], findings: readonly Finding[]) {
  const ids = Object.keys(RULES);
  return {
    $schema: SCHEMA,
    version: VERSION,
    runs: [
      {
        tool: {
          driver: {
            name: "jailhouse config check",
            version: VERSION_OF_CHECK,
            rules: ids.map((id) => ({
              id,
              shortDescription: { text: RULES[id]!.title },
              defaultConfiguration: { level: RULES[id]!.severity },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => ({
          ruleId: finding.rule,
          ruleIndex: ids.indexOf(finding.rule),
          level: finding.severity,
          message: { text: textOf(inputs, finding) },
          locations: [locationOf(inputs, finding.place)],
          relatedLocations: finding.related.map((place, id) => ({
            id,
            ...locationOf(inputs, place),
          })),
        })),
      },
    ],
  };
}
