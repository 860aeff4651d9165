// The processors on which the lab is played: each pair of settings of two switches is in one of them at least.

/** What is switched, and its settings. */
export const SWITCHES = {
  cpus: ["2", "4"],
  x2apic: ["on", "off"],
  nrip_save: ["on", "off"],
  flushbyasid: ["on", "off"],
  decodeassists: ["on", "off"],
  autoibrs: ["on", "off"],
  extapic: ["on", "off"],
  smca: ["on", "off"],
  invlpgb: ["on", "off"],
  tce: ["on", "off"],
  int_wbinvd: ["on", "off"],
  rdtscp: ["on", "off"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A row: a setting of each switch, in their order. */
export type Row = readonly string[];

/** The table; the first has all, the second nothing. A test counts the pairs. */
export const ROWS: readonly Row[] = [
  ["4", "on", "on", "on", "on", "on", "on", "on", "on", "on", "on", "on"],
  ["2", "off", "off", "off", "off", "off", "off", "off", "off", "off", "off", "off"],
  ["4", "off", "off", "off", "off", "on", "off", "on", "on", "on", "on", "off"],
  ["2", "on", "on", "on", "off", "on", "on", "off", "off", "off", "off", "on"],
  ["4", "off", "on", "off", "on", "off", "on", "on", "off", "off", "off", "on"],
  ["4", "off", "off", "on", "on", "off", "off", "off", "on", "off", "on", "on"],
  ["2", "on", "on", "off", "on", "off", "off", "on", "off", "on", "on", "off"],
  ["2", "on", "off", "on", "on", "off", "on", "off", "on", "on", "off", "off"],
];

/** A row as a processor's name (--cpu), and how many there are of it. */
export function machineOf(row: Row): { readonly cpu: string; readonly cpus: number } {
  const [cpus, ...settings] = row;
  const names = Object.keys(SWITCHES).slice(1);
  const words = settings.map((setting, index) => `${names[index]}=${setting}`);
  return { cpu: ["amd", ...words].join(","), cpus: Number(cpus) };
}
