// Lets ibc-go judge Catenary.
//
//	judge light FILE   its 07-tendermint light client follows a running node and verifies proofs of its state
//	judge chain IN OUT a whole chain of ibc-go (its testing package), driven through two named pipes
//	judge node ID HOME KEY...
//	                   a CometBFT node that runs ibc-go's simapp, with coins for these secp256k1 keys
//
// Exits 1 at the first thing ibc-go objects to.
package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
)

func fail(what string, err error) {
	fmt.Println("FAIL", what, err)
	os.Exit(1)
}

func check(what string, ok bool) {
	if !ok {
		fail(what, nil)
	}
	fmt.Println("ok", what)
}

// accept says that ibc-go had nothing against it.
func accept(what string, err error) {
	if err != nil {
		fail(what, err)
	}
	fmt.Println("ok", what)
}

// refuse says that ibc-go would not have it.
func refuse(what string, err error) {
	if err == nil {
		fail(what+" was accepted", nil)
	}
	fmt.Println("ok", what, "is refused")
}

// hexBytes are bytes that JSON carries in hexadecimal.
type hexBytes []byte

func (b hexBytes) MarshalJSON() ([]byte, error) { return json.Marshal(hex.EncodeToString(b)) }

func (b *hexBytes) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	bytes, err := hex.DecodeString(text)
	*b = bytes
	return err
}

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "light":
		judgeNode(os.Args[2])
	case len(os.Args) == 4 && os.Args[1] == "chain":
		serveChain(os.Args[2], os.Args[3])
	case len(os.Args) >= 5 && os.Args[1] == "node":
		serveNode(os.Args[2], os.Args[3], os.Args[4:])
	default:
		fmt.Println("usage: judge light FILE | judge chain IN OUT | judge node ID HOME KEY...")
		os.Exit(2)
	}
}
