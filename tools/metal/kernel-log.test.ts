import { expect, test } from "vitest";
import { complaints, newComplaints } from "./kernel-log.ts";

const LOG = `<6>[    1.000000] all is well
<4>[    2.000000] pci 0000:00:02.0: something is odd
<4>[    2.500000] hrtimer: interrupt took 52218320 ns
<4>[    3.000000] jailhouse: loading out-of-tree module taints kernel.
<3>[   12.000000] jailhouse: Refused: the cell has not agreed to shut down
<0>[   13.000000] BUG: soft lockup at 0xffffffff81000000
<12>[   14.000000] a program's warning
`;

test("warnings and worse are complaints, wherever they happen", () => {
  expect([...complaints(LOG)]).toEqual([
    "pci N:N:N.N: something is odd",
    "BUG: soft lockup at N",
    "a program's warning",
  ]);
});

test("those that were there before do not count", () => {
  const before = complaints("<4>[ 9.1] pci 0000:00:03.0: something is odd");
  expect(newComplaints(complaints(LOG), before)).toEqual([
    "BUG: soft lockup at N",
    "a program's warning",
  ]);
});
