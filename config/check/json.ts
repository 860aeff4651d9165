// Findings for programs. The format is described by findings.schema.json.
import type { Config } from "../types.ts";
import type { Edit, Finding, Input, Place } from "./finding.ts";
import { locate } from "./locate.ts";
import { definitionKeys, stepsOf } from "./notation.ts";
import { hex } from "./ranges.ts";

/** Version of the format. */
const FORMAT = 1;

/** Plain JSON of a value: 64-bit numbers become hexadecimal text. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value ?? null, (_, part) => (typeof part === "bigint" ? hex(part) : part)),
  );

function placeJson(inputs: readonly Input[], place: Place) {
  const { line, column, length = 1, offset } = locate(inputs, place);
  const endColumn = column === undefined ? undefined : column + length;
  return { file: inputs[place.file]!.path, path: place.path, line, column, endColumn, offset };
}

const editJson = (inputs: readonly Input[], edit: Edit) => ({
  op: edit.op,
  file: inputs[edit.at.file]!.path,
  path: edit.at.path,
  ...(edit.op === "remove" ? {} : { value: plain(edit.value) }),
});

function findingJson(inputs: readonly Input[], finding: Finding) {
  const { rule, severity, place, message, advice, related, fix } = finding;
  const configs = inputs.map(({ config }) => config) as Config[];
  const steps = fix.length === 0 ? [] : stepsOf(configs, fix);
  return {
    rule,
    severity,
    ...placeJson(inputs, place),
    message,
    advice: fix.length === 0 ? advice : undefined,
    related: related.map((one) => placeJson(inputs, one)),
    fix: steps.map(({ file, path, action, line }) => ({
      action,
      file: inputs[file]!.path,
      path: definitionKeys(path),
      line,
    })),
    edits: fix.map((edit) => editJson(inputs, edit)),
  };
}

/** All findings as an object for JSON.stringify. */
export function findingsJson(inputs: readonly Input[], findings: readonly Finding[]) {
  return {
    format: FORMAT,
    clean: findings.every(({ severity }) => severity === "note"),
    files: inputs.map(({ path, config }) => ({ path, kind: config?.kind ?? null })),
    findings: findings.map((finding) => findingJson(inputs, finding)),
  };
}
