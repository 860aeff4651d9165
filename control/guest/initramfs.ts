// What Linux finds as its first file system: busybox, an init of our own, and what the user adds.
import { existsSync, readFileSync } from "node:fs";
import { ENOENT } from "../../abi/errno.ts";
import { SystemError } from "../errors.ts";
import { type Entry, type Tree, writeCpio } from "./cpio.ts";
import type { KernelModule } from "./modules.ts";

/** Where Debian's busybox-static and others put it; it must be linked statically. */
const BUSYBOX = ["/bin/busybox", "/usr/bin/busybox", "/sbin/busybox"];

/** First port of the exit port that init ends the machine by. */
export const EXIT_PORT = 0xf4;
/** Encloses what init says there: byte 1, which no text has. */
export const MARK = "\x01";
export const READY: string = `${MARK}ready${MARK}`;

/**
 * Keeps a shell on COM1, whose end powers off, and carries out commands that come on COM2, or on a virtio console: a number and the command in base64, answered
 * by its output and MARK number status MARK. Without ACPI power-off is a write to the exit port.
 */
const INIT = `#!/bin/busybox sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=linux PS1='# '
/bin/busybox mkdir -p /proc /sys /dev /tmp /run /root /mnt
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
for module in /modules/*.ko; do
  [ -e "$module" ] && insmod "$module"
done
end() {
  sync
  [ -d /sys/firmware/acpi ] || printf '\\000' | dd of=/dev/port bs=1 seek=${EXIT_PORT} 2>/dev/null
  poweroff -f
}
trap end USR1 USR2 TERM
channel=/dev/ttyS1
[ -c /dev/hvc0 ] && channel=/dev/hvc0
exec 3<>$channel
stty -F $channel raw -echo
commands() {
  printf '\\001ready\\001'
  while read -r number code; do
    printf '%s' "$code" | base64 -d >/run/command
    sh /run/command </dev/null
    printf '\\001%s %s\\001' "$number" $?
  done
}
commands <$channel >$channel 2>&1 &
setsid sh -c 'exec sh -i </dev/ttyS0 >/dev/ttyS0 2>&1' &
wait $!
end
`;

function busybox(): Uint8Array {
  const path = BUSYBOX.find(existsSync);
  if (path === undefined) {
    const hint = `There is no ${BUSYBOX.join(", ")}; Debian's package busybox-static has it.`;
    throw new SystemError(ENOENT, { hint });
  }
  return readFileSync(path);
}

/** In the order in which init inserts them. */
function moduleFiles(modules: readonly KernelModule[]): [string, Entry][] {
  const file = (index: number, name: string) => `modules/${`${index}`.padStart(3, "0")}-${name}.ko`;
  const files = modules.map(
    ({ name, data }, index) => [file(index, name), { data }] as [string, Entry],
  );
  return files.length > 0 ? [["modules", { directory: true }], ...files] : [];
}

/** The archive. Throws ENOENT where there is no busybox. */
export function initramfs(
  files: Tree = new Map(),
  modules: readonly KernelModule[] = [],
): Uint8Array {
  return writeCpio(
    new Map([
      ["bin/busybox", { data: busybox(), mode: 0o755 }],
      ["bin/sh", { link: "busybox" }],
      ["init", { data: Buffer.from(INIT), mode: 0o755 }],
      ["dev", { directory: true }],
      ...moduleFiles(modules),
      ...files,
    ]),
  );
}
