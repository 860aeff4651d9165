// What the command and the agent on a computer without Node say to each other (agent/README.md, docs/remote.md). All
// numbers are little endian and packed.
//
// A frame is AGENT_FRAME_START, its bytes in symbols of six bits, and AGENT_FRAME_END. Symbols and marks have bit 7 set:
// text that a kernel prints on the same line lies between them and takes nothing away from them, and no shell that reads
// the line in the agent's place ever sees the end of a line. Three bytes are four symbols, the lowest bits first; the last
// one or two bytes are two or three symbols.

/** Version of all that is here. */
export const AGENT_VERSION: u32 = 2;
/** The symbol for 0; the one for 63 is 0xbf. */
export const AGENT_SYMBOL: u32 = 0x80;
/** Begins a frame; neither mark is part of any text in UTF-8. */
export const AGENT_FRAME_START: u32 = 0xf8;
/** Ends a frame. */
export const AGENT_FRAME_END: u32 = 0xf9;

/** Frame: AGENT_* type, u8. */
export const AGENT_TYPE: u32 = 0;
/** Frame: number of the session, u32, which the agent chose at random; in HELLO the caller's, which the command chose so. */
export const AGENT_SESSION: u32 = 1;
/** Frame: number of the request in the session, u16, counted from 1 and modulo 2^16; an answer repeats it. */
export const AGENT_SEQUENCE: u32 = 5;
/** Frame: which one this is of all that were sent, u8, modulo AGENT_ATTEMPTS; an answer repeats that of the last that came. */
export const AGENT_ATTEMPT: u32 = 7;
/** Number of those numbers. */
export const AGENT_ATTEMPTS: u32 = 0x100;
/** Frame: where its body begins; behind it is the CRC-32 (that of zlib) of all before, u32. */
export const AGENT_BODY: u32 = 8;
/** Size of the CRC-32. */
export const AGENT_CRC_SIZE: u32 = 4;
/** Most bytes of a request or a result that one frame carries. */
export const AGENT_DATA_MAX: u32 = 0x4000;
/** Largest body: data and the numbers before it. */
export const AGENT_BODY_MAX: u32 = 0x4020;
/** Largest request in bytes: all of the images of a load. */
export const AGENT_REQUEST_MAX: u32 = 0x10000000;
/** Largest result in bytes. */
export const AGENT_RESULT_MAX: u32 = 0x1000000;
/** Milliseconds after the last frame of a session for which no other can begin. */
export const AGENT_LEASE_MS: u32 = 10000;
/** So many zeros in a row are left out of requests and results rather than sent: a frame more costs about as much. */
export const AGENT_ZEROS: u32 = 32;

/** To the agent: begins the caller's session, or keeps it alive. Body: AGENT_VERSION, u8. */
export const AGENT_HELLO: u32 = 0x01;
/** To the agent: a part of the next request, of which all that is not sent is zero. Body: its offset, u32; its bytes. */
export const AGENT_PUT: u32 = 0x02;
/** To the agent: carry the request out, or tell the result once more. Body: AGENT_RUN_*; the last bytes of the request. */
export const AGENT_RUN: u32 = 0x03;
/** To the agent: a part of the result is wanted. Body: its offset, u32; its size, u16. */
export const AGENT_GET: u32 = 0x04;
/** To the agent: ends the session. No body. */
export const AGENT_BYE: u32 = 0x05;

/** RUN: kind of the request, u8: AGENT_KIND_*. */
export const AGENT_RUN_KIND: u32 = 0;
/** RUN: most bytes of the result that the answer may carry, u16. */
export const AGENT_RUN_PIECE: u32 = 1;
/** RUN: size of the whole request, u32. */
export const AGENT_RUN_LENGTH: u32 = 3;
/** RUN: CRC-32 of the whole request, u32. */
export const AGENT_RUN_CRC: u32 = 7;
/** RUN: where its data begin. */
export const AGENT_RUN_DATA: u32 = 11;

/** To the command: the session is there. Body: AGENT_VERSION, u8; number of the session, u32. */
export const AGENT_WELCOME: u32 = 0x81;
/** To the command: a part has arrived. Body: its offset, u32; its size, u32. */
export const AGENT_TAKEN: u32 = 0x82;
/** To the command: what became of the request. Body: AGENT_RESULT_*; the first bytes of the result. */
export const AGENT_RESULT: u32 = 0x83;
/** To the command: the request is being carried out. Body: for how long, u32, in milliseconds. */
export const AGENT_RUNNING: u32 = 0x84;
/**
 * To the command: a part of the result. Body: its offset, u32; its bytes, none at the end. All between the offset that was asked
 * for and this one is zero.
 */
