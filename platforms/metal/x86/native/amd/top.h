// Values of Linux' state that are kept besides LINUX_*: none, the processor keeps them.
#define CPU_TOP_EXTRA 0
