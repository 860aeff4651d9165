// The runtime directory: which machines run for this user, and where their files are.
//
//   <runtime directory>/NAME/{socket,pid,log,record,sysfs/}
//
// A machine's directory appears complete (it is renamed into place), and what a killed daemon left behind is recognised
// by its pid file. Under sudo all this is the calling user's: root's privileges are given up before any of it is touched.

import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { EACCES, EEXIST, EINVAL, ENAMETOOLONG } from "../abi/errno.ts";
import { becomeCaller, type Credentials, type Environment, isOnlyRoots } from "./caller.ts";
import { SystemError } from "./errors.ts";

export const DEFAULT_MACHINE = "default";

/** Longest Unix socket path in bytes: sun_path without its NUL (unix(7): 108 bytes on Linux, 104 on BSD). */
const SOCKET_PATH_MAX = process.platform === "linux" ? 107 : 103;
const PRIVATE_DIRECTORY = 0o700;
/** Permission bits of anybody but the owner. */
const OTHERS = 0o077;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** Prefix of directories on their way in or out; no machine's name starts like this. */
const TRANSIENT = ".going-";
/** Age in milliseconds at which a transient directory is certainly nobody's any more. */
const TRANSIENT_AGE = 60_000;

export interface MachinePaths {
  readonly name: string;
  readonly directory: string;
  readonly socket: string;
  readonly pid: string;
  /** What the daemon itself has to say. */
  readonly log: string;
  /** The journal of all inputs (control/record/journal.ts). */
  readonly record: string;
  /** The tree that stands for /sys/devices/jailhouse. */
  readonly sysfs: string;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function isDirectoryOf(uid: number, path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isDirectory() === true && stat.uid === uid;
}

function choose(env: Environment, uid: number): string {
  const { JAILHOUSE_RUNTIME_DIR: override, XDG_RUNTIME_DIR: xdg } = env;
  if (override) {
    if (isAbsolute(override)) return override;
    throw new SystemError(EINVAL, { hint: "JAILHOUSE_RUNTIME_DIR must be an absolute path." });
  }
  // Under sudo, or after su, it may be another user's.
  const own = [xdg, `/run/user/${uid}`].find((path) => path && isDirectoryOf(uid, path));
  return own ? join(own, "jailhouse") : join(tmpdir(), `jailhouse-${uid}`);
}

/** Creates a directory and those above it; not `recursive`, which never ends below /proc. */
function makeDirectory(path: string): void {
  if (isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) makeDirectory(parent);
  try {
    mkdirSync(path, { mode: PRIVATE_DIRECTORY });
  } catch (error) {
    // Another command was faster.
    if (!isDirectory(path)) throw error;
  }
}

/**
 * The user's runtime directory, created if missing. Under sudo the process becomes the calling user first, for good. Throws EACCES when
 * somebody else could reach into it, or lead it elsewhere.
 */
export function runtimeDirectory(
  env: Environment = process.env,
  credentials: Credentials = process,
): string {
  becomeCaller(env, credentials);
  const uid = credentials.getuid?.() ?? 0;
  const path = choose(env, uid);
  makeDirectory(path);
  const stat = lstatSync(path);
  const isPrivate = stat.isDirectory() && stat.uid === uid && (stat.mode & OTHERS) === 0;
  if (!isPrivate || (uid === 0 && !isOnlyRoots(path))) {
    const hint = `${path} must be a directory of your own that nobody else can enter (chmod 700) or replace.`;
    throw new SystemError(EACCES, { hint });
  }
  return path;
}

/** Where a machine's files are. Throws EINVAL for a name that cannot be one, ENAMETOOLONG when the path gets too long. */
export function machinePaths(name: string, env: Environment = process.env): MachinePaths {
  if (!NAME.test(name)) {
    const hint = `"${name}" cannot be a machine's name: letters, digits, dots, dashes and underscores, 63 at most, beginning with a letter or digit.`;
    throw new SystemError(EINVAL, { hint });
  }
  const root = runtimeDirectory(env);
  const directory = join(root, name);
  const inside = (file: string) => join(directory, file);
  const socket = inside("socket");
  if (Buffer.byteLength(socket) > SOCKET_PATH_MAX) {
    const hint = `The path of the machine's socket, ${socket}, is longer than the ${SOCKET_PATH_MAX} bytes a socket may have: use a shorter name or set JAILHOUSE_RUNTIME_DIR.`;
    throw new SystemError(ENAMETOOLONG, { hint });
  }
  const [pid, log, record, sysfs] = ["pid", "log", "record", "sysfs"].map(inside);
  return { name, directory, socket, pid: pid!, log: log!, record: record!, sysfs: sysfs! };
}

/** A process's start time in clock ticks, so that a reused pid is recognised (proc(5), field 22); "" where unknown. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

/** Whether there is a process that this user may end, and it is his: the pid file may name anybody's. */
function isMine(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const owner = statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
    return owner === undefined || owner === process.geteuid?.();
  } catch {
    return false;
  }
}

