/**
 * The Grafana dashboard of a Catenary network: the rows of rows.ts as Grafana imports them. Run this file
 * (`deno run --allow-write=node/telemetry/grafana node/telemetry/grafana/dashboard.ts`) after a change; a test compares.
 * @module
 */

import { type Panel, ROWS } from "./rows.ts";

/** Grafana 10 and later read this one. */
const SCHEMA_VERSION = 39;
const WIDTH = 24;
const PANEL_HEIGHT = 7;
const STAT_HEIGHT = 4;

/** Only the chosen nodes of the chosen chain. The label `chain_id` comes from the scrape configuration; it may be absent. */
const SELECTOR = `chain_id=~"$chain_id", instance=~"$instance"`;

/** Puts the selector where `%` stands: in braces of its own, or into those that are there. */
const select = (expr: string): string => expr.replaceAll(/%\}/g, `${SELECTOR}}`).replaceAll("%", `{${SELECTOR}}`);

const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

const targetsOf = ({ queries }: Panel) =>
  queries.map(({ expr, legend }, i) => ({
    datasource: DATASOURCE,
    editorMode: "code",
    expr: select(expr),
    legendFormat: legend,
    range: true,
    refId: String.fromCharCode(65 + i),
  }));

function panelJson(panel: Panel, id: number, gridPos: Record<string, number>) {
  const custom = panel.kind === "timeseries"
    ? { drawStyle: "line", lineWidth: 1, fillOpacity: 5, showPoints: "never", spanNulls: false }
    : {};
  const options = panel.kind === "stat"
    ? { reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false }, colorMode: "value", graphMode: "area" }
    : {
      legend: { displayMode: "list", placement: "bottom", showLegend: true },
      tooltip: { mode: "multi", sort: "desc" },
    };
  return {
    id,
    type: panel.kind,
    title: panel.title,
    ...(panel.description !== undefined && { description: panel.description }),
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: { defaults: { unit: panel.unit, min: panel.unit === "none" ? undefined : 0, custom }, overrides: [] },
    options,
    targets: targetsOf(panel),
  };
}

/** Panels from left to right, line after line; each row under its own heading. */
function layOut(): unknown[] {
  const panels: unknown[] = [];
  let y = 0;
  for (const { title, panels: content } of ROWS) {
    const gridPos = { h: 1, w: WIDTH, x: 0, y };
    panels.push({ id: panels.length + 1, type: "row", title, collapsed: false, gridPos, panels: [] });
    y++;
    let x = 0;
    let lineHeight = 0;
    for (const panel of content) {
      const h = panel.kind === "stat" ? STAT_HEIGHT : PANEL_HEIGHT;
      if (x + panel.width > WIDTH) {
        x = 0;
        y += lineHeight;
        lineHeight = 0;
      }
      panels.push(panelJson(panel, panels.length + 1, { h, w: panel.width, x, y }));
      x += panel.width;
      lineHeight = Math.max(lineHeight, h);
    }
    y += lineHeight;
  }
  return panels;
}

const variable = (name: string, label: string, query: string) => ({
  name,
  label,
  type: "query",
  datasource: DATASOURCE,
  definition: query,
  query: { query, refId: `Prometheus-${name}` },
  refresh: 2,
  sort: 1,
  includeAll: true,
  multi: true,
  allValue: ".*",
  current: { selected: true, text: ["All"], value: ["$__all"] },
});

/** What Grafana imports. */
export function dashboard(): Record<string, unknown> {
  return {
    __requires: [
      { type: "grafana", id: "grafana", name: "Grafana", version: "10.0.0" },
      { type: "datasource", id: "prometheus", name: "Prometheus", version: "1.0.0" },
      { type: "panel", id: "timeseries", name: "Time series", version: "" },
      { type: "panel", id: "stat", name: "Stat", version: "" },
    ],
    uid: "catenary",
    title: "Catenary",
    description:
      "A network of Catenary nodes: consensus, network, sync, execution, contracts, storage, mempool, RPC, process",
    tags: ["catenary", "blockchain"],
    schemaVersion: SCHEMA_VERSION,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: "5s",
    time: { from: "now-15m", to: "now" },
    timepicker: {},
    timezone: "browser",
    annotations: { list: [] },
    links: [],
    templating: {
      list: [
        {
          name: "datasource",
          label: "Data source",
          type: "datasource",
          query: "prometheus",
          refresh: 1,
          includeAll: false,
          multi: false,
          current: {},
        },
        variable("chain_id", "Chain", "label_values(catenary_consensus_height, chain_id)"),
        variable("instance", "Node", `label_values(catenary_consensus_height{chain_id=~"$chain_id"}, instance)`),
      ],
    },
    panels: layOut(),
  };
}

/** The text of the file. */
export const dashboardText = (): string => JSON.stringify(dashboard(), undefined, 2) + "\n";

if (import.meta.main) await Deno.writeTextFile(new URL("./catenary.json", import.meta.url), dashboardText());
