// Where an agent is, as `--target` says it.

import { EINVAL } from "../../abi/errno.ts";
import { SystemError } from "../errors.ts";

/** What ssh starts; found by the path of the account there. */
const AGENT = "jailhouse-agent";
const PORT_MAX = 65535;

export type Address = { readonly text: string } & (
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "terminal"; readonly path: string }
  | {
      readonly kind: "ssh";
      readonly host: string;
      readonly user: string | undefined;
      readonly port: number | undefined;
      /** Path of the agent there. */
      readonly agent: string;
    }
);

const TERMINAL = /^serial:(\/[^\0]+)$/;
const TCP = /^serial:(?:\[([0-9a-f:.]+)\]|([\w.-]+)):(\d{1,5})$/i;
/** Neither name may begin like an option; the path is a shell's word there. */
const SSH =
  /^ssh:\/\/(?:([\w.][\w.-]*)@)?([\w.][\w.-]*|\[[0-9a-f:]+\])(?::(\d{1,5}))?(\/[\w./-]*)?$/i;

const HINT =
  "Targets are serial:HOST:PORT, serial:/dev/ttyUSB0 and ssh://[USER@]HOST[:PORT][/PATH/OF/jailhouse-agent].";

function portOf(text: string | undefined): number | undefined {
  const port = Number(text);
  return port > 0 && port <= PORT_MAX ? port : undefined;
}

/** Reads what `--target` says. Throws EINVAL with the forms that there are. */
export function parseAddress(text: string): Address {
  const [, path] = TERMINAL.exec(text) ?? [];
  if (path !== undefined) return { kind: "terminal", text, path };
  const [, ipv6, name, number] = TCP.exec(text) ?? [];
  const [host, port] = [ipv6 ?? name, portOf(number)];
  if (host !== undefined && port !== undefined) return { kind: "tcp", text, host, port };
  const [isSsh, user, there, sshPort, agent] = SSH.exec(text) ?? [];
  if (isSsh && there !== undefined && (sshPort === undefined || portOf(sshPort) !== undefined)) {
    const bare = there.replaceAll(/[[\]]/g, "");
    const where = agent === undefined || agent === "/" ? AGENT : agent;
    return { kind: "ssh", text, host: bare, user, port: portOf(sshPort), agent: where };
  }
  throw new SystemError(EINVAL, { subject: `target ${JSON.stringify(text)}`, hint: HINT });
}