/** The pid of a machine's daemon, a process of this user; undefined when there is none (any more). */
export function daemonPid(paths: Pick<MachinePaths, "pid">): number | undefined {
  let text: string;
  try {
    text = readFileSync(paths.pid, "latin1");
  } catch {
    return undefined;
  }
  const [first, started] = text.trim().split(" ");
  const pid = Number(first);
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isMine(pid)) return undefined;
  return (started ?? "") === startTime(pid) ? pid : undefined;
}

/** Takes a machine's directory away at once, whatever is in it. Returns false when it was gone already, or `mayGo` says so. */
function remove({ directory }: MachinePaths, mayGo = (_aside: string) => true): boolean {
  const aside = mkdtempSync(join(directory, "..", TRANSIENT));
  try {
    renameSync(directory, aside);
    if (mayGo(aside)) return true;
    renameSync(aside, directory);
    return false;
  } catch {
    return false;
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Removes what a dead daemon left behind; returns whether there was anything. */
export function cleanLeftovers(paths: MachinePaths): boolean {
  if (!isDirectory(paths.directory) || daemonPid(paths) !== undefined) return false;
  // Since it was looked at another command may have cleaned it, and a new daemon made it its own.
  return remove(paths, (aside) => daemonPid({ pid: join(aside, "pid") }) === undefined);
}

/** A directory that is going to be a machine's, for what is to be in it from the start. */
export function prepare(paths: MachinePaths): string {
  return mkdtempSync(join(paths.directory, "..", TRANSIENT));
}

/** Makes the machine's directory this process's. Throws EEXIST when a living daemon has it. */
export function claim(paths: MachinePaths, fresh = prepare(paths)): void {
  writeFileSync(join(fresh, "pid"), `${process.pid} ${startTime(process.pid)}\n`, { mode: 0o600 });
  cleanLeftovers(paths);
  try {
    renameSync(fresh, paths.directory);
  } catch (cause) {
    rmSync(fresh, { recursive: true, force: true });
    const hint = `Machine "${paths.name}" runs already.`;
    throw new SystemError(EEXIST, { hint, cause });
  }
}

/** Removes the machine's directory, if it is (still) this process's. */
export function release(paths: MachinePaths): void {
  if (daemonPid(paths) === process.pid) remove(paths);
}

function isAbandoned(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs > TRANSIENT_AGE;
}

/** The user's machines whose daemon lives, by name; leftovers of dead ones are removed. */
export function listMachines(env: Environment = process.env): MachinePaths[] {
  const root = runtimeDirectory(env);
  const living: MachinePaths[] = [];
  for (const entry of readdirSync(root).sort()) {
    const path = join(root, entry);
    if (entry.startsWith(TRANSIENT) && isAbandoned(path)) rmSync(path, { recursive: true });
    if (!NAME.test(entry) || !isDirectory(path)) continue;
    const paths = machinePaths(entry, env);
    if (daemonPid(paths) !== undefined) living.push(paths);
    else cleanLeftovers(paths);
  }
  return living;
}
