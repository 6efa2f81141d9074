package custody

import (
	"encoding/hex"
	"testing"
)

// sealedEarlier is testSeed sealed for the serial 0012345 by testKeyring.
const sealedEarlier = "0100000007c36854ec30cfd4fcfa5804a68b51884ee95b26067ccbb96007c68d16afa992f6b265b4a8664a3a88016385f81952f1d0"

func fromHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
