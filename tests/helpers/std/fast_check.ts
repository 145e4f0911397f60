/**
 * fast-check, with one seed for every property that names none: what is judged of a commit must not hang on luck. `deno.json`
 * maps `fast-check` here. `CATENARY_SEED` says another seed, and `CATENARY_SEED=random` leaves each property to draw its own,
 * which it prints when it fails.
 * @module
 */
import fc from "fast-check-itself";

const SEED = 20_261_126;

const wanted = Deno.env.get("CATENARY_SEED") ?? `${SEED}`;
if (wanted !== "random") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(wanted) });

export * from "fast-check-itself";
export { default } from "fast-check-itself";
