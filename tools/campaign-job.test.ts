// What plays tests on other machines: GitHub's workflows and the Kubernetes manifest are of the shape that those take, and play what
// exists here.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { NoOperationTraceWriter, parseWorkflow } from "@actions/workflow-parser";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { plan } from "./campaign.mjs";
import { campaignJob } from "./campaign-job.ts";
import { ROOT } from "./root.ts";

const WORKFLOWS = ".github/workflows";
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const { scripts } = JSON.parse(read("package.json"));

/** What GitHub says is wrong with a workflow. */
const errorsOf = (name: string, content: string) =>
  parseWorkflow({ name, content }, new NoOperationTraceWriter())
    .context.errors.getErrors()
    .map(({ message }) => message);

test.each(readdirSync(join(ROOT, WORKFLOWS)))("%s is a workflow", (name) => {
  const content = read(join(WORKFLOWS, name));
  expect(errorsOf(name, content)).toEqual([]);
  for (const [, script] of content.matchAll(/npm (?:run )?(test|demo|campaign)\b/g))
    expect(scripts).toHaveProperty(script!);
});

test("a workflow that is none is noticed", () => {
  const content = read(join(WORKFLOWS, "ci.yml")).replace("runs-on:", "runs-at:");
  expect(errorsOf("ci.yml", content)).not.toEqual([]);
});

test("docs/campaign-job.json is the typed manifest (npm run reference)", () => {
  expect(JSON.parse(read("docs/campaign-job.json"))).toEqual(campaignJob);
});

test("the shards of both are campaigns of this clone", () => {
  const { jobs } = parse(read(join(WORKFLOWS, "campaign.yml")));
  const { shard } = jobs.shard.strategy.matrix;
  const pods = campaignJob.spec?.completions ?? 0;
  expect(shard).toEqual(Array.from({ length: shard.length }, (_, index) => index + 1));
  for (const [part, parts] of [
    [shard.length, shard.length],
    [pods, pods],
  ])
    expect(plan(["isolation", "--shard", `${part}/${parts}`])).toBeDefined();
  const [container] = campaignJob.spec?.template.spec?.containers ?? [];
  expect(container?.command?.at(-1)).toContain(`/${pods}" --report`);
});
