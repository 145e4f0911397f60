import type { Script } from "../script.ts";

interface Node {
  readonly msg_id: number;
  readonly set_data_in_exec_and_reply: boolean;
  readonly return_order_in_reply: boolean;
  readonly exec_error: boolean;
  readonly reply_error: boolean;
  readonly reply_on_never: boolean;
  readonly messages: readonly Node[];
}

const node = (id: number, messages: readonly Node[] = [], more: Partial<Node> = {}): Node => ({
  msg_id: id,
  set_data_in_exec_and_reply: true,
  return_order_in_reply: false,
  exec_error: false,
  reply_error: false,
  reply_on_never: false,
  messages,
  ...more,
});

/** Trees of submessages that answer, fail and fail in their replies. */
export async function replier(script: Script): Promise<void> {
  const code = await script.store("alice", "replier.wasm");
  const contract = await script.instantiate("alice", code, {}, { label: "replier" });
  const trees: Record<string, Node> = {
    leaf: node(1),
    "no data": node(1, [], { set_data_in_exec_and_reply: false }),
    "a failing leaf": node(1, [], { exec_error: true }),
    tree: node(1, [node(2, [node(3)]), node(4, [node(5)])]),
    order: node(1, [node(2, [node(3)]), node(4, [node(5)])], { return_order_in_reply: true }),
    "order without data": node(1, [node(2, [node(3)]), node(4)], {
      return_order_in_reply: true,
      set_data_in_exec_and_reply: false,
    }),
    never: node(1, [node(2, [node(3)]), node(4, [node(5)], { reply_on_never: true })]),
    "never and fails": node(1, [node(2), node(4, [], { reply_on_never: true, exec_error: true })]),
    "one has no data": node(1, [node(2, [node(3)]), node(4, [node(5)], { set_data_in_exec_and_reply: false })]),
    "a grandchild fails": node(1, [node(2, [node(3, [], { exec_error: true })]), node(4, [node(5)])]),
    "a child fails": node(1, [node(2, [node(3)], { exec_error: true }), node(4, [node(5)])]),
    "a reply to a grandchild fails": node(1, [node(2, [node(3, [], { reply_error: true })]), node(4, [node(5)])]),
    "a reply to a child fails": node(1, [node(2, [node(3)], { reply_error: true }), node(4)]),
    "everything fails": node(1, [
      node(2, [node(3, [], { exec_error: true, reply_error: true })], { reply_error: true }),
    ]),
    deep: [1, 2, 3, 4, 5, 6, 7, 8].reduceRight<Node>((inner, id) => node(id, [inner]), node(9)),
    wide: node(1, Array.from({ length: 12 }, (_, i) => node(i + 2, [], i % 3 === 0 ? { exec_error: true } : {})), {
      return_order_in_reply: true,
    }),
  };
  for (const [say, tree] of Object.entries(trees)) await script.execute("alice", contract, tree, { say });
}
