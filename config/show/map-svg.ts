// A map as an SVG picture, for documents and browsers.
import { type Band, type ConfigMap, linesOf, type Owner } from "./map.ts";
import { escapeXml } from "./svg.ts";
import { sizeText } from "./words.ts";

const WIDTH = 720;
const MARGIN = 16;
/** Pixels from the left edge to the boxes: addresses stand there. */
const COLUMN = 128;
const LINE = 22;
const CPU_BOX = 36;
const GAP = 18;
const COLOURS = ["#9ccc65", "#ce93d8", "#4dd0e1", "#ffd54f", "#ef9a9a"];
const ROOT_COLOUR = "#90caf9";
const HYPERVISOR_COLOUR = "#cfd8dc";
const NOBODY_COLOUR = "#ffffff";

function colour(owner: Owner | undefined, { owners }: ConfigMap): string {
  if (!owner) return NOBODY_COLOUR;
  if (owner.kind === "hypervisor") return HYPERVISOR_COLOUR;
  if (owner.kind === "root") return ROOT_COLOUR;
  const cells = owners.filter(({ kind }) => kind === "cell");
  return COLOURS[cells.indexOf(owner) % COLOURS.length]!;
}

const text = (x: number, y: number, content: string, anchor = "start") =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}">${escapeXml(content)}</text>`;

const rectangle = (x: number, y: number, width: number, height: number, fill: string) =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" stroke="#37474f"/>`;

/** The picture as an SVG document. */
export function drawSvg(map: ConfigMap): string {
  const parts: string[] = [];
  let y = MARGIN;
  map.cpus.forEach((owner, cpu) => {
    const x = MARGIN + cpu * (CPU_BOX + 4);
    parts.push(rectangle(x, y, CPU_BOX, CPU_BOX, colour(owner, map)));
    parts.push(text(x + CPU_BOX / 2, y + CPU_BOX / 2 + 5, `${cpu}`, "middle"));
  });
  y += CPU_BOX + GAP;
  for (const owner of map.owners) {
    parts.push(rectangle(MARGIN, y, LINE - 6, LINE - 6, colour(owner, map)));
    parts.push(text(MARGIN + LINE, y + LINE - 9, owner.name));
    y += LINE;
  }
  y = drawBands(map, parts, y + GAP);
  const height = y + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`,
    ' font-family="ui-monospace, monospace" font-size="13" role="img">',
    `<title>CPUs and ${map.space} memory of ${escapeXml(map.owners[0]!.name)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#fafafa"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** Adds the boxes from `top` on; returns where they end. */
function drawBands(map: ConfigMap, parts: string[], top: number): number {
  const address = (value: bigint) => `0x${value.toString(16).padStart(8, "0")}`;
  let y = top;
  let end: bigint | undefined;
  for (const band of map.bands) {
    if (end !== undefined && end !== band.start) {
      parts.push(text(COLUMN - 8, y + 4, address(end), "end"));
      y += GAP + LINE;
    }
    const height = LINE * linesOf(band.size);
    parts.push(text(COLUMN - 8, y + 4, address(band.start), "end"));
    parts.push(...bandBox(band, map, y, height));
    y += height;
    end = band.start + band.size;
  }
  if (end !== undefined) parts.push(text(COLUMN - 8, y + 4, address(end), "end"));
  return y;
}

/** A box divided among those who share it. */
function bandBox(band: Band, map: ConfigMap, y: number, height: number): string[] {
  const full = WIDTH - COLUMN - MARGIN;
  const each = full / band.owners.length;
  const names = band.owners.map(({ name }) => name).join(" and ");
  return [
    ...band.owners.map((owner, index) =>
      rectangle(COLUMN + index * each, y, each, height, colour(owner, map)),
    ),
    text(COLUMN + 8, y + LINE - 7, `${names}: ${band.label}`),
    text(WIDTH - MARGIN - 8, y + LINE - 7, sizeText(band.size), "end"),
  ];
}
