// Judges a running Catenary node with CometBFT's own client, types and light client, and with the reference
// implementation of ICS-23. Exits 1 at the first thing they object to.
//
// usage: judge RPC_URL BANK_KEY_HEX ABSENT_KEY_HEX TX_HEX SHAPES_FILE
package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"os"
	"time"

	"github.com/cometbft/cometbft/light"
	rpcclient "github.com/cometbft/cometbft/rpc/client"
	rpchttp "github.com/cometbft/cometbft/rpc/client/http"
	"github.com/cometbft/cometbft/types"
	ics23 "github.com/cosmos/ics23/go"
)

func fail(what string, err error) {
	fmt.Println("FAIL", what, err)
	os.Exit(1)
}

func must[T any](what string) func(T, error) T {
	return func(value T, err error) T {
		if err != nil {
			fail(what, err)
		}
		return value
	}
}

func check(what string, ok bool) {
	if !ok {
		fail(what, nil)
	}
	fmt.Println("ok", what)
}

func bytesOf(text string) []byte { return must[[]byte]("argument")(hex.DecodeString(text)) }

// jmtSpec is what the jmt crate publishes for its trees.
var jmtSpec = &ics23.ProofSpec{
	LeafSpec: &ics23.LeafOp{
		Hash:         ics23.HashOp_SHA256,
		PrehashKey:   ics23.HashOp_SHA256,
		PrehashValue: ics23.HashOp_SHA256,
		Length:       ics23.LengthOp_NO_PREFIX,
		Prefix:       []byte("JMT::LeafNode"),
	},
	InnerSpec: &ics23.InnerSpec{
		Hash:            ics23.HashOp_SHA256,
		ChildOrder:      []int32{0, 1},
		MinPrefixLength: 16,
		MaxPrefixLength: 16,
		ChildSize:       32,
		EmptyChild:      []byte("SPARSE_MERKLE_PLACEHOLDER_HASH__"),
	},
	MinDepth:                   0,
	MaxDepth:                   64,
	PrehashKeyBeforeComparison: true,
}

type judge struct {
	client *rpchttp.HTTP
	ctx    context.Context
}

func main() {
	client := must[*rpchttp.HTTP]("connect")(rpchttp.New(os.Args[1], "/websocket"))
	if err := client.Start(); err != nil {
		fail("websocket", err)
	}
	j := judge{client, context.Background()}
	latest := j.waitFor(4)
	j.chain(latest)
	j.everyMethod(latest)
	j.rounds()
	judgeShapes(os.Args[5])
	j.proof(bytesOf(os.Args[2]), true)
	j.proof(bytesOf(os.Args[3]), false)
	j.transaction(bytesOf(os.Args[4]))
	fmt.Println("all accepted")
}

