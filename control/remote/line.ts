// The ways to an agent: a serial line over TCP or at a connector of this computer, or ssh.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { constants, openSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { ReadStream } from "node:tty";
import { EINVAL, EIO } from "../../abi/errno.ts";
import type { Environment } from "../caller.ts";
import { SystemError, toSystemError } from "../errors.ts";
import type { Address } from "./address.ts";

/** Bytes in both directions. */
export interface Line {
  write(bytes: Uint8Array): void;
  /** Called with everything that comes. */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Called once when nothing can come any more, with the reason if it is known. */
  onEnd(listener: (reason: string | undefined) => void): void;
  close(): void;
  /** Most bytes of data that a frame should carry over it. */
  readonly dataMax: number;
  /** Milliseconds in which somebody at the other end must have answered for the first time. */
  readonly patience: number;
}

/** A frame of this size takes a fifth of a second at 115200 baud, and fits what a terminal's driver buffers. */
const SERIAL_DATA_MAX = 1024;
const PIPE_DATA_MAX = 16384;
const SERIAL_PATIENCE = 15_000;
/** A person may have to find a password first; whoever fails to log in ends the line. */
const PIPE_PATIENCE = 180_000;
const CONNECT_TIMEOUT = 10_000;
/** How much of what ssh complains about is kept. */
const ERRORS_MAX = 2000;
const BAUD = "115200";

/** A line over a stream that is open in both directions. */
function socketLine(socket: Socket): Line {
  let reason: string | undefined;
  socket.on("error", ({ message }) => {
    reason = message;
  });
  return {
    write: (bytes) => void socket.write(bytes),
    onData: (listener) => void socket.on("data", listener),
    onEnd: (listener) => void socket.once("close", () => listener(reason)),
    close: () => void socket.destroy(),
    dataMax: SERIAL_DATA_MAX,
    patience: SERIAL_PATIENCE,
  };
}

function openTcp(host: string, port: number): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, timeout: CONNECT_TIMEOUT });
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.once("error", fail);
    socket.once("timeout", () => fail(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })));
    socket.once("connect", () => {
      socket.off("error", fail);
      socket.setTimeout(0);
      resolve(socketLine(socket));
    });
  });
}

/** A serial port of this computer: stty knows how to make it raw. */
function openTerminal(path: string): Line {
  const mode = [BAUD, "raw", "-echo", "-crtscts", "clocal", "cs8", "-cstopb", "-parenb"];
  try {
    execFileSync("stty", ["-F", path, ...mode], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    const { stderr, message } = error as { stderr?: Buffer; message: string };
    throw new SystemError(EIO, { hint: stderr?.toString().trim() || message, cause: error });
  }
  const fd = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  return socketLine(new ReadStream(fd));
}

/** A process whose standard input and output are the line. */
export function processLine(child: ChildProcess): Line {
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-ERRORS_MAX);
  });
  // Who writes to an agent that has ended learns so from the end.
  child.stdin?.on("error", () => {});
  let failure: string | undefined;
  child.once("error", ({ message }) => {
    failure = message;
  });
  return {
    write: (bytes) => void child.stdin?.write(bytes),
    onData: (listener) => void child.stdout?.on("data", listener),
    onEnd: (listener) =>
      void child.once("close", (status, signal) =>
        listener(failure ?? (errors.trim() || `it ended with ${signal ?? status}`)),
      ),
    // Its input's end ends the agent, and that ssh.
    close: () => {
      child.stdin?.end();
      child.stdout?.destroy();
      child.unref();
    },
    dataMax: PIPE_DATA_MAX,
    patience: PIPE_PATIENCE,
  };
}

/** What runs ssh: JAILHOUSE_SSH, split at blanks, or `ssh`. */
function sshCommand(env: Environment): string[] {
  return (env.JAILHOUSE_SSH ?? "").split(" ").filter((word) => word !== "");
}

function openSsh({ host, user, port, agent }: Address & { kind: "ssh" }, env: Environment): Line {
  const [program = "ssh", ...options] = sshCommand(env);
  const args = [
    ...[...options, "-T"],
    ...(port === undefined ? [] : ["-p", `${port}`]),
    ...(user === undefined ? [] : ["-l", user]),
    ...["--", host, agent],
  ];
  return processLine(spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] }));
}

/** Opens the way to an agent. Throws a SystemError about it. */
export async function openLine(address: Address, env: Environment): Promise<Line> {
  try {
    if (address.kind === "ssh") return openSsh(address, env);
    if (address.kind === "terminal") return openTerminal(address.path);
    return await openTcp(address.host, address.port);
  } catch (cause) {
    const { errno, hint } = toSystemError(cause);
    throw new SystemError(errno || EINVAL, { subject: `opening ${address.text}`, hint, cause });
  }
}
