// By hand, for it takes some minutes: cp test/metal/lab/lab.by-hand.ts test/metal/lab/all.test.ts && npm test -- lab/all
// LAB_FROM=N: from row N on (0).
// All rows of the lab's table, on the project's PC.
import { expect, test } from "vitest";
import { CAMPAIGN_TIMEOUT } from "../../campaign.ts";
import { describeLinux } from "../linux.ts";
import { playLab } from "./play.ts";
import { ROWS } from "./rows.ts";

describeLinux("the lab", () => {
  test(
    "each scenario passes on each row",
    async () => expect(await playLab(ROWS.slice(Number(process.env.LAB_FROM ?? 0)))).toEqual([]),
    CAMPAIGN_TIMEOUT,
  );
});