func (j judge) waitFor(height int64) int64 {
	for {
		status, err := j.client.Status(j.ctx)
		if err != nil {
			fail("status", err)
		}
		if status.SyncInfo.LatestBlockHeight >= height {
			return status.SyncInfo.LatestBlockHeight
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// chain re-computes every hash of every block and follows the headers with the light client.
func (j judge) chain(latest int64) {
	var trusted *types.SignedHeader
	for height := int64(1); height < latest; height++ {
		at := func(what string) string { return fmt.Sprintf("%s at height %d", what, height) }
		block, err := j.client.Block(j.ctx, &height)
		if err != nil {
			fail(at("block"), err)
		}
		if err := block.Block.ValidateBasic(); err != nil {
			fail(at("block form"), err)
		}
		check(at("block hash"), bytes.Equal(block.Block.Hash(), block.BlockID.Hash))
		parts, err := block.Block.MakePartSet(types.BlockPartSizeBytes)
		if err != nil {
			fail(at("part set"), err)
		}
		check(at("part set"), parts.Header().Equals(block.BlockID.PartSetHeader))
		commit, err := j.client.Commit(j.ctx, &height)
		if err != nil {
			fail(at("commit"), err)
		}
		validators, err := j.client.Validators(j.ctx, &height, nil, nil)
		if err != nil {
			fail(at("validators"), err)
		}
		set := types.NewValidatorSet(validators.Validators)
		check(at("validators hash"), bytes.Equal(set.Hash(), block.Block.ValidatorsHash))
		if err := set.VerifyCommit(block.Block.ChainID, commit.Commit.BlockID, height, commit.Commit); err != nil {
			fail(at("commit signatures"), err)
		}
		if trusted != nil {
			err := light.VerifyAdjacent(trusted, &commit.SignedHeader, set, 24*time.Hour, time.Now(), 10*time.Second)
			if err != nil {
				fail(at("light client"), err)
			}
		}
		trusted = &commit.SignedHeader
		j.results(height)
	}
}

// results checks what the next header says of the block at height.
func (j judge) results(height int64) {
	next := height + 1
	results, err := j.client.BlockResults(j.ctx, &height)
	if err != nil {
		fail("block results", err)
	}
	header, err := j.client.Header(j.ctx, &next)
	if err != nil {
		fail("header", err)
	}
	params, err := j.client.ConsensusParams(j.ctx, &height)
	if err != nil {
		fail("consensus params", err)
	}
	at := func(what string) string { return fmt.Sprintf("%s at height %d", what, next) }
	check(at("last results hash"), bytes.Equal(types.NewResults(results.TxsResults).Hash(), header.Header.LastResultsHash))
	check(at("app hash"), bytes.Equal(results.AppHash, header.Header.AppHash))
	check(at("consensus hash"), bytes.Equal(params.ConsensusParams.Hash(), header.Header.ConsensusHash))
}

// everyMethod decodes the answers of the methods nothing else here asks.
func (j judge) everyMethod(latest int64) {
	one := func(what string, err error) {
		if err != nil {
			fail(what, err)
		}
		fmt.Println("ok", what)
	}
	var err error
	_, err = j.client.ABCIInfo(j.ctx)
	one("abci_info", err)
	_, err = j.client.NetInfo(j.ctx)
	one("net_info", err)
	_, err = j.client.Health(j.ctx)
	one("health", err)
	_, err = j.client.Genesis(j.ctx)
	one("genesis", err)
	_, err = j.client.GenesisChunked(j.ctx, 0)
	one("genesis_chunked", err)
	_, err = j.client.BlockchainInfo(j.ctx, 1, latest)
	one("blockchain", err)
	_, err = j.client.ConsensusState(j.ctx)
	one("consensus_state", err)
	_, err = j.client.DumpConsensusState(j.ctx)
	one("dump_consensus_state", err)
	_, err = j.client.UnconfirmedTxs(j.ctx, nil)
	one("unconfirmed_txs", err)
	_, err = j.client.NumUnconfirmedTxs(j.ctx)
	one("num_unconfirmed_txs", err)
	block, err := j.client.Block(j.ctx, &latest)
	one("block", err)
	_, err = j.client.BlockByHash(j.ctx, block.BlockID.Hash)
	one("block_by_hash", err)
	_, err = j.client.HeaderByHash(j.ctx, block.BlockID.Hash)
	one("header_by_hash", err)
	_, err = j.client.BlockSearch(j.ctx, "block.height > 1", nil, nil, "asc")
	one("block_search", err)
}

// proof checks a value of the bank store, or its absence, against the app hash of the next header.
func (j judge) proof(key []byte, there bool) {
	options := rpcclient.ABCIQueryOptions{Prove: true}
	answer, err := j.client.ABCIQueryWithOptions(j.ctx, "/store/bank/key", key, options)
	if err != nil {
		fail("abci_query", err)
	}
	response := answer.Response
	next := response.Height + 1
	j.waitFor(next)
	header, err := j.client.Header(j.ctx, &next)
	if err != nil {
		fail("header", err)
	}
	var inner, outer ics23.CommitmentProof
	if err := inner.Unmarshal(response.ProofOps.Ops[0].Data); err != nil {
		fail("store proof", err)
	}
	if err := outer.Unmarshal(response.ProofOps.Ops[1].Data); err != nil {
		fail("root proof", err)
	}
	root := outer.GetExist().Value
	check("root proof", ics23.VerifyMembership(ics23.TendermintSpec, ics23.CommitmentRoot(header.Header.AppHash), &outer, []byte("bank"), root))
	if there {
		check("proof of a value", ics23.VerifyMembership(jmtSpec, root, &inner, key, response.Value))
		check("no proof of another value", !ics23.VerifyMembership(jmtSpec, root, &inner, key, []byte("1")))
	} else {
		check("proof of absence", ics23.VerifyNonMembership(jmtSpec, root, &inner, key))
	}
}

// transaction sends one and follows it through events, search and proof.
func (j judge) transaction(tx []byte) {
	txs, err := j.client.Subscribe(j.ctx, "judge", "tm.event='Tx'")
	if err != nil {
		fail("subscribe Tx", err)
	}
	blocks, err := j.client.Subscribe(j.ctx, "judge", "tm.event='NewBlock'")
	if err != nil {
		fail("subscribe NewBlock", err)
	}
	sent, err := j.client.BroadcastTxCommit(j.ctx, tx)
	if err != nil {
		fail("broadcast_tx_commit", err)
	}
	check("transaction succeeds", sent.CheckTx.Code == 0 && sent.TxResult.Code == 0)
	check("event Tx", (<-txs).Data.(types.EventDataTx).Height == sent.Height)
	for (<-blocks).Data.(types.EventDataNewBlock).Block.Height < sent.Height {
	}
	found, err := j.client.Tx(j.ctx, sent.Hash, true)
	if err != nil {
		fail("tx", err)
	}
	block, err := j.client.Block(j.ctx, &found.Height)
	if err != nil {
		fail("block", err)
	}
	check("proof of the transaction", found.Proof.Validate(block.Block.DataHash) == nil)
	search, err := j.client.TxSearch(j.ctx, "message.action='/cosmos.bank.v1beta1.MsgSend'", true, nil, nil, "desc")
	if err != nil {
		fail("tx_search", err)
	}
	check("tx_search", search.TotalCount == 1)
	j.waitFor(sent.Height + 1)
	j.results(sent.Height)
}
