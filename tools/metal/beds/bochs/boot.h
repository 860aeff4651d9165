// Where things are while a machine on Bochs starts: what boot.S, enter.S and boot-disk.ts share.
#ifndef BOOT_H_
#define BOOT_H_

#define SECTOR 512
/** Below it the stack grows; the sector is loaded there by the BIOS. */
#define BOOT_SECTOR 0x7c00
/** A word that survives a reset: the machine has started before. */
#define STARTED 0x500
#define STARTED_MAGIC 0x4a544a54
/** What the BIOS says of memory (int 15h, E820): the number of entries, then 20 bytes each. */
#define MEMORY_MAP_COUNT 0x1000
#define MEMORY_MAP 0x1004
#define MEMORY_MAP_ENTRY 20
#define MEMORY_MAP_MOST 32
/** Where the BIOS puts what it reads, so much at a time. */
#define BUFFER 0x10000
#define BUFFER_SECTORS 64

/** The sector's table: entry point, its argument, then extents (LBA, sectors, address; 12 bytes each) until one without sectors. */
#define TABLE 384
#define TABLE_END 510

/** Flat segments, as Linux' boot protocol wants them. */
#define BOOT_CODE 0x10
#define BOOT_DATA 0x18
#define MULTIBOOT_LOADED 0x2badb002

#endif
