/** What the dashboard shows: rows of panels, each with what it asks of Prometheus. @module */

/** Units as Grafana names them. */
type Unit = "short" | "s" | "ms" | "bytes" | "Bps" | "ops" | "percentunit" | "none" | "dateTimeFromNow";

/** `expr`: PromQL, in which `%` stands for the selector of the chosen instances. */
export interface Query {
  readonly expr: string;
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly kind: "timeseries" | "stat" | "heatmap";
  readonly unit: Unit;
  readonly queries: readonly Query[];
  readonly description?: string;
  /** In columns of 24. */
  readonly width: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const ask = (expr: string, legend = "{{instance}}"): Query => ({ expr, legend });
const rate = (metric: string, by = "") =>
  `sum by (instance${by && `, ${by}`}) (rate(catenary_${metric}%[$__rate_interval]))`;
const perSecond = (metric: string, by = "") =>
  ask(rate(metric, by), by === "" ? "{{instance}}" : `{{instance}} {{${by}}}`);
/** p50 and p99 of a histogram. */
const quantiles = (metric: string, by = ""): Query[] =>
  [0.5, 0.99].map((share) =>
    ask(
      `histogram_quantile(${share}, sum by (instance, le${
        by && `, ${by}`
      }) (rate(catenary_${metric}_bucket%[$__rate_interval])))`,
      `{{instance}} ${by === "" ? "" : `{{${by}}} `}p${share * 100}`,
    )
  );
const now = (metric: string, legend?: string) => ask(`catenary_${metric}%`, legend);

const graph = (title: string, unit: Unit, queries: readonly Query[], description = "", width = 8): Panel => ({
  title,
  kind: "timeseries",
  unit,
  queries,
  width,
  ...(description !== "" && { description }),
});
const stat = (title: string, unit: Unit, query: Query): Panel => ({
  title,
  kind: "stat",
  unit,
  queries: [query],
  width: 4,
});

/** What is shown, from top to bottom. */
export const ROWS: readonly Row[] = [
  {
    title: "Overview",
    panels: [
      stat("Height", "none", ask("max(catenary_consensus_latest_block_height%)", "height")),
      stat("Validators", "none", ask("max(catenary_consensus_validators%)", "validators")),
      stat(
        "Power missing",
        "percentunit",
        ask(
          "max(catenary_consensus_missing_validators_power%) / max(catenary_consensus_validators_power%)",
          "missing",
        ),
      ),
      stat("Transactions", "ops", ask(`max(${rate("state_txs_total")})`, "per second")),
      stat("Peers, least", "none", ask("min(catenary_p2p_peers%)", "peers")),
      stat("Equivocations", "none", ask("sum(catenary_consensus_equivocations_total%)", "double votes")),
    ],
  },
  {
    title: "Consensus",
    panels: [
      graph("Height being decided", "none", [
        now("consensus_height"),
        now("consensus_latest_block_height", "{{instance}} committed"),
      ]),
      graph("Block interval", "s", quantiles("consensus_block_interval_seconds")),
      graph("From decision to durable head", "s", quantiles("consensus_block_commit_duration_seconds")),
      graph(
        "Round",
        "none",
        [now("consensus_rounds")],
        "Above 0: the first proposer or its votes did not come in time",
      ),
      graph("Rounds a height took", "none", quantiles("consensus_height_rounds")),
      graph("Round duration", "s", quantiles("consensus_round_duration_seconds")),
      graph("Time in each step, p50 and p99", "s", quantiles("consensus_step_duration_seconds", "step"), "", 12),
      graph(
        "Delay of proposals",
        "s",
        quantiles("consensus_proposal_delay_seconds"),
        "From the start of the round until the block is here",
        12,
      ),
      graph(
        "Prevotes: quorum and all",
        "s",
        [
          now("consensus_quorum_prevote_delay", "{{instance}} quorum, by {{proposer_address}}"),
          now("consensus_full_prevote_delay", "{{instance}} all, by {{proposer_address}}"),
        ],
        "After the proposal's time",
        12,
      ),
      graph(
        "Share of power seen in the round",
        "percentunit",
        [
          now("consensus_round_voting_power_percent", "{{instance}} {{vote_type}}"),
        ],
        "",
        12,
      ),
      graph("Proposals and votes", "ops", [
        perSecond("consensus_proposals_total"),
        perSecond("consensus_votes_total", "type"),
        perSecond("consensus_late_votes", "vote_type"),
        ask(rate("consensus_duplicate_vote"), "{{instance}} duplicate"),
      ]),
      graph("Verdicts on proposed blocks", "ops", [
        perSecond("consensus_proposal_receive_count", "status"),
        ask(rate("consensus_proposal_create_count"), "{{instance}} created"),
      ]),
      graph("Timeouts", "ops", [perSecond("consensus_timeouts_total", "step")]),
      graph("Validators", "none", [
        now("consensus_validators", "{{instance}} all"),
        now("consensus_missing_validators", "{{instance}} missing"),
        now("consensus_byzantine_validators", "{{instance}} byzantine"),
      ]),
      graph("Power", "short", [
        now("consensus_validators_power", "{{instance}} all"),
        now("consensus_missing_validators_power", "{{instance}} missing"),
        now("consensus_byzantine_validators_power", "{{instance}} byzantine"),
      ]),
      graph("This validator", "none", [
        now("consensus_validator_power", "{{instance}} power"),
        ask(
          "catenary_consensus_latest_block_height% - on(instance) catenary_consensus_validator_last_signed_height%",
          "{{instance}} blocks since it signed",
        ),
        now("consensus_validator_missed_blocks", "{{instance}} missed"),
      ]),
      graph("Signatures", "s", quantiles("consensus_sign_duration_seconds"), "Guard and remote signer included"),
      graph("Refusals and misbehaviour", "ops", [
        ask(rate("consensus_sign_refused_total"), "{{instance}} signatures refused"),
        ask(rate("consensus_equivocations_total"), "{{instance}} double votes"),
        ask(rate("consensus_undecodable_total"), "{{instance}} undecodable"),
      ]),
      graph("Blocks", "bytes", [
        now("consensus_block_size_bytes"),
        ask(rate("consensus_chain_size_bytes"), "{{instance}} chain per second"),
      ]),
    ],
  },
  {
    title: "Network",
    panels: [
      graph("Peers", "none", [
        now("p2p_peers", "{{instance}} all"),
        now("p2p_outbound_peers", "{{instance}} dialled"),
        now("p2p_relayed_peers", "{{instance}} relayed"),
        now("p2p_validator_peers", "{{instance}} validators"),
        now("p2p_banned_peers", "{{instance}} banned"),
      ]),
      graph("Peers coming and going", "ops", [
        ask(rate("p2p_peers_joined_total"), "{{instance}} joined"),
        ask(rate("p2p_peers_left_total"), "{{instance}} left"),
        ask(rate("p2p_bans_total"), "{{instance}} banned"),
      ]),
      graph("Reports by what was done", "ops", [perSecond("p2p_reports_total", "code")]),
      graph("Bytes received", "Bps", [perSecond("p2p_message_receive_bytes_total", "message_type")]),
      graph("Bytes sent", "Bps", [perSecond("p2p_message_send_bytes_total", "message_type")]),
      graph("Messages", "ops", [
        ask(rate("p2p_messages_received_total", "message_type"), "{{instance}} {{message_type}} in"),
        ask(rate("p2p_messages_sent_total", "message_type"), "{{instance}} {{message_type}} out"),
      ]),
      graph("Messages for each block", "none", [
        ask(
          `${rate("p2p_messages_sent_total")} / on(instance) ${rate("consensus_block_interval_seconds_count")}`,
          "{{instance}} sent",
        ),
      ]),
      graph("Verdicts on what topics brought", "ops", [
        ask(
          "sum by (instance, topic, verdict) (rate(catenary_p2p_verdicts_total%[$__rate_interval]))",
          "{{instance}} {{topic}} {{verdict}}",
        ),
      ]),
      graph("Gossip: new, known, helped", "ops", [
        ask(rate("gossip_received_total", "what"), "{{instance}} {{what}} new"),
        ask(rate("gossip_duplicates_total", "what"), "{{instance}} {{what}} known"),
        ask(rate("gossip_helped_total"), "{{instance}} helped"),
        ask(rate("consensus_block_gossip_parts_received", "matches_current"), "{{instance}} parts {{matches_current}}"),
      ]),
      graph(
        "Bytes by peer",
        "Bps",
        [
          ask("rate(catenary_p2p_peer_receive_bytes_total%[$__rate_interval])", "{{instance}} from {{peer_id}}"),
          ask("rate(catenary_p2p_peer_send_bytes_total%[$__rate_interval])", "{{instance}} to {{peer_id}}"),
        ],
        "",
        12,
      ),
      graph("Scores of peers", "none", [now("p2p_peer_score", "{{instance}} {{peer_id}}")], "", 12),
    ],
  },
  {
    title: "Sync",
    panels: [
      graph(
        "Syncing",
        "none",
        [
          now("blocksync_syncing", "{{instance}} blocks"),
          now("statesync_syncing", "{{instance}} state"),
          ask(rate("blocksync_switches_total", "to"), "{{instance}} to {{to}}"),
        ],
        "",
        6,
      ),
      graph(
        "Blocks behind",
        "none",
        [
          ask("catenary_blocksync_target_height% - on(instance) catenary_blocksync_latest_block_height%"),
          now("blocksync_peers", "{{instance}} peers"),
        ],
        "",
        6,
      ),
      graph("Blocks synced", "ops", [perSecond("blocksync_blocks_total")], "", 6),
      graph(
        "Snapshot being restored",
        "percentunit",
        [
          ask("catenary_statesync_snapshot_chunk% / on(instance) (catenary_statesync_snapshot_chunk_total% > 0)"),
          ask("catenary_statesync_snapshot_height% > 0", "{{instance}} height"),
        ],
        "",
        6,
      ),
      graph(
        "Questions to peers",
        "ops",
        [
          ask(
            "sum by (instance, protocol, outcome) (rate(catenary_sync_questions_total%[$__rate_interval]))",
            "{{instance}} {{protocol}} {{outcome}}",
          ),
        ],
        "",
        12,
      ),
      graph("Time to an answer", "s", quantiles("sync_question_duration_seconds", "protocol"), "", 12),
    ],
  },
  {
    title: "Execution",
    panels: [
      graph("Transactions", "ops", [perSecond("state_txs_total", "outcome")]),
      graph("Transactions in a block", "none", [
        now("consensus_num_txs"),
        now("consensus_total_txs", "{{instance}} since start"),
      ]),
      graph("Gas", "ops", [perSecond("state_gas_used_total")]),
      graph("Execution of a block", "s", quantiles("state_execution_duration_seconds")),
      graph("The same as CometBFT shows it", "ms", quantiles("state_block_processing_time")),
      graph("Building and judging blocks", "s", [
        ...quantiles("state_build_duration_seconds").map(({ expr, legend }) => ask(expr, `${legend} build`)),
        ...quantiles("state_validation_duration_seconds").map(({ expr, legend }) => ask(expr, `${legend} judge`)),
      ]),
      graph("Blocks by threads", "ops", [
        perSecond("execution_blocks_total", "way"),
        now("execution_threads", "{{instance}} threads"),
        now("execution_prefers_threads", "{{instance}} prefers threads"),
      ], "alone: in one thread; together: in several, ahead of their turn"),
      graph(
        "Transactions run ahead of their turn",
        "ops",
        [perSecond("execution_ahead_txs_total", "outcome")],
        "held: taken as they were; again: somebody before them wrote what they had read",
      ),
      graph("Time of a transaction, alone and in threads", "s", [
        now("execution_transaction_seconds", "{{instance}} {{way}}"),
      ], "what the node chooses by: averages, newer blocks counting more"),
      graph("Changes by blocks", "ops", [
        ask(rate("state_validator_set_updates"), "{{instance}} validators"),
        ask(rate("state_consensus_param_updates"), "{{instance}} parameters"),
      ]),
    ],
  },
  {
    title: "Contracts",
    panels: [
      graph("Calls and queries", "ops", [
        ask(rate("contracts_calls_total", "engine"), "{{instance}} {{engine}} calls"),
        ask(rate("contracts_queries_total", "engine"), "{{instance}} {{engine}} queries"),
      ], "node: transactions in their turn; threads: ahead of it; queries: what clients ask, simulations"),
      graph("Time by fuel", "percentunit", [
        ask(
          "sum by (instance, engine) (rate(catenary_contracts_fuel_used_total%[$__rate_interval])) / 1e12",
          "{{instance}} {{engine}}",
        ),
      ], "1: as much fuel as a core of the machine that prices were measured on uses"),
      graph("Compiled contracts", "bytes", [
        now("contracts_cache_bytes", "{{instance}} {{engine}}"),
        now("contracts_cache_pinned_bytes", "{{instance}} {{engine}} pinned"),
        now("contracts_cache_programs", "{{instance}} {{engine}} count"),
      ]),
      graph("Cache of compiled contracts", "ops", [
        ask(rate("contracts_cache_hits_total", "engine"), "{{instance}} {{engine}} hits"),
        ask(rate("contracts_cache_misses_total", "engine"), "{{instance}} {{engine}} misses"),
        ask(rate("contracts_cache_evictions_total", "engine"), "{{instance}} {{engine}} evictions"),
      ], "misses that go on: contracts.cache_bytes_max is too small for what is called"),
      graph("Instances", "ops", [
        ask(rate("contracts_instances_made_total", "engine"), "{{instance}} {{engine}} made"),
        ask(rate("contracts_instances_reused_total", "engine"), "{{instance}} {{engine}} used again"),
        now("contracts_instances_idle", "{{instance}} {{engine}} idle"),
      ]),
      graph("Queries in threads", "ops", [
        ask(rate("query_ended_total", "how"), "{{instance}} {{how}}"),
        now("query_running", "{{instance}} being answered"),
        now("query_waiting", "{{instance}} wait"),
        now("query_threads", "{{instance}} threads"),
      ]),
      graph(
        "Refused by V8",
        "none",
        [now("contracts_engine_refusals_total", "{{instance}} {{engine}}")],
        "modules that passed our checks: worth a report",
      ),
    ],
  },
  {
    title: "Storage",
    panels: [
      graph(
        "Durable writes",
        "s",
        quantiles("storage_persist_duration_seconds", "what"),
        "wal: in the way of a vote; block: all a block leaves, state and head being its parts",
        24,
      ),
    ],
  },
  {
    title: "Mempool",
    panels: [
      graph("Pending", "none", [now("mempool_size"), now("mempool_backlog", "{{instance}} wait for a check")]),
      graph("Pending bytes", "bytes", [now("mempool_size_bytes")]),
      graph("Sizes of transactions", "bytes", quantiles("mempool_tx_size_bytes")),
      graph("Admitted", "ops", [perSecond("mempool_admitted_total")]),
      graph("Refused by reason", "ops", [
        perSecond("mempool_refused_total", "reason"),
        ask(rate("mempool_failed_txs"), "{{instance}} failed"),
        ask(rate("mempool_rejected_txs"), "{{instance}} rejected"),
      ]),
      graph("Checks", "ops", [
        ask(rate("mempool_checks_total"), "{{instance}} all"),
        ask(rate("mempool_recheck_times"), "{{instance}} again"),
        ask(rate("mempool_evicted_txs"), "{{instance}} evicted"),
      ]),
      graph("Checks that ran in one go", "s", quantiles("mempool_check_slice_duration_seconds"), "", 24),
    ],
  },
  {
    title: "RPC",
    panels: [
      graph("Calls", "ops", [perSecond("rpc_request_duration_seconds_count", "method")], "", 12),
      graph(
        "Refused calls",
        "ops",
        [
          ask(
            `sum by (instance, method, code) (rate(catenary_rpc_request_duration_seconds_count{code!="0", %}[$__rate_interval]))`,
            "{{instance}} {{method}} {{code}}",
          ),
        ],
        "",
        12,
      ),
      graph("Duration of calls", "s", quantiles("rpc_request_duration_seconds", "method"), "", 24),
    ],
  },
  {
    title: "Process",
    panels: [
      graph("Lag of the event loop", "s", [
        now("event_loop_lag_p50_seconds", "{{instance}} p50"),
        now("event_loop_lag_p99_seconds", "{{instance}} p99"),
        ...quantiles("event_loop_lag_seconds").map(({ expr, legend }) => ask(expr, `${legend} lately`)),
      ]),
      graph("Memory", "bytes", [
        now("process_resident_memory_bytes", "{{instance}} resident"),
        now("process_heap_used_bytes", "{{instance}} heap used"),
        now("process_heap_total_bytes", "{{instance}} heap"),
        now("process_external_memory_bytes", "{{instance}} buffers"),
      ]),
      graph("Processor", "percentunit", [perSecond("process_cpu_seconds_total")], "1: one core"),
      graph(
        "Heap, share of its limit",
        "percentunit",
        [
          ask("catenary_process_heap_used_bytes% / on(instance) catenary_process_heap_limit_bytes%"),
        ],
        "",
        12,
      ),
      graph(
        "Up since",
        "dateTimeFromNow",
        [
          ask("catenary_process_start_time_seconds% * 1000"),
          ask("catenary_build_info%", "{{instance}} {{version}} on Deno {{deno}}"),
          ask("catenary_node_info%", "{{instance}} {{moniker}} {{node_id}} of {{chain}}"),
        ],
        "",
        12,
      ),
    ],
  },
];
