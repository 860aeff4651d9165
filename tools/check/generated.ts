// Committed files that a script makes are what the script makes now.
import { isUpToDate, shippedConfigs } from "../configs.ts";
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
