// The session API: one running machine, its hypervisor and its cells. Implemented in process (control/session.ts) and
// over the daemon's socket (control/client.ts); users, tests and the command see only this.

import type { Tree } from "../config/create/tree.ts";
import type { Denial } from "../config/explain/index.ts";
import type { MemoryRange } from "./memory-map.ts";

export type { Denial };

/** A cell by number or by name, as the command takes it: a non-negative integer is an id. */
export type CellRef = number | string;

/** An image for a loadable region: bytes and the cell address where they go. */
export interface Image {
  readonly data: Uint8Array;
  readonly address: bigint;
}

/** The states that ABI section 7 lists for sysfs. */
export type CellState =
  | "running"
  | "running/locked"
  | "shut down"
  | "failed"
  | "Comm ABI mismatch"
  | "invalid";

export interface CellInfo {
  readonly id: number;
  readonly name: string;
  readonly state: CellState;
  /** CPU numbers, ascending. */
  readonly cpusAssigned: readonly number[];
  readonly cpusFailed: readonly number[];
}

/** Counter names are sysfs's, without the leading `vmexits_`. */
export type Counters = Readonly<Record<string, number>>;

export interface CellStatistics {
  readonly cell: CellInfo;
  readonly total: Counters;
  readonly cpus: ReadonlyMap<number, Counters>;
}

/** `paced` follows the wall clock, `free` runs as fast as it can. */
export type Pace = "paced" | "free";

/** Whether a character takes its time on a serial line, or leaves at once. */
export type SerialSpeed = "line" | "instant";

/** What a reset does: boots the kernel anew, or ends the machine. */
export type ResetAction = "boot" | "end";

/** A reset of a machine. */
export interface MachineReset {
  /** The port that it was asked for at, the keyboard controller's line, or a processor's shutdown. */
  readonly cause: "0xcf9" | "0x92" | "keyboard-controller" | "triple-fault";
  /** Virtual time in nanoseconds. */
  readonly time: number;
  /** Where the processor was, in hex, that shut down. */
  readonly rip?: string;
}

/** A line of a machine: COM1, COM2, or its virtio console. */
export type LineNumber = 0 | 1 | 2;

export interface MachineOptions {
  /** Name of the machine; default "default". */
  readonly name?: string;
  /** Number of CPUs, 1 to 64; default 4. */
  readonly cpus?: number;
  /** RAM in bytes, a multiple of 1 MiB; default 1 GiB. */
  readonly memory?: number;
  /**
   * The processor: MODEL[,FEATURE=on|off]…; the model is "amd" or "intel" and decides `vmmcall` or `vmcall`, features have Linux's
   * names in /proc/cpuinfo (docs/machine.md). Default "amd".
   */
  readonly cpu?: string;
  /** A kernel that runs on the machine, in place of what stands in for Linux: then there is no hypervisor to be enabled. */
  readonly kernel?: Kernel | undefined;
  /**
   * Disks (virtio-blk), at most 8: paths of raw images, or images as bytes. They are only read; what is written is kept in the
   * machine. A file must stay as it is while the machine uses it.
   */
  readonly disks?: readonly (string | BootFile)[];
  /** Whether there is a virtio console (hvc0 of Linux): serial line 2, which sends at once. Default false. */
  readonly virtioConsole?: boolean;
  /**
   * What a reset does on a machine with a kernel: "boot" starts it and its kernel anew, "end" is the machine's end. Default "boot", with
   * an exit port "end".
   */
  readonly onReset?: ResetAction;
  /** First of four ports whose write ends the machine, as QEMU's isa-debug-exit. */
  readonly exitPort?: number | undefined;
  /** Whether QEMU's firmware configuration can be read at ports 0x510 and 0x511; default false. */
  readonly fwCfg?: boolean;
  /**
   * What the processors' RDRAND and RDSEED give, the date and the state of timers at the start are made from this: an integer from 0 to
   * 2^53 - 1; default 0.
   */
  readonly seed?: number;
  /**
   * How fast the serial ports send: "line", as their divisor says (115200 baud: 87 us a character), or "instant". Default "line", with
   * a kernel "instant".
   */
  readonly serialSpeed?: SerialSpeed;
  readonly pace?: Pace;
}

/** A file, and the name by which a kernel is told of it. */
export interface BootFile {
  readonly name: string;
  readonly data: Uint8Array;
  /** Where it was read, absolute: a record then says that, and has no copy. */
  readonly path?: string;
}

