// What a check of the conformance suite is that has failed: the suite answers with a number, its sources say the rest.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CASES } from "../platforms/conformance/cases.ts";
import { ROOT } from "./root.ts";

const SUITE = join(ROOT, "platforms", "conformance");

/** The function of each case, by its number. */
function functions(): Map<number, string> {
  const entry = readFileSync(join(SUITE, "index.ts"), "utf8");
  const found = entry.matchAll(/case (\d+):\s+return (\w+)\(\);/g);
  return new Map([...found].map(([, number, name]) => [Number(number), name as string]));
}

/** The body of a case's function. */
function bodyOf(name: string): string {
  for (const file of readdirSync(join(SUITE, "cases"))) {
    const text = readFileSync(join(SUITE, "cases", file), "utf8");
    const body = new RegExp(`export function ${name}\\(\\): i32 \\{\\n([\\s\\S]*?)\\n\\}`).exec(
      text,
    );
    if (body) return body[1] as string;
  }
  throw new Error(`platforms/conformance/cases has no ${name}`);
}

/** The statement that answers with `check`: `if (…) return 3;`, or the last one, `return … ? 0 : 3;`. */
function statementOf(body: string, check: number): string | undefined {
  const statements = body.split(/;\n/).map((one) => one.replace(/\s+/g, " ").trim());
  const answer = new RegExp(`\\breturn (?:.*\\? 0 : )?${check}$|\\? .* : ${check}$`);
  return statements.find((one) => answer.test(one.replace(/;$/, "")));
}

/** Says what case `number` wanted where it answered with `check`; empty for 0, which is success. */
export function failureOf(number: number, check: number): string {
  if (check === 0) return "";
  const name = functions().get(number);
  const title = CASES[number];
  if (name === undefined || title === undefined) return `there is no case ${number}`;
  if (check < 0) return `${title}: the suite's own cell could not be made, errno ${-check}`;
  const statement = statementOf(bodyOf(name), check);
  return `${title}: ${name}, check ${check}: ${statement ?? "see its source"}`;
}
