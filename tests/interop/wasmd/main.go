// The application of wasmd with libwasmvm in one process, driven line by line over stdin and stdout: a judge of what our own
// module does with the same transactions. One JSON object a line: init (once), block, query; each is answered by one line.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
)

// Longer lines are refused; a block with the greatest contract in base64 has two megabytes.
const lineBytesMax = 64 << 20

type request struct {
	Init  *initRequest  `json:"init"`
	Block *blockRequest `json:"block"`
	Query *queryRequest `json:"query"`
}

type blockRequest struct {
	TimeNanos int64    `json:"time"`
	Txs       [][]byte `json:"txs"`
}

type queryRequest struct {
	Path string `json:"path"`
	Data []byte `json:"data"`
}

type txResult struct {
	Code      uint32     `json:"code"`
	Codespace string     `json:"codespace"`
	Log       string     `json:"log"`
	Data      []byte     `json:"data"`
	Events    [][]string `json:"events"`
	GasWanted int64      `json:"gas_wanted"`
	GasUsed   int64      `json:"gas_used"`
}

type blockAnswer struct {
	Height int64      `json:"height"`
	Txs    []txResult `json:"txs"`
	// What the block changed: keys and values of the store "wasm" in hexadecimal (null: gone), and balances.
	State    [][2]*string `json:"state"`
	Balances [][2]string  `json:"balances"`
}

type queryAnswer struct {
	Code      uint32 `json:"code"`
	Codespace string `json:"codespace"`
	Log       string `json:"log"`
	Value     []byte `json:"value"`
}

// An event as its type, then keys and values in turn.
func flat(event abci.Event) []string {
	out := []string{event.Type}
	for _, attribute := range event.Attributes {
		out = append(out, attribute.Key, attribute.Value)
	}
	return out
}

func (c *chain) block(in *blockRequest) blockAnswer {
	height := c.app.LastBlockHeight() + 1
	done, err := c.app.FinalizeBlock(&abci.RequestFinalizeBlock{
		Height: height,
		Time:   time.Unix(0, in.TimeNanos).UTC(),
		Txs:    in.Txs,
	})
	must(err)
	_, err = c.app.Commit()
	must(err)
	out := blockAnswer{Height: height}
	for _, tx := range done.TxResults {
		events := [][]string{}
		for _, event := range tx.Events {
			events = append(events, flat(event))
		}
		out.Txs = append(out.Txs, txResult{
			tx.Code, tx.Codespace, tx.Log, tx.Data, events, tx.GasWanted, tx.GasUsed,
		})
	}
	out.State, out.Balances = c.changes()
	return out
}

func (c *chain) query(in *queryRequest) queryAnswer {
	answer, err := c.app.Query(nil, &abci.RequestQuery{Path: in.Path, Data: in.Data})
	must(err)
	return queryAnswer{answer.Code, answer.Codespace, answer.Log, answer.Value}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<20), lineBytesMax)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	var judge *chain
	for in.Scan() {
		var asked request
		must(json.Unmarshal(in.Bytes(), &asked))
		switch {
		case asked.Init != nil:
			judge = start(asked.Init)
			must(out.Encode(map[string]any{"versions": versions(), "params": judge.params()}))
		case asked.Block != nil:
			must(out.Encode(judge.block(asked.Block)))
		case asked.Query != nil:
			must(out.Encode(judge.query(asked.Query)))
		default:
			panic(fmt.Sprintf("read a line: neither init, block nor query: %.80s", in.Text()))
		}
	}
	must(in.Err())
	if judge != nil {
		judge.stop()
	}
}
