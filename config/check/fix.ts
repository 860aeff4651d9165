// Edits of configurations: applied to the model, and told to people.
import type { Config } from "../types.ts";
import type { Edit, Place } from "./finding.ts";

type Segment = string | number;
type Node = Record<Segment, unknown>;

/** The steps of a path: `memory[2].size` has three. */
export function segments(path: string): Segment[] {
  return [...path.matchAll(/[^.[\]]+/g)].map(([text]) =>
    /^\d+$/.test(text) ? Number(text) : text,
  );
}

/** What stands at a path, or undefined. */
export function valueAt(root: unknown, path: string): unknown {
  let value = root;
  for (const segment of segments(path)) value = (value as Node | undefined)?.[segment];
  return value;
}

function edited(root: unknown, edit: Edit): unknown {
  const steps = segments(edit.at.path);
  const change = (value: unknown, depth: number): unknown => {
    const step = steps[depth];
    if (step === undefined) {
      if (edit.op === "add") return [...(value as unknown[]), edit.value];
      return edit.op === "set" ? edit.value : undefined;
    }
    const isEnd = depth === steps.length - 1;
    if (Array.isArray(value)) {
      if (isEnd && edit.op === "remove") return value.filter((_, index) => index !== step);
      return value.map((entry, index) => (index === step ? change(entry, depth + 1) : entry));
    }
    const node = value as Node;
    return { ...node, [step]: change(node[step], depth + 1) };
  };
  return change(root, 0);
}

/** Later entries of a list are removed first, so that the indices of the others stay true. */
function inOrder(edits: readonly Edit[]): Edit[] {
  const rank = ({ op, at }: Edit) => (op === "remove" ? Number(segments(at.path).at(-1)) : -1);
  return [...edits].sort((a, b) => rank(b) - rank(a) || 0);
}

/** The configurations after the edits of one fix; the ones given stay as they are. */
export function applyFix(configs: readonly Config[], fix: readonly Edit[]): Config[] {
  const result: Config[] = [...configs];
  const set = fix.filter(({ op }) => op !== "remove");
  const remove = inOrder(fix.filter(({ op }) => op === "remove"));
  for (const edit of [...set, ...remove])
    result[edit.at.file] = edited(result[edit.at.file], edit) as Config;
  return result;
}

export const setTo = (at: Place, value: unknown): Edit => ({ op: "set", at, value });
export const remove = (at: Place): Edit => ({ op: "remove", at });
export const add = (at: Place, value: unknown): Edit => ({ op: "add", at, value });
