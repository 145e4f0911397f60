/** The dashboard is what Grafana takes, and shows what nodes tell. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseExposition } from "../../../tests/helpers/exposition.ts";
import { Metrics } from "../mod.ts";
import { dashboardText } from "./dashboard.ts";

interface Target {
  readonly expr: string;
  readonly legendFormat: string;
  readonly refId: string;
}
interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly h: number; readonly w: number; readonly x: number; readonly y: number };
  readonly targets?: readonly Target[];
}

const file = await Deno.readTextFile(new URL("./catenary.json", import.meta.url));
const board = JSON.parse(file);
const panels: readonly Panel[] = board.panels;
const targets = panels.flatMap(({ targets = [] }) => targets);

/** Families that need no panel. */
const EXCUSED: ReadonlySet<string> = new Set([]);

Deno.test("the file is what dashboard.ts makes", () => {
  assert(file === dashboardText(), "run node/telemetry/grafana/dashboard.ts and commit the file");
});

Deno.test("Grafana finds what it wants: versions, unique ids, panels side by side", () => {
  assertEquals([typeof board.schemaVersion, board.title, board.id], ["number", "Catenary", undefined]);
  assert(board.schemaVersion >= 36);
  assertMatch(board.uid, /^[a-zA-Z0-9_-]{1,40}$/);
  assertEquals(new Set(panels.map(({ id }) => id)).size, panels.length);
  const taken = new Set<string>();
  for (const { type, title, gridPos: { h, w, x, y }, targets } of panels) {
    assert(["row", "timeseries", "stat"].includes(type), type);
    assert(title.length > 0 && w > 0 && h > 0 && x >= 0 && x + w <= 24, title);
    assertEquals(type === "row", targets === undefined);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const place = `${column}/${line}`;
        assert(!taken.has(place), `${title} lies over another panel at ${place}`);
        taken.add(place);
      }
    }
  }
  assertEquals(panels.filter(({ type }) => type === "row").map(({ title }) => title), [
    "Overview",
    "Consensus",
    "Network",
    "Sync",
    "Execution",
    "Contracts",
    "Storage",
    "Mempool",
    "RPC",
    "Process",
  ]);
});

Deno.test("queries are well formed and use the variables there are", () => {
  const variables = new Set(board.templating.list.map(({ name }: { name: string }) => name));
  assertEquals([...variables], ["datasource", "chain_id", "instance"]);
  const text = JSON.stringify(board);
  for (const [, name] of text.matchAll(/\$\{?([a-z_]+)/g)) {
    assert(variables.has(name!) || ["__rate_interval", "__all"].includes(name!), name);
  }
  for (const { targets = [], title } of panels) {
    assertEquals(new Set(targets.map(({ refId }) => refId)).size, targets.length, title);
    for (const { expr, legendFormat } of targets) {
      const open: string[] = [];
      for (const sign of expr.replaceAll(/"[^"]*"/g, "")) {
        if ("([{".includes(sign)) open.push(sign);
        else if (")]}".includes(sign)) assertEquals(open.pop(), "([{"[")]}".indexOf(sign)], expr);
      }
      assertEquals(open, [], expr);
      for (const [, selector] of expr.matchAll(/\{([^}]*)\}/g)) {
        assertMatch(selector!, /^([a-z_]+!?=~?"[^"]*", )*chain_id=~"\$chain_id", instance=~"\$instance"$/);
      }
      // What is summed away cannot be shown.
      const by = /^(?:histogram_quantile\([\d.]+, )?sum by \(([^)]*)\)/.exec(expr)?.[1]?.split(", ");
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        assert(by === undefined || by.includes(label!), `${legendFormat} of ${expr}`);
      }
    }
  }
});

Deno.test("every metric on the dashboard is told by a node, and every metric a node tells is on it", async () => {
  const told = parseExposition(await new Metrics().render());
  const shown = new Set<string>();
  for (const { expr } of targets) {
    const names = [...expr.matchAll(/catenary_[a-z0-9_]+/g)].map(([name]) => name);
    assert(names.length > 0, expr);
    for (const name of names) {
      const family = told.has(name) ? name : name.replace(/_(bucket|sum|count)$/, "");
      assert(told.has(family), `${name} is no metric`);
      assertEquals(told.get(family)!.type === "histogram", family !== name, `${name}: suffix`);
      // A rate of what may fall is nonsense.
      if (expr.includes(`rate(${name}{`)) assert(told.get(family)!.type !== "gauge", `rate of ${name}, a gauge`);
      shown.add(family);
    }
  }
  const missing = [...told.keys()].filter((name) => !shown.has(name) && !EXCUSED.has(name));
  assertEquals(missing, []);
});
