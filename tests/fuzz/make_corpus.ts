/** `deno run -A tests/fuzz/make_corpus.ts`: writes the corpus that the targets' seeds make, always the same. @module */
import { textOfSeeds, writeMade } from "./corpus.ts";
import { TARGETS } from "./targets.ts";

for (const target of TARGETS) writeMade(target, textOfSeeds(await target.seeds()));
