// Measuring: repetitions, medians, tables.

/** Milliseconds of each of `count` runs of an action. */
export async function times(count: number, action: () => unknown): Promise<number[]> {
  const results: number[] = [];
  for (let index = 0; index < count; index++) {
    const start = performance.now();
    await action();
    results.push(performance.now() - start);
  }
  return results;
}

/** The median of at least one number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** A table with a heading; the first column left-aligned, the others right-aligned. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join("  ");
  return [
    line(heading),
    widths.map((width) => "─".repeat(width)).join("  "),
    ...rows.map(line),
  ].join("\n");
}

/** Three significant digits, with thousands separated. */
export function figure(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en-US");
}