/**
 * What is booted: a multiboot (version 1) kernel, with its modules and what follows its name on the command line; or Linux for x86-64
 * (bzImage, or vmlinux, which may be compressed by gzip, xz or zstd), with its initrd and its command line.
 */
export interface Kernel {
  readonly image: BootFile;
  readonly modules?: readonly BootFile[];
  readonly commandLine?: string;
}

/** A cell that has just been created. */
export interface CreatedCell extends CellInfo {
  /** One sentence each, for the user: for example that its CPUs share a core with another cell's. */
  readonly warnings?: readonly string[];
}

/** Pages of one of the hypervisor's page pools. */
export interface PoolUse {
  readonly size: number;
  readonly used: number;
}

/** What a successful start has to say. */
export interface StartReport {
  /** One sentence each, for the user: for example that nothing was loaded at the reset address. */
  readonly warnings: readonly string[];
}

export interface MachineStatus {
  readonly name: string;
  readonly cpus: number;
  readonly memory: number;
  /** The processor as in {@link MachineOptions}; undefined for a computer. */
  readonly cpu?: string;
  /** `real` is that of a computer. */
  readonly pace: Pace | "real";
  readonly enabled: boolean;
  /** Name of the kernel that runs on it, if there is one. */
  readonly kernel?: string;
  /** Its disks: the paths, or names, of their images. */
  readonly disks?: readonly string[];
  /** What was written to its exit port, 0 where something else has ended the machine. */
  readonly ended?: number;
  /** What has ended it: its exit port, ACPI's power-off, or a reset. */
  readonly endReason?: "exit-port" | "power-off" | "reset";
  /** How often its kernel was booted anew; absent without a kernel, or where a reset is the machine's end. */
  readonly resets?: number;
  /** The last reset. */
  readonly lastReset?: MachineReset;
  /** Seconds until the machine, taken over on trial, is handed back by itself. */
  readonly trial?: number;
  /** Whether the root cell is allowed, and recorded with, what its configuration forgot. */
  readonly learning: boolean;
  /** Time in nanoseconds since power-on; virtual on an emulated machine. */
  readonly time: number;
  readonly cells: readonly CellInfo[];
  /** The page pools; all zero while not enabled. */
  readonly pools: { readonly memory: PoolUse; readonly remap: PoolUse };
  /** Root cell CPUs that are offline (given to cells) or failed. */
  readonly offline: readonly number[];
  /** Whose RAM is where, ascending; empty while not enabled, and where nobody records it. */
  readonly memoryMap: readonly MemoryRange[];
}

/** What the hypervisor has recorded since it was enabled. */
export interface DenialLog {
  readonly learning: boolean;
  /** Records overwritten by later ones. */
  readonly missed: number;
  /** In order. */
  readonly denials: readonly Denial[];
}

export type Unsubscribe = () => void;

/** One serial line, the machine's output side. */
export interface SerialLine {
  /** All that has been sent so far (the last MiB of it). */
  text(): Promise<string>;
  /** Calls `listener` with each further piece, in order. */
  follow(listener: (text: string) => void): Promise<Unsubscribe>;
  /** Sends bytes to the machine. */
  write(text: string): Promise<void>;
  /**
   * Lets time pass until the text matches; returns the match. `timeout` is in virtual nanoseconds (default 60 s): then
   * it throws, with the last lines seen.
   */
  waitFor(pattern: RegExp | string, timeout?: number): Promise<RegExpMatchArray>;
}

