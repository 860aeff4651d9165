// The option that means another computer.

import { Option } from "commander";

export const targetOption = (): Option =>
  new Option(
    "--target <TARGET>",
    "another computer: serial:HOST:PORT, serial:/dev/TTY or ssh://[USER@]HOST (default: $JAILHOUSE_TARGET)",
  );
