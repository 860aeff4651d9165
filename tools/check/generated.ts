// Committed files that a script makes are what the script makes now.
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { generateAgentHeader } from "../agent.ts";
import { isUpToDate, shippedConfigs } from "../configs.ts";
import { generateDriverNumbers } from "../driver.ts";
import { buildInmate } from "../inmates/build.ts";
import { missingPackages } from "../inmates/toolchain.ts";
import { demoJobs, type Job } from "../inmates.ts";
import { generate } from "../instructions.ts";
import { generateManPages } from "../man.ts";
import { drawPictures } from "../picture.ts";
import { generateReference } from "../reference.ts";
import { ROOT } from "../root.ts";
import { generateSdkHeader } from "../sdk.ts";
import type { Check } from "./check.ts";

export const configs: Check = {
  name: "configs/*.cell are up to date",
  async run() {
    const stale = (await shippedConfigs()).filter((config) => !isUpToDate(config));
    return {
      failures: stale.map(({ name }) => `configs/${name}.cell is stale: run npm run configs`),
    };
  },
};

function isBuilt({ source, output, bits }: Job): boolean {
  return (
    existsSync(output) &&
    readFileSync(output).equals(Buffer.from(buildInmate({ root: ROOT, source, bits })))
  );
}

export const inmates: Check = {
  name: "inmates/demos are up to date",
  run() {
    const jobs = [...demoJobs(ROOT).values()];
    const missing = missingPackages(jobs.map(({ bits }) => bits));
    if (missing.length > 0)
      return { failures: [], skipped: `Debian's ${missing.join(", ")} not found` };
    const stale = jobs.filter((job) => !isBuilt(job));
    return {
      failures: stale.map(
        ({ output }) => `${relative(ROOT, output)} is stale: run npm run inmates`,
      ),
      note: `${jobs.length} images`,
    };
  },
};

export const instructions: Check = {
  name: "the instruction table and its page are up to date",
  run: () => ({
    failures: generate(true).map((path) => `${path} is stale: node dist/tools/instructions.js`),
  }),
};

export const agent: Check = {
  name: "the agent's numbers are those of abi/",
  run: () => ({
    failures: generateAgentHeader(true).map((path) => `${path} is stale: run npm run agent`),
  }),
};

export const driver: Check = {
  name: "the driver's numbers are those of abi/",
  run: () => ({
    failures: generateDriverNumbers(true).map(
      (path) => `${path} is stale: run npm run driver:numbers`,
    ),
  }),
};

export const sdk: Check = {
  name: "the numbers of the SDK in C are those of abi/",
  run: () => ({
    failures: generateSdkHeader(true).map((path) => `${path} is stale: run npm run sdk`),
  }),
};

export const reference: Check = {
  name: "the references of configurations and MSRs are up to date",
  run: () => ({
    failures: generateReference(true).map((path) => `${path} is stale: run npm run reference`),
  }),
};

export const pictures: Check = {
  name: "the pictures in docs/ are up to date",
  run: () => ({
    failures: drawPictures(true).map((path) => `${path} is stale: run npm run picture`),
  }),
};

export const manPages: Check = {
  name: "the manual pages are those of the grammar",
  run: () => ({
    failures: generateManPages(true).map((path) => `${path} is stale: run npm run man`),
  }),
};
