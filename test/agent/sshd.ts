// An ssh server on the loopback interface, with keys of its own, for one test.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { findProgram } from "../../tools/metal/packages.ts";

const LOOPBACK = "127.0.0.1";
const TRIES = 10;
/** Where a server that root starts confines its children. */
const PRIVILEGE_SEPARATION = "/run/sshd";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  const { port } = server.address() as { port: number };
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

export class SshServer {
  readonly #directory: string;
  readonly #server: ChildProcess;
  readonly #port: number;
  #log = "";

  private constructor(directory: string, server: ChildProcess, port: number) {
    this.#directory = directory;
    this.#server = server;
    this.#port = port;
  }

  /** Starts it. Throws with its words when it does not come up. */
  static async start(): Promise<SshServer> {
    for (let left = TRIES; ; left--) {
      try {
        return await SshServer.#startOnce();
      } catch (error) {
        // Somebody else took the port that was free a moment ago.
        if (left === 0 || !`${error}`.includes("Address already in use")) throw error;
      }
    }
  }

  static async #startOnce(): Promise<SshServer> {
    const directory = mkdtempSync(join(tmpdir(), "jailhouse-ssh-"));
    const at = (name: string) => join(directory, name);
    for (const key of ["host", "user"])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(key)]);
    writeFileSync(at("authorized"), readFileSync(at("user.pub")));
    const port = await freePort();
    writeFileSync(at("sshd_config"), serverConfig(directory, port));
    writeFileSync(at("ssh_config"), clientConfig(directory));
    const known = readFileSync(at("host.pub"), "utf8").split(" ").slice(0, 2).join(" ");
    writeFileSync(at("known"), `[${LOOPBACK}]:${port} ${known}\n`);
    if (userInfo().uid === 0) mkdirSync(PRIVILEGE_SEPARATION, { recursive: true });
    const child = spawn(findProgram("sshd")!, ["-D", "-e", "-f", at("sshd_config")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    const server = new SshServer(directory, child, port);
    await server.#isUp().catch((error) => {
      rmSync(directory, { recursive: true, force: true });
      throw error;
    });
    return server;
  }

  #isUp(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.stderr!.on("data", (text) => {
        this.#log += text;
        if (this.#log.includes("Server listening")) resolve();
      });
      this.#server.once("error", reject);
      this.#server.once("close", () => reject(new Error(`sshd has ended: ${this.#log}`)));
    });
  }

  /** What `--target` says when this program is the agent. */
  target(agent: string): string {
    return `ssh://${userInfo().username}@${LOOPBACK}:${this.#port}${agent}`;
  }

  /** What the command needs in its environment. */
  get env(): { JAILHOUSE_SSH: string } {
    return { JAILHOUSE_SSH: `ssh -F ${join(this.#directory, "ssh_config")}` };
  }

  /** A program that runs a shell command, for what needs arguments. Returns its path. */
  script(name: string, command: string): string {
    const path = join(this.#directory, name);
    writeFileSync(path, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    return path;
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#server.once("close", resolve));
    this.#server.kill();
    await ended;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** SHLVL: so that bash does not read what its user has set up for logins. */
const serverConfig = (directory: string, port: number) => `Port ${port}
ListenAddress ${LOOPBACK}
HostKey ${directory}/host
AuthorizedKeysFile ${directory}/authorized
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
SetEnv SHLVL=2
`;

const clientConfig = (directory: string) => `Host *
IdentityFile ${directory}/user
IdentitiesOnly yes
UserKnownHostsFile ${directory}/known
StrictHostKeyChecking yes
BatchMode yes
`;