export const AGENT_PIECE: u32 = 0x85;
/** To the command: the session has ended. No body. */
export const AGENT_ENDED: u32 = 0x86;
/** To the command: no. Body: the type of the frame that is refused, u8; AGENT_WHY_*, u8. */
export const AGENT_REFUSED: u32 = 0x87;
/** To the command: a frame has arrived damaged. Nothing of it is known, so its session and its number are 0. No body. */
export const AGENT_GARBLED: u32 = 0x88;

/** RESULT: 0 or more, or a negative error number, s32. */
export const AGENT_RESULT_STATUS: u32 = 0;
/** RESULT: size of the whole result, u32. */
export const AGENT_RESULT_LENGTH: u32 = 4;
/** RESULT: CRC-32 of the whole result, u32. */
export const AGENT_RESULT_CRC: u32 = 8;
/** RESULT: where its data begin. */
export const AGENT_RESULT_DATA: u32 = 12;

/** Another session is under way. */
export const AGENT_WHY_BUSY: u32 = 1;
/** There is no such session: the agent was started anew, or another one came. */
export const AGENT_WHY_UNKNOWN: u32 = 2;
/** Neither the last request nor the one after it. */
export const AGENT_WHY_SEQUENCE: u32 = 3;
/** The request is not what its CRC-32 says. */
export const AGENT_WHY_DAMAGED: u32 = 4;
/** The frame makes no sense. */
export const AGENT_WHY_MALFORMED: u32 = 5;
/** Another version. */
export const AGENT_WHY_VERSION: u32 = 6;

/**
 * Files and names of directories. Request: patterns, each with a NUL behind it; `*` stands for any part of one name, and a
 * pattern that ends with `/` for the names in directories. Result: AGENT_FILE_* each.
 */
export const AGENT_KIND_FILES: u32 = 1;
/** A request to the driver. Request: AGENT_IOCTL_*. Result: AGENT_WORDS_*. */
export const AGENT_KIND_IOCTL: u32 = 2;
/** The hypervisor's console. Request: AGENT_CONSOLE_*. Result: what came since the last time. */
export const AGENT_KIND_CONSOLE: u32 = 3;
/** A model-specific register of CPU 0. Request: its number, u32. Result: its value, u64. */
export const AGENT_KIND_MSR: u32 = 4;

/** File: bytes of its path that are those of the file before it, u8. */
export const AGENT_FILE_SHARED: u32 = 0;
/** File: bytes of its path that follow, u8. */
export const AGENT_FILE_OWN: u32 = 1;
/** File: its size, or a negative error number, s32. The path's bytes and the content follow. */
export const AGENT_FILE_SIZE: u32 = 2;
/** File: where its path's own bytes begin. */
export const AGENT_FILE_PATH: u32 = 6;
/** Longest path. */
export const AGENT_PATH_MAX: u32 = 255;

/** Ioctl: number of the request, u32. */
export const AGENT_IOCTL_NUMBER: u32 = 0;
/** Ioctl: size of its argument, u32. */
export const AGENT_IOCTL_SIZE: u32 = 4;
/** Ioctl: number of pointers in it, u32. */
export const AGENT_IOCTL_POINTERS: u32 = 8;
/** Ioctl: where the pointers begin (AGENT_POINTER_*); the argument follows, then the bytes of all pointers in their order. */
export const AGENT_IOCTL_HEAD: u32 = 12;
/** Pointer: its offset in the argument, u32. */
export const AGENT_POINTER_AT: u32 = 0;
/** Pointer: number of bytes that it points to, u32. */
export const AGENT_POINTER_LENGTH: u32 = 4;
/** Size of a pointer's description. */
export const AGENT_POINTER_SIZE: u32 = 8;

/** Words: whether the device could be opened, u32; if not, the status says why. */
export const AGENT_WORDS_OPENED: u32 = 0;
/** Words: how many bytes the kernel's log has got meanwhile, u32: they follow, then those of the console. */
export const AGENT_WORDS_LOG: u32 = 4;
/** Words: where the log begins. */
export const AGENT_WORDS_TEXT: u32 = 8;

/** Console: which reader, u8, below AGENT_CONSOLE_READERS. */
export const AGENT_CONSOLE_READER: u32 = 0;
/** Console: what to do, u8: AGENT_CONSOLE_OPEN and its fellows. */
export const AGENT_CONSOLE_ACTION: u32 = 1;
/** Size of a console request. */
export const AGENT_CONSOLE_SIZE: u32 = 2;
/** Opens the reader, anew if it is open; the first reading has what the console holds. */
export const AGENT_CONSOLE_OPEN: u32 = 0;
/** Reads what came since. */
export const AGENT_CONSOLE_READ: u32 = 1;
/** Closes the reader. */
export const AGENT_CONSOLE_CLOSE: u32 = 2;
/** Number of readers that a session can have. */
export const AGENT_CONSOLE_READERS: u32 = 4;
