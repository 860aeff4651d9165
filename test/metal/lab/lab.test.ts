// The metal sessions on the project's PC with a processor that has all that silicon has. All rows: lab.by-hand.ts.
import { expect, test } from "vitest";
import { CAMPAIGN_TIMEOUT } from "../../campaign.ts";
import { describeLinux } from "../linux.ts";
import { playLab } from "./play.ts";
import { ROWS } from "./rows.ts";

describeLinux("the lab", () => {
  test(
    "each scenario passes on the first row",
    async () => {
      expect(await playLab(ROWS.slice(0, 1))).toEqual([]);
    },
    CAMPAIGN_TIMEOUT,
  );
});
