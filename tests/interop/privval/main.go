// CometBFT's own remote signer, both sides of it, for judging ours.
//
// usage: privval sign ADDRESS CHAIN_ID KEY_FILE STATE_FILE     dials a node of ours and signs for it
//
//	privval ask ADDRESS CHAIN_ID                          listens for a signer of ours and asks it everything
//	privval last KEY_FILE STATE_FILE CHAIN_ID             reads files of ours and signs on with them
//
// `sign` ends when its standard input does.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/cometbft/cometbft/crypto"
	"github.com/cometbft/cometbft/crypto/ed25519"
	"github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/privval"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	"github.com/cometbft/cometbft/types"
)

func fail(what string, err error) {
	fmt.Println("FAIL", what, err)
	os.Exit(1)
}

func ok(what string, err error) {
	if err != nil {
		fail(what, err)
	}
	fmt.Println("ok", what)
}

func check(what string, holds bool) {
	if !holds {
		fail(what, nil)
	}
	fmt.Println("ok", what)
}

func main() {
	switch os.Args[1] {
	case "sign":
		sign(os.Args[2], os.Args[3], os.Args[4], os.Args[5])
	case "ask":
		ask(os.Args[2], os.Args[3])
	case "last":
		last(os.Args[2], os.Args[3], os.Args[4])
	}
}

func sign(address, chain, keyFile, stateFile string) {
	pv := privval.LoadOrGenFilePV(keyFile, stateFile)
	dialer := privval.DialTCPFn(strings.TrimPrefix(address, "tcp://"), 3*time.Second, ed25519.GenPrivKey())
	if path, isUnix := strings.CutPrefix(address, "unix://"); isUnix {
		dialer = privval.DialUnixFn(path)
	}
	endpoint := privval.NewSignerDialerEndpoint(log.NewNopLogger(), dialer, privval.SignerDialerEndpointConnRetries(1000))
	server := privval.NewSignerServer(endpoint, chain, pv)
	if err := server.Start(); err != nil {
		fail("start", err)
	}
	fmt.Printf("key %x\n", pv.Key.PubKey.Bytes())
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = server.Stop()
}

func blockID(of byte) types.BlockID {
	hash := bytes.Repeat([]byte{of}, 32)
	return types.BlockID{Hash: hash, PartSetHeader: types.PartSetHeader{Total: 1, Hash: hash}}
}

func vote(kind cmtproto.SignedMsgType, height int64, id types.BlockID, at time.Time) *cmtproto.Vote {
	v := &types.Vote{
		Type: kind, Height: height, Round: 0, BlockID: id, Timestamp: at,
		ValidatorAddress: bytes.Repeat([]byte{7}, 20), ValidatorIndex: 3,
	}
	return v.ToProto()
}

func proposal(height int64, id types.BlockID, at time.Time) *cmtproto.Proposal {
	p := types.NewProposal(height, 0, -1, id)
	p.Timestamp = at
	return p.ToProto()
}

func refused(what string, err error, reason string) {
	var remote *privval.RemoteSignerError
	if !errors.As(err, &remote) || !strings.Contains(remote.Description, reason) {
		fail(what+": not refused as it should be", err)
	}
	fmt.Println("ok", what)
}

func ask(address, chain string) {
	endpoint, err := privval.NewSignerListener(address, log.NewNopLogger())
	ok("listen", err)
	client, err := privval.NewSignerClient(endpoint, chain)
	ok("client", err)
	fmt.Println("listening")
	ok("connection", client.WaitForConnection(20*time.Second))
	key, err := client.GetPubKey()
	ok("public key", err)
	ok("ping", client.Ping())
	judge(client, chain, key)
	other, err := privval.NewSignerClient(endpoint, "other")
	ok("client of another chain", err)
	_, err = other.GetPubKey()
	refused("the key for another chain", err, "only")
	fmt.Printf("key %x\nall accepted\n", key.Bytes())
	_ = endpoint.Stop()
}

// judge asks for everything a validator signs, and for what it must not.
func judge(pv types.PrivValidator, chain string, key crypto.PubKey) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	p := proposal(1, blockID(1), now)
	ok("sign a proposal", pv.SignProposal(chain, p))
	check("signature of a proposal", key.VerifySignature(types.ProposalSignBytes(chain, p), p.Signature))
	refused("another proposal there", pv.SignProposal(chain, proposal(1, blockID(2), now)), "conflicting data")
	later := proposal(1, blockID(1), now.Add(time.Second))
	ok("the proposal later", pv.SignProposal(chain, later))
	check("has the first time and signature", later.Timestamp.Equal(now) && bytes.Equal(later.Signature, p.Signature))
	for _, kind := range []cmtproto.SignedMsgType{cmtproto.PrevoteType, cmtproto.PrecommitType} {
		name := kind.String()
		v := vote(kind, 1, blockID(1), now)
		ok("sign "+name, pv.SignVote(chain, v))
		check("signature of "+name, key.VerifySignature(types.VoteSignBytes(chain, v), v.Signature))
		check("other fields of "+name, v.ValidatorIndex == 3 && v.Height == 1 && v.ValidatorAddress[0] == 7)
		if kind == cmtproto.PrecommitType {
			check("extension of "+name, key.VerifySignature(types.VoteExtensionSignBytes(chain, v), v.ExtensionSignature))
		} else {
			check("no extension of "+name, len(v.ExtensionSignature) == 0)
		}
		refused("another "+name, pv.SignVote(chain, vote(kind, 1, blockID(2), now)), "conflicting data")
		refused("nil there "+name, pv.SignVote(chain, vote(kind, 1, types.BlockID{}, now)), "conflicting data")
		again := vote(kind, 1, blockID(1), now.Add(time.Minute))
		ok("the same later "+name, pv.SignVote(chain, again))
		check("has the first time "+name, again.Timestamp.Equal(now) && bytes.Equal(again.Signature, v.Signature))
	}
	refused("a proposal after votes", pv.SignProposal(chain, proposal(1, blockID(1), now)), "before")
	extended := vote(cmtproto.PrecommitType, 2, blockID(1), now)
	extended.Extension = bytes.Repeat([]byte("extension"), 500)
	ok("sign a long extension", pv.SignVote(chain, extended))
	check("its signature", key.VerifySignature(types.VoteExtensionSignBytes(chain, extended), extended.ExtensionSignature))
	nilVote := vote(cmtproto.PrecommitType, 3, types.BlockID{}, now)
	ok("sign nil", pv.SignVote(chain, nilVote))
	check("nil has no extension", len(nilVote.ExtensionSignature) == 0)
	refused("a step back", pv.SignVote(chain, vote(cmtproto.PrevoteType, 2, blockID(1), now)), "before")
	refused("another chain", pv.SignVote("other", vote(cmtproto.PrevoteType, 9, blockID(1), now)), "only")
}

// last loads what a signer of ours wrote with CometBFT's FilePV.
func last(keyFile, stateFile, chain string) {
	pv := privval.LoadFilePV(keyFile, stateFile)
	state := pv.LastSignState
	fmt.Printf("state %d/%d/%d\n", state.Height, state.Round, state.Step)
	check("the state is of this key", pv.Key.PubKey.VerifySignature(state.SignBytes, state.Signature))
	now := time.Now()
	err := pv.SignVote(chain, vote(cmtproto.PrecommitType, state.Height, blockID(9), now))
	check("another precommit there is refused", err != nil)
	ok("sign the next height", pv.SignVote(chain, vote(cmtproto.PrevoteType, state.Height+1, blockID(1), now)))
	fmt.Println("all accepted")
}
