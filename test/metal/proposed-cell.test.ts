// A cell that config create-cell proposes for a network card, of a system that is a built file, under a real Linux.
import { afterAll, beforeAll, expect, test } from "vitest";
import { bdf } from "../../config/index.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { buildSample } from "../inmates/toolchain.ts";
import { describeLinux } from "./linux.ts";

const SYSTEM = "configs/qemu-x86-e1000.cell";
const WISHES = "--name card --cpus 2 --device COM2 --device 8086:100e --allow-dma";
/** QEMU's second network card. */
const CARD = bdf(0, 0x19, 0);

describeLinux("a proposed cell, under a real Linux", () => {
  let guest: Guest;
  beforeAll(async () => {
    const extra = new Map([["jailhouse/card.bin", { data: buildSample("card", 64) }]]);
    const machine = { devices: ["-device", "e1000,addr=19"] };
    guest = await Guest.boot({ jailhouse: true, extra, machine });
    await guest.check("insmod driver/jailhouse.ko");
  });
  afterAll(() => guest?.close());

  const command = (text: string) => guest.check(`jailhouse ${text}`);

  test("has the e1000's registers and ports, and passes the check", async () => {
    await command(`config create-cell ${SYSTEM} -r / ${WISHES} -o /tmp/card.cell`);
    const source = await command("config decompile /tmp/card.cell");
    expect(source).toContain("mmio({ physical: 0xfebc0000, size: KiB(128) })");
    expect(source).toContain("{ base: 0xc000, length: 0x40 }");
    await command(`config check ${SYSTEM} /tmp/card.cell`);
  });

  test("speaks to the card", async () => {
    await command(`enable ${SYSTEM}`);
    await command("cell create /tmp/card.cell");
    await command(`cell load card card.bin -a 0xf0000 -s "bdf=${CARD}" -a 0x1000`);
    await command("cell start card");
    await guest.com2.waitFor(/Card 8086:100e at 0xfebc0000, 52:54:00:12:34:57\r?\n/);
    await command("cell destroy card");
    await command("disable");
  });
});
