// Registers of the 16550A (PC16550D data sheet, section 8.0). Offsets, then bits.

/** Clock of a PC's serial ports. */
export const UART_HERTZ = 1_843_200;
/** Clock cycles to a bit at divisor 1: 115200 baud. */
export const CYCLES_PER_BIT = 16;
/** What a divisor latch of 0 divides by: its 16-bit counter wraps. */
export const DIVISOR_ZERO = 0x10000;
/** Ticks of a character at 4800 baud with all its bits: what waits for a line to end does not wait for a slower one. */
export const CHARACTER_TIME_FAIR = 2_500_000;
/** Characters that a FIFO holds. */
export const FIFO_SIZE = 16;
/** Character times without traffic after which received characters below the trigger level interrupt. */
export const TIMEOUT_CHARACTERS = 4;

/** Receive buffer (read), divisor low with LCR_DIVISOR. */
export const RBR = 0;
/** Transmit holding (write). */
export const THR = 0;
/** Interrupt enable, divisor high with LCR_DIVISOR. */
export const IER = 1;
/** Interrupt identification (read). */
export const IIR = 2;
/** FIFO control (write). */
export const FCR = 2;
/** Line control. */
export const LCR = 3;
/** Modem control. */
export const MCR = 4;
/** Line status. */
export const LSR = 5;
/** Modem status. */
export const MSR = 6;
/** Scratch. */
export const SCR = 7;

/** IER: received data. */
export const IER_RECEIVE = 0x01;
/** IER: transmitter empty. */
export const IER_TRANSMIT = 0x02;
/** IER: line status. */
export const IER_LINE = 0x04;
/** IER: modem status. */
export const IER_MODEM = 0x08;
/** IER: all bits. */
export const IER_MASK = 0x0f;

/** IIR: modem status. */
export const IIR_MODEM = 0x00;
/** IIR: nothing pending. */
export const IIR_NONE = 0x01;
/** IIR: transmitter empty. */
export const IIR_TRANSMIT = 0x02;
/** IIR: received data. */
export const IIR_RECEIVE = 0x04;
/** IIR: line status. */
export const IIR_LINE = 0x06;
/** IIR: received data, below the trigger level for too long. */
export const IIR_TIMEOUT = 0x0c;
/** IIR: FIFOs are on. */
export const IIR_FIFOS = 0xc0;

/** FCR: FIFOs on. */
export const FCR_ENABLE = 0x01;
/** FCR: clear the receive FIFO. */
export const FCR_CLEAR_RECEIVE = 0x02;
/** FCR: clear the transmit FIFO. */
export const FCR_CLEAR_TRANSMIT = 0x04;
/** FCR: shift of the trigger level's code. */
export const FCR_TRIGGER_SHIFT = 6;
/** Trigger levels by code. */
export const TRIGGERS: readonly number[] = [1, 4, 8, 14];

/** LCR: character length minus LCR_SHORTEST. */
export const LCR_LENGTH = 0x03;
/** Shortest character in bits. */
export const LCR_SHORTEST = 5;
/** LCR: two stop bits. */
export const LCR_STOP = 0x04;
/** LCR: parity. */
export const LCR_PARITY = 0x08;
/** LCR: break: the line is held at spacing. */
export const LCR_BREAK = 0x40;
/** LCR: divisor latch access. */
export const LCR_DIVISOR = 0x80;
/** LCR: eight data bits, no parity, one stop bit. */
export const LCR_8N1 = 0x03;

/** MCR: data terminal ready. */
export const MCR_DTR = 0x01;
/** MCR: request to send. */
export const MCR_RTS = 0x02;
/** MCR: OUT1. */
export const MCR_OUT1 = 0x04;
/** MCR: OUT2, which connects the interrupt on a PC. */
export const MCR_OUT2 = 0x08;
/** MCR: loop-back. */
export const MCR_LOOP = 0x10;
/** MCR: all bits. */
export const MCR_MASK = 0x1f;

/** LSR: data ready. */
export const LSR_DATA = 0x01;
/** LSR: overrun. */
export const LSR_OVERRUN = 0x02;
/** LSR: transmit holding register (or FIFO) empty. */
export const LSR_THR_EMPTY = 0x20;
/** LSR: transmitter idle. */
export const LSR_IDLE = 0x40;

/** MSR: clear to send. */
export const MSR_CTS = 0x10;
/** MSR: data set ready. */
export const MSR_DSR = 0x20;
/** MSR: ring indicator. */
export const MSR_RING = 0x40;
/** MSR: carrier detect. */
export const MSR_DCD = 0x80;
/** MSR: shift from a delta bit to its input. */
export const MSR_INPUT_SHIFT = 4;
/** MSR: the ring indicator has ended. */
export const MSR_DELTA_RING = 0x04;
/** MSR inputs while the far end is ready. */
export const MSR_CONNECTED: number = MSR_CTS | MSR_DSR | MSR_DCD;
