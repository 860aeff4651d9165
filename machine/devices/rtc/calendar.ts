// Conversion between Unix seconds and the ten time registers of an MC146818 (data sheet, "Time, calendar and alarm
// locations"), in BCD or binary, with 12 or 24 hours.

/** Registers, by number. */
export const SECONDS = 0;
/** Seconds alarm. */
export const SECONDS_ALARM = 1;
/** Minutes. */
export const MINUTES = 2;
/** Minutes alarm. */
export const MINUTES_ALARM = 3;
/** Hours; bit 7 is PM in 12-hour mode. */
export const HOURS = 4;
/** Hours alarm. */
export const HOURS_ALARM = 5;
/** Day of the week, Sunday 1. */
export const WEEKDAY = 6;
/** Day of the month. */
export const DAY = 7;
/** Month, 1 to 12. */
export const MONTH = 8;
/** Year of the century. */
export const YEAR = 9;
/** Century, where PCs keep it. */
export const CENTURY = 0x32;

const PM = 0x80;
const NOON = 12;
const MILLISECONDS = 1000;
const YEARS = 100;

/** How numbers are written. */
export interface Format {
  binary: boolean;
  hours24: boolean;
}

function encode(value: number, format: Format): number {
  return format.binary ? value : (Math.floor(value / 10) << 4) | (value % 10);
}

function decode(value: number, format: Format): number {
  return format.binary ? value : (value >> 4) * 10 + (value & 0xf);
}

function encodeHours(hours: number, format: Format): number {
  if (format.hours24) return encode(hours, format);
  return encode(hours % NOON || NOON, format) | (hours >= NOON ? PM : 0);
}

function decodeHours(value: number, format: Format): number {
  if (format.hours24) return decode(value, format);
  return (decode(value & ~PM, format) % NOON) + (value & PM ? NOON : 0);
}

/** The registers that show a time: number and value. */
export function toRegisters(unixSeconds: number, format: Format): [number, number][] {
  const date = new Date(unixSeconds * MILLISECONDS);
  const year = date.getUTCFullYear();
  return [
    [SECONDS, encode(date.getUTCSeconds(), format)],
    [MINUTES, encode(date.getUTCMinutes(), format)],
    [HOURS, encodeHours(date.getUTCHours(), format)],
    [WEEKDAY, encode(date.getUTCDay() + 1, format)],
    [DAY, encode(date.getUTCDate(), format)],
    [MONTH, encode(date.getUTCMonth() + 1, format)],
    [YEAR, encode(year % YEARS, format)],
    [CENTURY, encode(Math.floor(year / YEARS), format)],
  ];
}

/** The time that registers show; values out of range run over into the next field. */
export function fromRegisters(registers: readonly number[], format: Format): number {
  const field = (register: number) => decode(registers[register] ?? 0, format);
  const year = field(CENTURY) * YEARS + field(YEAR);
  const hours = decodeHours(registers[HOURS] ?? 0, format);
  const day = [field(MONTH) - 1, field(DAY), hours, field(MINUTES), field(SECONDS)] as const;
  return Math.floor(Date.UTC(year, ...day) / MILLISECONDS);
}
