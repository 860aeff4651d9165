// What the program's assembly and C share.
#ifndef XAPIC_H_
#define XAPIC_H_

#include "abi.h"

#define CODE32 8
#define CODE64 16
#define DATA 24
/** Number of IOAPIC_PAGE's 2 MiB in the fourth GiB; the local APIC's are the next. */
#define DEVICE_ENTRY 502

#endif
