// The quick ones of Debian's programs, in its Linux (campaign.ts plays all, by hand).
import { existsSync } from "node:fs";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type Linux, startLinux } from "../../../control/guest/linux.ts";
import { findProgram } from "../../../tools/metal/packages.ts";
import { kernels } from "../kernel.ts";
import { CHECKS, mount } from "./checks.ts";
import { programsDisk } from "./disk.ts";

const PATIENCE = 600_000;
const QUICK = /digests|compiled|timers|Node/;
const canPlay = kernels && existsSync("/usr/bin/apt-get") && findProgram("mke2fs");

describe.skipIf(!canPlay)("in Debian's Linux", () => {
  let linux: Linux;

  beforeAll(async () => {
    const { vmlinux: kernel, modules: moduleDirectory } = kernels!;
    const disks = [programsDisk()];
    const options = { cpus: 2, cpu: "intel", memory: 512 << 20, fresh: true } as const;
    linux = await startLinux({ ...options, kernel, moduleDirectory, disks });
    await mount(linux);
  }, PATIENCE);
  afterAll(() => linux?.close());

  test.each(CHECKS.filter(({ name }) => QUICK.test(name)))(
    "$name: what is expected",
    { timeout: PATIENCE },
    ({ run }) => run(linux),
  );
});
