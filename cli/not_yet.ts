/** What `deno task NAME` runs while NAME has no content: says so, whatever the arguments, and exits 1. @module */

if (import.meta.main) {
  console.error(`${Deno.args[0]}: has no content yet; see the README, section "What is there"`);
  Deno.exit(1);
}
