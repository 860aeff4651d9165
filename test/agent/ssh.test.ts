// Targets behind ssh: an agent for each command, started by a server on the loopback interface.
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { CellInfo } from "../../control/api.ts";
import { LinuxSession } from "../../control/linux/session.ts";
import { RemoteTarget } from "../../control/remote/target.ts";
import { AGENT_PACKAGES, SSH_PACKAGES } from "../../tools/metal/packages.ts";
import { describeWith } from "../metal/linux.ts";
import { AgentComputer } from "./computer.ts";
import { SshServer } from "./sshd.ts";

const ROOT: CellInfo = {
  ...{ id: 0, name: "Linux", state: "running" },
  ...{ cpusAssigned: [0, 1, 2], cpusFailed: [] },
};
const IMAGE_SIZE = 300_000;

describeWith([...AGENT_PACKAGES, ...SSH_PACKAGES], "a target behind ssh", () => {
  let server: SshServer;
  let computer: AgentComputer;
  beforeAll(async () => {
    server = await SshServer.start();
  });
  afterAll(() => server?.close());
  beforeEach(() => {
    computer = new AgentComputer();
    computer.show([ROOT]);
  });
  afterEach(() => computer.close());

  const quoted = (word: string) => `'${word}'`;
  const open = async (command = `exec ${computer.command.map(quoted).join(" ")}`) => {
    const agent = server.script("agent", command);
    return new LinuxSession(await RemoteTarget.open(server.target(agent), server.env));
  };

  test("does what it is asked, with images that are large", async () => {
    const session = await open();
    expect(await session.cells()).toEqual([ROOT]);
    await session.loadCell("demo", [{ data: new Uint8Array(IMAGE_SIZE).fill(7), address: 0n }]);
    await session.startCell("demo");
    await session.close();
    const [load, start] = computer.requests;
    expect(load?.endsWith(` ${"07".repeat(IMAGE_SIZE)}`)).toBe(true);
    expect(start).toMatch(/^40280004 /);
  });

  test("two commands at once have two agents", async () => {
    const [one, other] = await Promise.all([open(), open()]);
    expect(await other!.cells()).toEqual([ROOT]);
    await one!.startCell(1);
    await other!.startCell(2);
    await Promise.all([one!.close(), other!.close()]);
    expect(computer.requests).toHaveLength(2);
  });

  test("that has no agent says so, with ssh's words", async () => {
    await expect(open("echo 'no such thing' >&2; exit 127")).rejects.toMatchObject({
      ...{ code: "ECONNRESET", hint: "The line has ended: no such thing." },
    });
  });
});
