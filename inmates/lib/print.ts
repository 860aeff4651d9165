// Printing: `print("jitter: ").signed(jitter, 6).text(" ns").line()`. Nothing is allocated: it may be used in handlers
// and for ever.
import { putChar } from "./console.ts";
import { wordSize } from "./hardware.ts";

const BLANK: u32 = 0x20;
const MINUS: u32 = 0x2d;
const DIGIT_0: u32 = 0x30;
const LETTER_A: u32 = 0x61;
const LINE_FEED: u32 = 10;

/** What `print` returns: each method prints something and returns it again. It is no object; there is no state. */
@unmanaged
export class Printer {
  /** A text; "\n" becomes CR LF. */
  text(text: string): Printer {
    for (let i = 0; i < text.length; i++) putChar(text.charCodeAt(i));
    return this;
  }

  /** One character by its code. */
  char(code: u32): Printer {
    putChar(code);
    return this;
  }

  /** A decimal number, filled with blanks on the left up to `width` characters. */
  unsigned(value: u64, width: u32 = 0): Printer {
    printDecimal(value, width, BLANK, false);
    return this;
  }

  /** A decimal number with its sign, filled with blanks on the left up to `width` characters. */
  signed(value: i64, width: u32 = 0): Printer {
    const isNegative = value < 0;
    printDecimal(<u64>(isNegative ? -value : value), width, BLANK, isNegative);
    return this;
  }

  /** A decimal number with zeros on the left up to `width` digits. */
  padded(value: u64, width: u32): Printer {
    printDecimal(value, width, DIGIT_0, false);
    return this;
  }

  /** A hexadecimal number in lower case, with zeros on the left up to `width` digits. */
  hex(value: u64, width: u32 = 0): Printer {
    printHex(value, width);
    return this;
  }

  /** An address: 0x and 16 digits, 8 in a 32-bit inmate. */
  pointer(value: u64): Printer {
    return this.text("0x").hex(value, wordSize() * 2);
  }

  /** Ends the line. */
  line(): Printer {
    putChar(LINE_FEED);
    return this;
  }
}

/** Prints a decimal number; its digits are kept on this CPU's stack, since handlers and other CPUs print too. */
function printDecimal(value: u64, width: u32, fill: u32, isNegative: bool): void {
  // Four bits a digit, the last one first: sixteen in `low`, the rest in `high`.
  let low: u64 = 0;
  let high: u64 = 0;
  let count: u32 = 0;
  do {
    const digit = value % 10;
    if (count < 16) low |= digit << (count * 4);
    else high |= digit << ((count - 16) * 4);
    value /= 10;
    count++;
  } while (value != 0);
  for (let i = count + (isNegative ? 1 : 0); i < width; i++) putChar(fill);
  if (isNegative) putChar(MINUS);
  while (count > 0) {
    count--;
    const digit = count < 16 ? low >> (count * 4) : high >> ((count - 16) * 4);
    putChar(DIGIT_0 + <u32>(digit & 0xf));
  }
}

/** Prints a hexadecimal number. */
function printHex(value: u64, width: u32): void {
  let count: u32 = 1;
  while (count < 16 && value >> (count * 4) != 0) count++;
  for (let i = count; i < width; i++) putChar(DIGIT_0);
  while (count > 0) {
    count--;
    const digit = <u32>(value >> (count * 4)) & 0xf;
    putChar(digit < 10 ? DIGIT_0 + digit : LETTER_A + digit - 10);
  }
}

/** Prints a text; more can be appended by the methods of the result. */
export function print(text: string): Printer {
  return changetype<Printer>(0).text(text);
}

/** Prints a text and ends the line. */
export function println(text: string = ""): void {
  print(text).line();
}