/** Everything that can be done with a running machine. Errors are SystemError (control/errors.ts). */
export interface Session {
  status(): Promise<MachineStatus>;
  /** Virtual time in nanoseconds since power-on; cheaper than `status`, and lets no time pass. */
  time(): Promise<number>;
  /** Takes over the machine with an encoded system configuration. */
  enable(systemConfig: Uint8Array): Promise<void>;
  /** Hands it back; refused as a whole when a cell refuses. */
  disable(): Promise<void>;
  createCell(cellConfig: Uint8Array): Promise<CreatedCell>;
  loadCell(cell: CellRef, images: readonly Image[]): Promise<void>;
  startCell(cell: CellRef): Promise<StartReport>;
  /** A load without images: stops the cell and leaves it loadable. */
  shutdownCell(cell: CellRef): Promise<void>;
  /** `force` destroys it whatever it answers. */
  destroyCell(cell: CellRef, options?: { readonly force?: boolean }): Promise<void>;
  cells(): Promise<readonly CellInfo[]>;
  statistics(cell: CellRef): Promise<CellStatistics>;
  /** What cells were denied since `enable`. EINVAL while not enabled. */
  denials(): Promise<DenialLog>;
  /** The configuration of a cell as it was given, for the root cell the system's. EINVAL while not enabled. */
  configuration(cell: CellRef): Promise<Uint8Array>;
  /** What the machine's Linux shows of its PCI functions, or would show: files below /sys/bus/pci/devices. */
  devices(): Promise<Tree>;
  /** The hypervisor's console: what its ring buffer holds. Throws EPERM when the configuration forbids it. */
  consoleText(): Promise<string>;
  /** Each further piece of the hypervisor's console. */
  followConsole(listener: (text: string) => void): Promise<Unsubscribe>;
  /** A line; ENODEV for one that the machine has not. */
  serial(line: LineNumber): SerialLine;
  /** Lets this much virtual time pass (nanoseconds). In a paced or free-running daemon: waits for it. */
  run(nanoseconds: number): Promise<void>;
  /**
   * Lets time pass until the machine ends: by its exit port, whose value is returned, or by power-off or a reset, for which that is 0.
   * `timeout` is in virtual nanoseconds (default: none): then it throws ETIMEDOUT. EINVAL for a machine that has neither an exit port
   * nor a kernel.
   */
  waitForEnd(timeout?: number): Promise<number>;
  /** SHA-256, hex, of all guest memory, registers, device state and serial output. */
  fingerprint(): Promise<string>;
  close(): Promise<void>;
}

/** Digests of a machine at one moment, by which two runs are compared: SHA-256 in hex. */
export interface CheckPoint {
  /** Of what the serial lines have sent. */
  readonly console: string;
  /** Of the CPUs' and the devices' state. */
  readonly state: string;
}

/** A session that a daemon lets go on in steps, between which others get their turn. */
export interface SteppedSession extends Session {
  /** What the machine is like; memory is left out. */
  checkPoint(): CheckPoint;
  /** Is called whenever time has passed, with virtual time; to be set by who records. */
  onTime: ((time: number) => void) | undefined;
  /** What was written to the exit port, once the machine has ended. */
  readonly ended: number | undefined;
  /**
   * Lets that much virtual time pass, or less: it ends at the first boundary between slices at which `isLate` says so. Returns
   * whether it was cut short. How time was cut changes nothing of what happens in it.
   */
  advance(nanoseconds: number, isLate: () => boolean): Promise<boolean>;
}

/** A serial line or console whose past and future can be had without a gap. */
export interface Attachment {
  /** What had been sent by then. */
  readonly text: string;
  readonly stop: Unsubscribe;
}

/**
 * A session with a machine that outlives it, which is what the command works with: over a daemon's socket
 * (control/client.ts), or with a computer, this one or another (control/linux/session.ts).
 */
export interface OpenSession extends Session {
  /** Resolves when the session has ended, from whichever side: with the reason, in a line, when nobody had asked for it. */
  readonly closed: Promise<string | undefined>;
  /** Waits for that much of the machine's time; aborting the signal ends the waiting only. */
  run(nanoseconds: number, signal?: AbortSignal): Promise<void>;
  /** The console's text, and each further piece to the listener. */
  attachConsole(listener: (text: string) => void): Promise<Attachment>;
  /** A serial line's text, and each further piece to the listener. */
  attachSerial(line: LineNumber, listener: (text: string) => void): Promise<Attachment>;
  /** Like `enable`, but only for so many seconds unless `confirm` comes, whatever happens to this session meanwhile. */
  enableTrial(systemConfig: Uint8Array, seconds: number): Promise<void>;
  /** Keeps a machine that was taken over on trial. EINVAL when none was. */
  confirm(): Promise<void>;
  /** What a person should agree to before `enable`; undefined when nothing can be lost. */
  risk(): Promise<string | undefined>;
  /** What a person should know after `enable`, one sentence each. */
  caveats(): Promise<readonly string[]>;
}

/** Starts a machine; its time stands still except inside the session's calls. In process: control/session.ts. */
export type StartMachine = (options?: MachineOptions) => Promise<SteppedSession>;
