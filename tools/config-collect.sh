#!/bin/sh
# Collects what `jailhouse config create` reads of a machine, into a tar file: for boards without Node. Run it as root, or
# configuration spaces end after 64 bytes and the ACPI tables are missing. Nothing is changed, nothing is sent anywhere.
#
#   config-collect.sh FILE.tar [ROOT]
#
# Then, on any machine:  jailhouse config create -r FILE.tar my-machine.ts

set -u

if [ $# -lt 1 ] || [ $# -gt 2 ] || [ "$1" = "-h" ] || [ "$1" = "--help" ]; then
  echo "Usage: ${0##*/} FILE.tar [ROOT]"
  [ "${1:-}" = "-h" ] || [ "${1:-}" = "--help" ]
  exit $?
fi
target=$1
root=${2:-}
root=${root%/}

# Every file is read whole: files of /proc and /sys have no size that could be trusted.
patterns='
/proc/iomem
/proc/cpuinfo
/proc/cmdline
/proc/ioports
/sys/bus/pci/devices/*/config
/sys/bus/pci/devices/*/resource
/sys/devices/system/cpu/cpu*/uevent
/sys/devices/system/cpu/cpu*/topology/thread_siblings_list
/sys/devices/system/cpu/cpu*/cpuidle/state*/name
/sys/devices/system/cpu/cpu*/cpuidle/state*/desc
/sys/firmware/acpi/tables/APIC
/sys/firmware/acpi/tables/MCFG
/sys/firmware/acpi/tables/DMAR
/sys/firmware/acpi/tables/IVRS
/sys/class/dmi/id/product_name
/sys/class/dmi/id/sys_vendor
/sys/class/tty/*/iomem_base
/sys/class/tty/*/iomem_reg_shift
/sys/class/tty/*/io_type
/sys/class/tty/*/port
/sys/devices/jailhouse/enabled
'

copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
trap 'exit 1' HUP INT TERM

count=0
for pattern in $patterns; do
  for file in "$root"$pattern; do
    [ -r "$file" ] || continue
    path=${file#"$root"}
    mkdir -p "$copy${path%/*}" || exit 1
    # What cannot be read now, such as a port's registers that are gone, is as good as absent.
    if cat "$file" >"$copy$path" 2>/dev/null; then count=$((count + 1)); else rm -f "$copy$path"; fi
  done
done

if [ "$count" -eq 0 ]; then
  echo "${0##*/}: nothing to collect below ${root:-/}" >&2
  exit 1
fi
if [ -z "$root" ] && [ ! -r /sys/firmware/acpi/tables/APIC ]; then
  echo "${0##*/}: the ACPI tables cannot be read: run this as root" >&2
fi
tar -C "$copy" -cf "$target" . || exit 1
echo "$count files in $target"
