// Values of Linux' state that are kept besides LINUX_* (EXTRA_* of ../../intel/numbers.ts).
#define CPU_TOP_EXTRA EXTRA_FIELDS
