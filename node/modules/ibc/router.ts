/** Which application a port belongs to (ICS-05, ICS-26). @module */
import type { IbcApplication } from "../../app/ports.ts";
import { invariant } from "../../core/invariant.ts";
import { refuse } from "../../core/ibc/mod.ts";
import { ok, type Result } from "../../core/result.ts";

/** Applications by port. Bound while the chain is put together, never later: what a port is must not depend on when. */
export class PortRouter {
  readonly #ports = new Map<string, IbcApplication>();
  readonly #families: { readonly owns: (portId: string) => boolean; readonly application: IbcApplication }[] = [];

  /** Binds one port. */
  bind(portId: string, application: IbcApplication): void {
    invariant(!this.#ports.has(portId), `bind port ${portId}: it is bound`);
    this.#ports.set(portId, application);
  }

  /** Binds all ports that `owns` says yes to and nobody bound by name, such as one for each contract. */
  bindFamily(owns: (portId: string) => boolean, application: IbcApplication): void {
    this.#families.push({ owns, application });
  }

  /** The application of a port. */
  route(portId: string): Result<IbcApplication> {
    const application = this.#ports.get(portId) ?? this.#families.find(({ owns }) => owns(portId))?.application;
    return application === undefined
      ? refuse("routeNotFound", `find the application of port ${portId.slice(0, 128)}: nobody is bound to it`)
      : ok(application);
  }
}
