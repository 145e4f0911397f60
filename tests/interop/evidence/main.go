// Makes and judges evidence with CometBFT v0.38's own evidence pool, types and light client.
//
//	evidence make            prints a chain, evidence of each kind, and what a light client reports of forks, as JSON
//	evidence judge           answers a line of JSON for each line: {"chain": …} sets the chain, {"evidence": hex} is judged
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAIL", err)
		os.Exit(1)
	}
}

type question struct {
	Chain    *chainJSON `json:"chain"`
	Evidence string     `json:"evidence"`
	// EvidenceJSON is judged as broadcast_evidence would.
	EvidenceJSON json.RawMessage `json:"evidence_json"`
}

func main() {
	if len(os.Args) != 2 {
		check(fmt.Errorf("usage: evidence make|judge"))
	}
	out := json.NewEncoder(os.Stdout)
	if os.Args[1] == "make" {
		check(out.Encode(makeAll()))
		return
	}
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	decoder := json.NewDecoder(lines)
	var judge *world
	for {
		var q question
		if err := decoder.Decode(&q); err != nil {
			return
		}
		if q.Chain != nil {
			judge = newWorld(*q.Chain)
			check(out.Encode(verdict{OK: true}))
			continue
		}
		check(out.Encode(judge.judge(q)))
	}
}
