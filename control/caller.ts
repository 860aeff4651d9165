// Who calls. Under sudo a command has root's privileges, and works for the user who called it: what lies in directories that he
// can write is touched with his privileges only, or a link that he puts there would lead root wherever he likes.

import { closeSync, constants, lstatSync, openSync, readlinkSync } from "node:fs";
import { dirname, join, parse, resolve, sep } from "node:path";
import { EPERM } from "../abi/errno.ts";
import { SystemError, toSystemError } from "./errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** What changes a process's privileges; tests put their own in place. */
export type Credentials = Pick<
  NodeJS.Process,
  "getuid" | "getegid" | "getgroups" | "setgroups" | "setgid" | "setuid" | "setegid" | "seteuid"
> & {
  /** initgroups(3): the groups of a user, and one more. */
  readonly initgroups?: (user: string | number, extraGroup: string | number) => void;
};

/** The user who called sudo. */
export interface Caller {
  readonly uid: number;
  readonly gid: number;
}

const ID = /^[0-9]{1,10}$/;
/** (uid_t)-1 means "leave it as it is" to the system calls. */
const ID_END = 2 ** 32 - 1;
const OUTPUT = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC;
const OUTPUT_MODE = 0o666;
/** Write permission of group and others (chmod(2)). */
const OTHERS_WRITE = 0o022;
/** S_ISVTX: only an entry's owner can rename or remove it. */
const STICKY = 0o1000;
/** Symbolic links that a path may lead through, as Linux has it (path_resolution(7)). */
const LINKS_MAX = 40;

const idOf = (text: string | undefined): number | undefined =>
  text !== undefined && ID.test(text) && Number(text) < ID_END ? Number(text) : undefined;

/** Who called, when that is somebody other than the user of this process: sudo says so, and is believed when this is root. */
export function callerOf(env: Environment, credentials: Credentials = process): Caller | undefined {
  const uid = idOf(env.SUDO_UID);
  if (credentials.getuid?.() !== 0 || !uid) return undefined;
  const gid = idOf(env.SUDO_GID);
  if (gid !== undefined) return { uid, gid };
  throw new SystemError(EPERM, { hint: "SUDO_UID is set, and SUDO_GID is not." });
}

function takeGroups({ uid, gid }: Caller, credentials: Credentials): void {
  try {
    credentials.initgroups?.(uid, gid);
  } catch (error) {
    // Not in the password database: then he has no further groups either.
    if ((error as NodeJS.ErrnoException).code !== "ERR_UNKNOWN_CREDENTIAL") throw error;
    credentials.setgroups?.([gid]);
  }
}

/**
 * Gives root's privileges up for good and goes on as the user who called; to be called before anything in a directory of his is
 * touched. Does nothing without sudo. Throws when the privileges cannot be given up.
 */
export function becomeCaller(env: Environment, credentials: Credentials = process): void {
  const caller = callerOf(env, credentials);
  if (!caller) return;
  takeGroups(caller, credentials);
  credentials.setgid?.(caller.gid);
  credentials.setuid?.(caller.uid);
  if (credentials.getuid?.() === caller.uid) return;
  throw new SystemError(EPERM, { hint: "Root's privileges could not be given up." });
}

/** Does something with the caller's privileges, which go back to root's afterwards. It must not wait: they are the process's. */
function asCaller<T>(caller: Caller, credentials: Credentials, action: () => T): T {
  const gid = credentials.getegid?.() ?? 0;
  const groups = credentials.getgroups?.() ?? [];
  takeGroups(caller, credentials);
  try {
    credentials.setegid?.(caller.gid);
    credentials.seteuid?.(caller.uid);
    return action();
  } finally {
    credentials.seteuid?.(0);
    credentials.setegid?.(gid);
    credentials.setgroups?.(groups);
  }
}

/**
 * Whether nobody but root can change where an absolute path leads: every directory and link on it is root's, and no other can write
 * there. A sticky directory such as /tmp will do where its entry exists and is root's.
 */
export function isOnlyRoots(path: string, links = LINKS_MAX): boolean {
  const { root } = parse(path);
  const names = path.slice(root.length).split(sep);
  let at = root;
  let mayAdd = false;
  for (const [index, name] of ["", ...names].entries()) {
    at = join(at, name);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (!stat) return !mayAdd;
    if (stat.uid !== 0) return false;
    if (stat.isSymbolicLink()) {
      const target = resolve(dirname(at), readlinkSync(at), ...names.slice(index));
      return links > 0 && isOnlyRoots(target, links - 1);
    }
    // Anybody may give a file of root's a second name there.
    if (mayAdd && stat.isFile() && stat.nlink > 1) return false;
    mayAdd = (stat.mode & OTHERS_WRITE) !== 0;
    if (mayAdd && !(stat.mode & STICKY)) return false;
  }
  return true;
}

/**
 * Opens a file for output, emptied; returns its descriptor. Under sudo it is opened with the caller's privileges, and with root's only
 * where nobody else can have put a link. Throws Node's errors.
 */
export function openOutput(
  path: string,
  env: Environment = process.env,
  credentials: Credentials = process,
): number {
  const open = () => openSync(path, OUTPUT, OUTPUT_MODE);
  const caller = callerOf(env, credentials);
  if (!caller) return open();
  try {
    return asCaller(caller, credentials, open);
  } catch (error) {
    const isDenied = ["EACCES", "EPERM"].includes(toSystemError(error).code);
    if (!isDenied || !isOnlyRoots(resolve(path))) throw error;
    return open();
  }
}

/** Opens a file for output while the action takes. */
export async function withOutput<T>(
  path: string,
  env: Environment,
  action: (file: number) => T | Promise<T>,
): Promise<T> {
  const file = openOutput(path, env);
  try {
    return await action(file);
  } finally {
    closeSync(file);
  }
}
