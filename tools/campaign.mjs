// npm run campaign -- NAME [--cases N] [--seed S] [--shard I/N] [--report DIR]: random cases for as long as one likes, on one machine or
// a part of them on each of many; its result for people, and for those who put parts together.
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CAMPAIGNS } from "./test-areas.mjs";
import { vitest } from "./tests.mjs";

const USAGE = `npm run campaign -- NAME [--cases N] [--seed S] [--shard I/N] [--report DIR]
NAME is one of ${Object.keys(CAMPAIGNS).join(", ")}, or all.
  --cases N     so many cases (default: as many as continuous integration)
  --seed S      other cases: 1 or more
  --shard I/N   only part I of N; each has its own cases
  --report DIR  writes NAME-I-of-N.xml (JUnit) and NAME-I-of-N.json there`;
const OPTIONS = {
  cases: { type: "string" },
  seed: { type: "string" },
  shard: { type: "string", default: "1/1" },
  report: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
};

class Misuse extends Error {}

function positive(name, text) {
  if (!/^[1-9]\d{0,14}$/.test(text))
    throw new Misuse(`--${name} ${text}: a positive number is needed`);
  return text;
}

/** The command line as vitest's environment, files and options. Throws Misuse. */
export function plan(args) {
  const { values, positionals } = read(args);
  if (values.help) return undefined;
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0) throw new Misuse("the name of one campaign is needed");
  const files = name === "all" ? Object.values(CAMPAIGNS) : [CAMPAIGNS[name]];
  if (files[0] === undefined) throw new Misuse(`there is no campaign "${name}"`);
  const [, shard, shards] = /^(\d+)\/(\d+)$/.exec(values.shard) ?? [];
  if (shard === undefined || +shard < 1 || +shard > +shards)
    throw new Misuse(`--shard ${values.shard}: I/N is needed, with I from 1 to N`);
  const env = { CAMPAIGN_SIZE: "full", CAMPAIGN_SHARD: values.shard };
  if (values.cases !== undefined) env.CAMPAIGN_CASES = positive("cases", values.cases);
  if (values.seed !== undefined) env.CAMPAIGN_SEED = positive("seed", values.seed);
  const directory = values.report && resolve(process.env.INIT_CWD ?? ".", values.report);
  return { env, files, directory, report: `${name}-${shard}-of-${shards}` };
}

function read(args) {
  try {
    return parseArgs({ args, options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new Misuse(error.message);
  }
}

function reporters({ directory, report }) {
  if (!directory) return [];
  mkdirSync(directory, { recursive: true });
  return [
    "--reporter=default",
    "--reporter=junit",
    "--reporter=json",
    `--outputFile.junit=${join(directory, `${report}.xml`)}`,
    `--outputFile.json=${join(directory, `${report}.json`)}`,
  ];
}

export function campaign(args) {
  try {
    const planned = plan(args);
    if (!planned) console.log(USAGE);
    return planned ? vitest(undefined, [...planned.files, ...reporters(planned)], planned.env) : 0;
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    return 2;
  }
}
