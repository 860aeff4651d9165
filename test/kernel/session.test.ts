// A kernel on the machine, in process: it ends it, is saved and goes on, and is played again from its record; no hypervisor beside it.
import { afterEach, describe, expect, test } from "vitest";
import { encode } from "../../config/index.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import type { MachineOptions } from "../../control/api.ts";
import { parseRecord } from "../../control/record/format.ts";
import { Journal } from "../../control/record/journal.ts";
import { replay } from "../../control/record/replay.ts";
import { type LocalSession, type SessionSnapshot, startSession } from "../../control/session.ts";
import {
  EXIT_PORT,
  end,
  kernel,
  POWER_OFF,
  print,
  RESET,
  RESET_FAST,
  RESET_PULSE,
  restarting,
  SLEEP,
  START,
  TRIPLE_FAULT,
} from "./images.ts";

const MS = 1e6;
const MIB = 0x100000;

let session: LocalSession;
afterEach(() => session.close());

async function start(code: readonly number[], more: MachineOptions = {}): Promise<void> {
  const own = { cpus: 2, memory: 32 * MIB, exitPort: EXIT_PORT };
  session = await startSession({ ...own, kernel: { image: kernel(code) }, ...more });
}

const WHOLE = [...print("one\r\n"), ...START, ...print("two\r\n"), ...end(21), ...print("never")];

test("it prints, starts the other CPU, and ends the machine", async () => {
  await start(WHOLE);
  await session.serial(0).waitFor("one");
  expect(await session.waitForEnd(100 * MS)).toBe(21);
  expect(await session.serial(0).text()).toBe("one\r\ntwo\r\n");
  const ended = { ended: 21, endReason: "exit-port", offline: [] };
  expect(await session.status()).toMatchObject({ kernel: "by-hand", ...ended, enabled: false });
});

test.each([
  ["power-off", POWER_OFF],
  ["reset", RESET],
])("it ends the machine by %s, too, and the status says so", async (endReason, code) => {
  await start([...print("one\r\n"), ...code, ...print("never")]);
  expect(await session.waitForEnd(100 * MS)).toBe(0);
  expect(await session.serial(0).text()).toBe("one\r\n");
  expect(await session.status()).toMatchObject({ ended: 0, endReason });
});

describe("a reset boots the kernel anew", () => {
  const RESETTING = { exitPort: undefined };
  test.each([
    ["0xcf9", RESET],
    ["0x92", RESET_FAST],
    ["keyboard-controller", RESET_PULSE],
    ["triple-fault", TRIPLE_FAULT],
  ])("by %s, with RAM of zeros, CMOS memory as it was, and time going on", async (cause, code) => {
    await start(restarting(code, 3), RESETTING);
    expect(await session.waitForEnd(100 * MS)).toBe(0);
    expect(await session.serial(0).text()).toBe("000");
    const { resets, lastReset, endReason, time } = await session.status();
    expect({ resets, endReason }).toEqual({ resets: 2, endReason: "power-off" });
    expect(lastReset).toMatchObject({ cause });
    expect(lastReset!.time).toBeGreaterThan(0);
    expect(lastReset!.time).toBeLessThan(time);
    expect(lastReset!.rip === undefined).toBe(cause !== "triple-fault");
  });

  test("the same however time is cut, and from a snapshot between two", async () => {
    await start(restarting(RESET, 9), RESETTING);
    const moments: SessionSnapshot[] = [];
    while (session.ended === undefined) {
      await session.run(1);
      moments.push(await session.snapshot());
    }
    expect(session.resets).toBe(8);
    const end = [await session.fingerprint(), await session.time()];
    for (const moment of [moments[0]!, moments[7]!]) {
      await session.close();
      await start(restarting(RESET, 9), RESETTING);
      await session.restore(moment);
      await session.waitForEnd(100 * MS);
      expect([await session.fingerprint(), await session.time(), session.resets]).toEqual([
        ...end,
        8,
      ]);
    }
  });

  test("when the serial line has sent what it was given", async () => {
    await start(restarting(RESET, 3), { ...RESETTING, serialSpeed: "line" });
    await session.waitForEnd(100 * MS);
    expect(await session.serial(0).text()).toBe("000");
  });

  test("unless it is the end", async () => {
    await start(restarting(RESET, 3), { ...RESETTING, onReset: "end" });
    await session.waitForEnd(100 * MS);
    const status = await session.status();
    expect(status).toMatchObject({ endReason: "reset", lastReset: { cause: "0xcf9" } });
    expect(status.resets).toBeUndefined();
  });
});

test("without a hypervisor the console is its serial line", async () => {
  await start([...print("one\r\n"), ...SLEEP]);
  let heard = "";
  await session.followConsole((text) => {
    heard += text;
  });
  await session.serial(0).waitFor("one\r\n");
  expect([await session.consoleText(), heard]).toEqual(["one\r\n", "one\r\n"]);
});

