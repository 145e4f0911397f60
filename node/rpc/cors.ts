/** Which pages may read the answers, by the `Origin` they come from. */
export class Cors {
  readonly #any: boolean;
  readonly #origins: ReadonlySet<string>;

  /** `*` among the origins allows all. */
  constructor(origins: readonly string[]) {
    this.#any = origins.includes("*");
    this.#origins = new Set(origins);
  }

  /** Adds what a browser needs to see to the headers of an answer. */
  apply(request: Request, headers: Headers): void {
    const origin = this.allowed(request);
    if (origin === undefined) return;
    headers.set("access-control-allow-origin", origin);
    if (origin !== "*") headers.append("vary", "origin");
  }

  /** The answer to a preflight. */
  preflight(request: Request): Response {
    const headers = new Headers({
      "access-control-allow-methods": "GET, POST, OPTIONS",
      "access-control-allow-headers": request.headers.get("access-control-request-headers") ?? "content-type",
      "access-control-max-age": "86400",
    });
    this.apply(request, headers);
    return new Response(null, { status: 204, headers });
  }

  /** The value of `access-control-allow-origin`; undefined when the page may not read the answer. */
  allowed(request: Request): string | undefined {
    if (this.#any) return "*";
    const origin = request.headers.get("origin");
    return origin !== null && this.#origins.has(origin) ? origin : undefined;
  }

  /** A page elsewhere may not open a websocket: the browser does not check that by itself. */
  mayConnect(request: Request): boolean {
    const origin = request.headers.get("origin");
    return origin === null || this.#any || this.#origins.has(origin);
  }
}
