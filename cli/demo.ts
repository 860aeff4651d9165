// jailhouse demo: the session of the article on an emulated machine of its own, checked as it is played; with artifacts on a Linux.

import { ExitStatus, UsageError } from "./failure.ts";

/** The emulated PC, which needs nothing but Node. */
const BED = "pc";

export async function playDemo(options: {
  paced?: boolean;
  record?: string;
  artifacts?: string;
  color?: boolean;
}): Promise<void> {
  const status = await (options.artifacts === undefined ? play(options) : playOnLinux(options));
  if (status !== 0) throw new ExitStatus(status);
}

async function play(options: Parameters<typeof playDemo>[0]): Promise<number> {
  const { demo } = await import("../tools/demo/index.ts");
  return demo(options);
}

async function playOnLinux({ paced, ...options }: Parameters<typeof playDemo>[0]): Promise<number> {
  if (paced) throw new UsageError("--paced and --artifacts: a Linux has its own time");
  const { linuxDemo } = await import("../tools/demo/linux.ts");
  return linuxDemo({ bed: BED, ...options });
}