describe("time stands still after the end", () => {
  test("for what waits", async () => {
    await start(end(1));
    expect(await session.waitForEnd()).toBe(1);
    const time = await session.time();
    await session.run(100 * MS);
    expect(await session.advance(100 * MS, () => false)).toBe(true);
    expect(await session.time()).toBe(time);
    await expect(session.serial(0).waitFor("x")).rejects.toMatchObject({
      code: "ETIMEDOUT",
      hint: expect.stringContaining("before the machine ended"),
    });
  });

  test("and one that does not come is not waited for", async () => {
    await start(SLEEP);
    await expect(session.waitForEnd(MS)).rejects.toMatchObject({ code: "ETIMEDOUT" });
    await session.close();
    await start(SLEEP, { exitPort: undefined, kernel: undefined });
    await expect(session.waitForEnd()).rejects.toMatchObject({
      code: "EINVAL",
      hint: expect.stringContaining("neither a kernel nor an exit port"),
    });
  });
});

test("the same from every moment: two runs, a snapshot in another process' place", async () => {
  await start(WHOLE, { serialSpeed: "line" });
  await session.run(0.3 * MS);
  const moment = await session.snapshot();
  await session.waitForEnd();
  const [fingerprint, time] = [await session.fingerprint(), await session.time()];
  await session.restore(moment);
  expect(session.ended).toBeUndefined();
  await session.close();

  await start(WHOLE, { serialSpeed: "line" });
  await session.run(0.3 * MS);
  const again = await session.fingerprint();
  await session.restore(moment);
  expect(await session.fingerprint()).toBe(again);
  expect(await session.waitForEnd()).toBe(21);
  expect([await session.fingerprint(), await session.time()]).toEqual([fingerprint, time]);
  await session.close();

  await start(WHOLE, { kernel: undefined });
  await expect(session.restore(moment)).rejects.toMatchObject({
    code: "EINVAL",
    hint: "a kernel runs on one of the machines only",
  });
});

test("its record has the kernel, and is played again exactly", async () => {
  const kernelWithModule = {
    image: kernel(WHOLE),
    modules: [{ name: "module", data: Uint8Array.of(1, 2, 3) }],
    commandLine: "text",
  };
  const options = { memory: 32 * MIB, exitPort: EXIT_PORT, fwCfg: true, kernel: kernelWithModule };
  session = await startSession({ ...options, cpus: 2, cpu: "intel,sha_ni=off" });
  let record = "";
  const journal = new Journal({ ...options, cpus: 2, cpu: "intel,sha_ni=off" }, (line) => {
    record += line;
  });
  const recorded = journal.record(session);
  await recorded.serial(0).write("typed");
  await recorded.advance(0.2 * MS, () => false);
  await recorded.status();
  await recorded.waitForEnd();
  await recorded.status();
  const { end } = await journal.seal(recorded);
  record += end;
  await expect(recorded.restore(await recorded.snapshot())).rejects.toMatchObject({
    code: "EOPNOTSUPP",
  });
  const again = await replay(parseRecord(record), startSession);
  expect(again).toMatchObject({ divergence: undefined, inputs: 3 });
  expect(await again.session.fingerprint()).toBe(await session.fingerprint());
  expect(await again.session.serial(0).text()).toBe("one\r\ntwo\r\n");
  await again.session.close();
});

test("a hypervisor is not enabled beside it, and that is said", async () => {
  await start(SLEEP);
  await expect(session.enable(encode(qemuX86))).rejects.toMatchObject({
    code: "EBUSY",
    hint: "The kernel by-hand runs on this machine: only a machine that was started without --kernel can be split.",
  });
});

test("what does not boot is refused at once, and says why", async () => {
  await start(SLEEP);
  const image = { name: "wrong", data: Uint8Array.of(1, 2, 3) };
  await expect(startSession({ kernel: { image } })).rejects.toMatchObject({
    code: "EINVAL",
    hint: expect.stringMatching(/^wrong is no kernel of a format that is taken\. Taken are Linux/),
  });
});

test("a triple fault ends time, with the reason", async () => {
  // lidt [a limit of zero]; int3
  await start([0x0f, 0x01, 0x1d, 0x00, 0x90, 0x00, 0x00, 0xcc]);
  await expect(session.waitForEnd()).rejects.toMatchObject({
    code: "EIO",
    hint: expect.stringMatching(
      /^CPU 0 of the kernel's shut down at RIP 0x1000[0-9a-f]+: a triple fault/,
    ),
  });
});

test("serial ports send by their divisor, with a kernel at once, and as is asked for", async () => {
  const own = { image: kernel(SLEEP) };
  const cases = [
    [{}, "line"],
    [{ kernel: own }, "instant"],
    [{ kernel: own, serialSpeed: "line" }, "line"],
    [{ serialSpeed: "instant" }, "instant"],
  ] as const;
  for (const [options, speed] of cases) {
    session = await startSession({ memory: 32 * MIB, cpus: 1, ...options });
    expect(session.machine.pc.options.serialSpeed).toBe(speed);
  }
  const serialSpeed = "fast" as "line";
  await expect(startSession({ serialSpeed })).rejects.toMatchObject({ code: "EINVAL" });
});
