// jailhouse demo: the session of the article on an emulated machine of its own, checked as it is played.

import { ExitStatus } from "./failure.ts";

export async function playDemo(options: {
  paced?: boolean;
  record?: string;
  color?: boolean;
}): Promise<void> {
  const { demo } = await import("../tools/demo/index.ts");
  const status = await demo(options);
  if (status !== 0) throw new ExitStatus(status);
}
