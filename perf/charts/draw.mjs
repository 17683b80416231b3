// Draws the charts of the results: node draw.mjs RESULTS, a directory with the data, which gets the SVG files beside it.
// Each is readable on light and on dark ground: the picture's own style sheet has the colours of the latter.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as vega from "vega";
import { compile } from "vega-lite";

// Ink, ink on colours, faint ink, grid, and colours that most who see colours otherwise tell apart, on light ground and on dark.
const dark = {
  "#1b2330": "#e6eaf0", "#fffffe": "#12161c", "#5b6675": "#9aa6b5", "#dfe3e9": "#303945",
  "#2563c9": "#6ea8fe", "#b8590b": "#f5a05a", "#17804a": "#5fd08f", "#b02a6b": "#f084b7",
  "#6d4bc3": "#b39df3", "#0e7c8c": "#58c9d9", "#7a6a12": "#d9c85a",
};
const [ink, inkOnColour, faint, grid, ...colours] = Object.keys(dark);
const font = "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif";
const text = { labelFont: font, titleFont: font, labelColor: faint, titleColor: faint, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
const config = {
  background: null,
  view: { stroke: null },
  axis: { ...text, gridColor: grid, domainColor: faint, tickColor: faint },
  legend: { ...text, orient: "top", title: null, symbolSize: 120, symbolOpacity: 1, labelLimit: 0 },
  header: { ...text, labelColor: ink, labelFontSize: 13, labelFontWeight: "bold" },
  title: { font, color: ink, fontSize: 16, anchor: "start", subtitleFont: font, subtitleColor: faint, subtitleFontSize: 12, offset: 14 },
  text: { font },
};

const results = process.argv[2];
const read = (name) => JSON.parse(readFileSync(join(results, name), "utf8"));

async function draw(name, title, subtitle, chart) {
  const specification = { $schema: "https://vega.github.io/schema/vega-lite/v6.json", title: { text: title, subtitle }, config, padding: 12, ...chart };
  const view = new vega.View(vega.parse(compile(specification).spec), { renderer: "none" });
  const svg = await view.toSVG();
  const rules = Object.entries(dark).map(([light, other]) => `[fill="${light}"]{fill:${other}}[stroke="${light}"]{stroke:${other}}`).join("");
  const style = `<style>@media (prefers-color-scheme: dark){${rules}}</style>`;
  const described = svg.replace(/<svg([^>]*)>/, (_, attributes) => `<svg${attributes} role="img" aria-label="${title}">${style}`);
  writeFileSync(join(results, name), described + "\n");
}

const number = (value) => value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });

// One panel a figure, since each has its own unit; the line in a bar is the range of the rounds.
function throughput(comparison) {
  const peer = `quinn ${comparison.quinn}`;
  const wanted = [
    ["upload", "Gbit/s", "upload", "Gbit/s"],
    ["download", "Gbit/s", "download", "Gbit/s"],
    ["request", "operations/s", "requests, 32 outstanding", "requests/s"],
    ["handshake", "operations/s", "handshakes", "handshakes/s"],
  ];
  const figureOf = (scenario, metric) =>
    comparison.scenarios.find((one) => one.scenario === scenario)?.figures.find((one) => one.metric === metric);
  const panels = wanted.flatMap(([scenario, metric, title, unit]) => {
    const figure = figureOf(scenario, metric);
    if (!figure) {
      return [];
    }
    const values = [["HotQuic", figure.a], [peer, figure.b]].map(([side, { median, min, max }]) => ({ side, median, min, max, label: number(median) }));
    // What has the same unit has the same axis; there is room above for the numbers.
    const alike = wanted.filter((one) => one[3] === unit).map(([other]) => figureOf(other, metric)).filter(Boolean);
    const top = 1.12 * Math.max(...alike.flatMap(({ a, b }) => [a.max, b.max]));
    const x = { field: "side", type: "nominal", sort: null, axis: { title: null, labelAngle: 0, ticks: false, domain: true } };
    const y = (field) => ({
      field, type: "quantitative", axis: { title: unit, tickCount: 5, format: top < 20 ? "~g" : top < 10000 ? ",d" : "~s" }, scale: { domain: [0, top], nice: false },
    });
    return [{
      title: { text: title, fontSize: 13, offset: 8 },
      width: 150,
      height: 190,
      data: { values },
      layer: [
        {
          mark: { type: "bar", width: 52 },
          encoding: { x, y: y("median"), color: { field: "side", type: "nominal", scale: { domain: ["HotQuic", peer], range: colours.slice(0, 2) }, legend: { orient: "top" } } },
        },
        { mark: { type: "rule", strokeWidth: 1.5, color: ink }, encoding: { x, y: y("min"), y2: { field: "max" } } },
        { mark: { type: "text", dy: -7, color: ink, fontSize: 12 }, encoding: { x, y: y("max"), text: { field: "label" } } },
      ],
    }];
  });
  return draw("throughput.svg", "Throughput on loopback, client and server a process each",
    `Medians of ${comparison.rounds} rounds, measured in turns; the lines are the ranges. Higher is better.`,
    { hconcat: panels, spacing: 26 });
}

