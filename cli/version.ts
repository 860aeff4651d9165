// What `--version` says: the release whose interfaces are kept, as the original's command says it, and this project's own.

import { projectVersion } from "../config/version.ts";

const INTERFACE = "Jailhouse management tool v0.12";

export const versionText = (): string => `${INTERFACE} (jailhouse-ts ${projectVersion()})`;
