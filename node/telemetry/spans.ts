/**
 * Spans for OpenTelemetry by Deno's own exporter: `OTEL_DENO=true` switches it on, `OTEL_EXPORTER_OTLP_ENDPOINT` says where
 * they go. Without that, everything in here does nothing and costs a look at a field. Times are those of
 * `performance.now()`: spans are told when they are over, so that what is measured need not know of them.
 * @module
 */

/** Numbers, also of 64 bits (given as text), words and truths. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** A span that has not ended; others can be its children. */
export interface OpenSpan {
  set(attributes: SpanAttributes): void;
  /** `failure`: why it did not succeed. */
  end(toMs: number, failure?: string): void;
}

/** Where spans are told. */
export interface Spans {
  /** False: calls do nothing, and need not be made. */
  readonly on: boolean;
  /** Undefined when off. Without a parent it is a trace of its own. */
  open(name: string, fromMs: number, attributes?: SpanAttributes, parent?: OpenSpan): OpenSpan | undefined;
  /**
   * A span that is over. `parent`: an open span; `active`: what runs right now, as the HTTP request that Deno made a span
   * for; none: a trace of its own.
   */
  record(
    name: string,
    time: { readonly fromMs: number; readonly toMs: number; readonly failure?: string | undefined },
    attributes?: SpanAttributes,
    parent?: OpenSpan | "active",
  ): void;
}

/** Nothing is told to anybody. */
export const SPANS_OFF: Spans = { on: false, open: () => undefined, record() {} };

/** The part of OpenTelemetry's API that is used; Deno types it as `any`. */
interface ApiSpan {
  setAttributes(attributes: SpanAttributes): unknown;
  setStatus(status: { readonly code: number; readonly message?: string }): unknown;
  spanContext(): { readonly traceFlags: number };
  end(time?: number): void;
}
interface ApiContext {
  setValue(key: symbol, value: unknown): ApiContext;
}
interface ApiTracer {
  startSpan(name: string, options: { startTime: number; attributes: SpanAttributes }, context: ApiContext): ApiSpan;
}

/** Where OpenTelemetry's API keeps the span in a context. */
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");
/** `SpanStatusCode.ERROR`. */
const STATUS_ERROR = 2;
/** `TraceFlags.SAMPLED`. */
const SAMPLED = 1;
const NO_ATTRIBUTES: SpanAttributes = {};

const epochMs = (ms: number): number => performance.timeOrigin + ms;

class DenoSpan implements OpenSpan {
  constructor(readonly span: ApiSpan, readonly context: ApiContext) {}

  set(attributes: SpanAttributes): void {
    this.span.setAttributes(attributes);
  }
  end(toMs: number, failure?: string): void {
    if (failure !== undefined) this.span.setStatus({ code: STATUS_ERROR, message: failure });
    this.span.end(epochMs(toMs));
  }
}

class DenoSpans implements Spans {
  readonly on = true;
  readonly #tracer: ApiTracer;
  /** Of no span: what runs now may run on behalf of a request that happened to wake it. */
  readonly #root: ApiContext;

  constructor(tracer: ApiTracer, root: ApiContext) {
    this.#tracer = tracer;
    this.#root = root;
  }

  open(name: string, fromMs: number, attributes: SpanAttributes = NO_ATTRIBUTES, parent?: OpenSpan): OpenSpan {
    return this.#start(name, fromMs, attributes, this.#contextOf(parent));
  }

  record(...[name, { fromMs, toMs, failure }, attributes, parent]: Parameters<Spans["record"]>): void {
    this.#start(name, fromMs, attributes ?? NO_ATTRIBUTES, this.#contextOf(parent)).end(toMs, failure);
  }

  #contextOf(parent: OpenSpan | "active" | undefined): ApiContext {
    if (parent === "active") return Deno.telemetry.contextManager.active() as ApiContext;
    return parent instanceof DenoSpan ? parent.context : this.#root;
  }

  #start(name: string, fromMs: number, attributes: SpanAttributes, context: ApiContext): DenoSpan {
    const span = this.#tracer.startSpan(name, { startTime: epochMs(fromMs), attributes }, context);
    return new DenoSpan(span, context.setValue(SPAN_KEY, span));
  }
}

/** The spans of this process, named `name` and `version` as their instrumentation; {@linkcode SPANS_OFF} unless Deno exports. */
export function createSpans(name: string, version: string): Spans {
  try {
    const tracer = Deno.telemetry.tracerProvider.getTracer(name, version) as ApiTracer;
    const root = Deno.telemetry.contextManager.active() as ApiContext;
    // Throws unless OTEL_DENO is set; not sampled when tracing is switched off. Never ended, so never exported.
    const probe = tracer.startSpan("probe", { startTime: Date.now(), attributes: NO_ATTRIBUTES }, root);
    return probe.spanContext().traceFlags === SAMPLED ? new DenoSpans(tracer, root) : SPANS_OFF;
  } catch {
    return SPANS_OFF;
  }
}
