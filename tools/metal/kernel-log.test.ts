import { expect, test } from "vitest";
import { complaints, newComplaints } from "./kernel-log.ts";

const LOG = `<6>[    1.000000] all is well
<4>[    2.000000] clocksource: timekeeping watchdog on CPU2: wd-tsc-wd excessive
<4>[    3.000000] jailhouse: loading out-of-tree module taints kernel.
<0>[   13.000000] BUG: soft lockup at 0xffffffff81000000
<12>[   14.000000] a program's warning
`;

test("warnings and worse are complaints, wherever they happen", () => {
  expect([...complaints(LOG)]).toEqual([
    "clocksource: timekeeping watchdog on CPUN: wd-tsc-wd excessive",
    "BUG: soft lockup at N",
    "a program's warning",
  ]);
});

test("those that were there before do not count", () => {
  const before = complaints(
    "<4>[ 9.1] clocksource: timekeeping watchdog on CPU1: wd-tsc-wd excessive",
  );
  expect(newComplaints(complaints(LOG), before)).toEqual([
    "BUG: soft lockup at N",
    "a program's warning",
  ]);
});