function latency(comparison) {
  const peer = `quinn ${comparison.quinn}`;
  const percentiles = ["p50", "p90", "p99", "p99.9"];
  const decades = [1, 2, 3, 4, 5].flatMap((power) => [1, 2, 5].map((factor) => factor * 10 ** power));
  const all = comparison.scenarios.filter(({ scenario }) => ["latency", "request"].includes(scenario))
    .flatMap(({ figures }) => figures.filter(({ metric }) => metric.startsWith("latency"))).flatMap(({ a, b }) => [a, b]);
  const domain = [0.6 * Math.min(...all.map(({ min }) => min)), 1.4 * Math.max(...all.map(({ max }) => max))];
  const panels = [["latency", "one request outstanding"], ["request", "32 requests outstanding"]].flatMap(([scenario, title]) => {
    const figures = comparison.scenarios.find((one) => one.scenario === scenario)?.figures;
    if (!figures) {
      return [];
    }
    const values = percentiles.flatMap((percentile) => {
      const figure = figures.find((one) => one.metric === `latency us, ${percentile}`);
      return [["HotQuic", figure.a, figure.b], [peer, figure.b, figure.a]].map(([side, { median, min, max }, other]) => ({
        side, percentile, median, min, max, label: number(median), isAbove: median > other.median,
      }));
    });
    const x = { field: "percentile", type: "nominal", sort: percentiles, axis: { title: "percentile of the requests", labelAngle: 0 } };
    const y = (field) => ({ field, type: "quantitative", scale: { type: "log", nice: false, domain }, axis: { title: "microseconds, logarithmic", format: ",", values: decades } });
    const color = { field: "side", type: "nominal", scale: { domain: ["HotQuic", peer], range: colours.slice(0, 2) }, legend: { orient: "top" } };
    // The higher number stands above its point, the lower below.
    const label = (isAbove, dy) => ({
      transform: [{ filter: `datum.isAbove === ${isAbove}` }],
      mark: { type: "text", dy, fontSize: 11 },
      encoding: { x, y: y("median"), text: { field: "label" }, color },
    });
    return [{
      title: { text: title, fontSize: 13, offset: 8 },
      width: 335,
      height: 230,
      data: { values },
      layer: [
        { mark: { type: "rule", strokeWidth: 5, opacity: 0.35 }, encoding: { x, y: y("min"), y2: { field: "max" }, color } },
        { mark: { type: "line", strokeWidth: 2, point: { size: 45 } }, encoding: { x, y: y("median"), color } },
        label(true, -12),
        label(false, 14),
      ],
    }];
  });
  return draw("latency.svg", "Latency of 64-byte requests and responses",
    `Medians of ${comparison.rounds} rounds, measured in turns; the broad lines are the ranges. Lower is better.`,
    { hconcat: panels, spacing: 34 });
}

function cost(profile) {
  const rooms = [...new Set(profile.sides.flatMap(({ rooms }) => Object.keys(rooms)))];
  const values = profile.sides.flatMap(({ side, rooms: costs }) => Object.entries(costs).map(([room, nanoseconds]) => ({
    side, room, nanoseconds, order: rooms.indexOf(room), label: nanoseconds >= 25 ? `${nanoseconds}` : "",
  })));
  const totals = profile.sides.map(({ side, rooms: costs }) => {
    const total = Object.values(costs).reduce((sum, one) => sum + one, 0);
    return { side, total, label: `${total} ns` };
  });
  const y = { field: "side", type: "nominal", sort: null, axis: { title: null, ticks: false, labelFontSize: 13 } };
  const x = { field: "nanoseconds", type: "quantitative", stack: "zero", axis: { title: "nanoseconds of processor time a packet" }, scale: { domainMax: 780 } };
  return draw("cost-per-packet.svg", "What a packet costs, by room", "A bulk transfer on one stream, packets of 1,452 bytes, AES-128-GCM. Lower is better.", {
    width: 700,
    height: 130,
    data: { values },
    layer: [
      {
        mark: { type: "bar", height: 44 },
        encoding: { x, y, order: { field: "order" }, color: { field: "room", type: "nominal", scale: { domain: rooms, range: colours }, legend: { orient: "top", columns: 4 } } },
      },
      {
        transform: [
          { sort: [{ field: "order" }], window: [{ op: "sum", field: "nanoseconds", as: "end" }], groupby: ["side"], frame: [null, 0] },
          { calculate: "datum.end - datum.nanoseconds / 2", as: "middle" },
        ],
        mark: { type: "text", fontSize: 12, fontWeight: "bold", color: inkOnColour },
        encoding: { x: { field: "middle", type: "quantitative" }, y, text: { field: "label" } },
      },
      {
        data: { values: totals },
        mark: { type: "text", align: "left", dx: 8, fontSize: 13, fontWeight: "bold", color: ink },
        encoding: { x: { field: "total", type: "quantitative" }, y, text: { field: "label" } },
      },
    ],
  });
}

await throughput(read("quinn.json"));
await latency(read("quinn.json"));
await cost(read("cost-per-packet.json"));
