/** What `/openapi.json` says of the interface as a whole. @module */
export const BEARER = "bearer";

export const apiInfo = (version: string) => ({
  openapi: "3.1.0",
  info: {
    title: "Catenary relayer",
    version,
    description: "Carries packets between chains. Nothing it says has to be believed: what it submits is checked on " +
      "chain by light clients and proofs.\n\n" +
      "Numbers that may be large are decimal strings, bytes are base64, heights on chains with revisions are " +
      "<revision>-<height>, and what is not known is null. Reading is for everybody who reaches this address; changing " +
      "needs the configured token, or a caller on this machine where none is configured.",
    license: { name: "MIT" },
  },
  servers: [{ url: "/" }],
  tags: [
    { name: "Transfers", description: "Tokens from one chain to another" },
    { name: "Packets", description: "What is under way, and what became of it" },
    { name: "State", description: "Chains and what joins them" },
    { name: "Changes", description: "Paths, clients, connections, channels" },
    { name: "Operation", description: "For those who run it" },
  ],
});
