package gen

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strings"

	"fob/internal/pskc"
	"fob/internal/token"
)

// WritePSKC writes the plan as an RFC 6030 container with plain values.
func WritePSKC(w io.Writer, p Plan) error { return p.writePSKC(w, nil) }

// PSKCKey is the pre-shared key of WritePSKCEncrypted, in hex as a key file has
// it. Like every seed here it follows from Label and is worth nothing.
func PSKCKey() string {
	sum := sha256.Sum256([]byte(Label))
	return hex.EncodeToString(sum[:16])
}

// WritePSKCEncrypted writes the plan as suppliers do who follow the RFC's
// recommendation: AES-128-CBC and HMAC-SHA1 with a pre-shared key.
func WritePSKCEncrypted(w io.Writer, p Plan) error {
	key, err := hex.DecodeString(PSKCKey())
	if err != nil {
		return err
	}
	protect := pskc.Protection{Key: key, KeyName: "seedgen"}
	if protect.Cipher, err = pskc.FindCipher(pskc.DefaultCipher); err != nil {
		return err
	}
	if protect.MAC, err = pskc.FindMAC(pskc.DefaultMAC); err != nil {
		return err
	}
	return p.writePSKC(w, &protect)
}

func (p Plan) writePSKC(w io.Writer, protect *pskc.Protection) error {
	buffered := bufio.NewWriterSize(w, 1<<16)
	out, err := pskc.NewWriter(buffered, &repeatable{}, pskc.WriterOptions{Protect: protect})
	if err != nil {
		return err
	}
	for i := p.First; i < p.First+uint64(p.N); i++ {
		if err := out.Write(p.keyPackage(p.Token(i))); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	return buffered.Flush()
}

// keyPackage is a token as a container has it.
func (p Plan) keyPackage(t Token) *pskc.KeyPackage {
	k := &pskc.Key{ID: t.Serial, Algorithm: pskc.AlgorithmTOTP}
	k.Params.Response = &pskc.Format{Encoding: pskc.EncodingDecimal, Length: int64(t.Params.Digits)}
	if len(p.Hashes) > 0 {
		suite := "HMAC-" + strings.ToUpper(string(t.Params.Hash))
		k.Params.Suite = &suite
	}
	k.Secret = pskc.Value[token.Seed]{Given: true, Plain: token.NewSeed(t.Seed)}
	if t.Params.Type == token.HOTP {
		k.Algorithm, k.Counter.Given = pskc.AlgorithmHOTP, true
	} else {
		k.Time.Given = true
		k.Interval = pskc.Value[int64]{Given: true, Plain: int64(t.Params.Period)}
	}
	return &pskc.KeyPackage{Device: pskc.DeviceInfo{Manufacturer: "oath.EXAMPLE", SerialNo: t.Serial, Model: "OTP-1"}, Key: k}
}

// repeatable is what stands in for randomness, so that the same flags give the
// same bytes: SHA-256 of Label and a number that counts.
type repeatable struct{ n uint64 }

func (r *repeatable) Read(p []byte) (int, error) {
	for rest := p; len(rest) > 0; r.n++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(Label), r.n))
		rest = rest[copy(rest, sum[:]):]
	}
	return len(p), nil
}
