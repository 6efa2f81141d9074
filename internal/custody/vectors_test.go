package custody

import (
	"encoding/hex"
	"testing"
)

// sealedEarlier is testSeed sealed for the serial 0012345 by testKeyring.
const sealedEarlier = "0100000007dd1dc665c4d7a58521c60e9645c45ba59c0bea07ede50b8255258f6952a64107173295f5a819f15b762e4ca9daf8c74b"

func fromHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
