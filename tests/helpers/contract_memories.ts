/**
 * Run by itself (`tests/bad_input/contracts_test.ts` does): one transaction whose messages fill 3.3 GB of contracts' memories, 33 MB
 * each. Prints by how many bytes the process has grown, which no test can say that shares its process with others.
 * @module
 */
import { HostileChain } from "./hostile_chain.ts";
import { hostileCode } from "./hostile_contracts.ts";

const MESSAGES = 100;

const world = new HostileChain();
/** Writes into each of the machine's pages; to fill them whole would take more gas than there is. */
const fills = "i32.const 511 memory.grow drop i32.const 65536 local.set 0 " +
  "loop local.get 0 local.get 0 i32.store local.get 0 i32.const 4096 i32.add local.tee 0 i32.const 33000000 i32.lt_u br_if 0 end " +
  "i32.const 16";
const contract = world.deploy(hostileCode({ execute: fills }));
const messages = Array.from({ length: MESSAGES }, () => world.executeMessage(contract));
const before = Deno.memoryUsage().rss;
const { log } = world.run(messages);
console.log(JSON.stringify({ log, grown: Deno.memoryUsage().rss - before }));
