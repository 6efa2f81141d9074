// Package gen makes synthetic seed files: the same numbers always give the same
// bytes, so that tests, the demo and a review of either can compute every token
// of a file again. The seeds are derived from a public label and are worth
// nothing as secrets.
package gen

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"fob/internal/token"
)

// Label is the key that every seed derives from.
const Label = "fob seedgen: synthetic seeds, of no use for any login"

// RFC4226 is the seed of the test vectors of RFC 4226 appendix D.
const RFC4226 = "12345678901234567890"

// SeedFor is the seed of token i: the first bytes of HMAC-SHA512 of the index,
// as many as the hash has (RFC 6238 section 5.1).
func SeedFor(i uint64, h token.Hash) []byte {
	mac := hmac.New(sha512.New, []byte(Label))
	var index [8]byte
	binary.BigEndian.PutUint64(index[:], i)
	mac.Write(index[:])
	size := map[token.Hash]int{token.SHA256: 32, token.SHA512: 64}[h]
	if size == 0 {
		size = 20
	}
	return mac.Sum(nil)[:size]
}

// Plan says what a file holds.
type Plan struct {
	N       int
	First   uint64 // index of the first token
	Serials uint64 // serial of token 0; that of token i is i more, in 13 digits
	HOTP    float64
	Hashes  []token.Hash // taken in turn, SHA-1 without any
	RFC4226 bool         // the first token has the seed of the RFC
	Header  bool
	UPN     float64 // share of tokens with a UPN in entra; 0: no such column
	T0      int64   // Unix seconds that clocks count from
}

// Token is one token of a plan.
type Token struct {
	Serial string
	Params token.Params
	Seed   []byte
	UPN    string // who it belongs to; empty: nobody
}

// Token returns token i of a plan. Type and hash depend on the index alone.
func (p Plan) Token(i uint64) Token {
	t := Token{Serial: fmt.Sprintf("%013d", p.Serials+i)}
	t.Params = token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30, T0: p.T0}
	if len(p.Hashes) > 0 {
		t.Params.Hash = p.Hashes[i%uint64(len(p.Hashes))]
	}
	if spread(i) < p.HOTP {
		t.Params.Type, t.Params.Period, t.Params.T0 = token.HOTP, 0, 0
	}
	t.Seed = SeedFor(i, t.Params.Hash)
	if spread(i) < p.UPN {
		t.UPN = fmt.Sprintf("user%07d@example.com", i)
	}
	if p.RFC4226 && i == p.First {
		t.Params.Hash, t.Seed = token.SHA1, []byte(RFC4226)
	}
	return t
}

// spread lays the indices evenly over 0 to 1, by multiples of the golden ratio,
// so that every stretch of a file has the share asked for.
func spread(i uint64) float64 { return float64(i*0x9E3779B97F4A7C15>>11) / (1 << 53) }

// WriteOATHCSV writes the plan in the order of privacyIDEA, or in that of
// LinOTP when there are hashes to tell apart.
func WriteOATHCSV(w io.Writer, p Plan) error {
	header := ""
	if p.Header {
		header = p.header()
	}
	return p.writeRows(w, header, func(out io.Writer, t Token) {
		fmt.Fprintf(out, "%s,%s,%s,%d,%d", t.Serial, hex.EncodeToString(t.Seed), t.Params.Type, t.Params.Digits, t.Params.Period)
		if len(p.Hashes) > 0 {
			fmt.Fprintf(out, ",%s", t.Params.Hash)
		}
	})
}

// WriteEntra writes the plan as the CSV of Entra ID, which has no column for a
// type or a hash. The header belongs to it; the UPN's column is there when
// tokens have one.
func WriteEntra(w io.Writer, p Plan) error {
	if p.HOTP > 0 || len(p.Hashes) > 1 {
		return errors.New("entra has TOTP tokens of one hash only")
	}
	header := "serial number,secret key,time interval,manufacturer,model"
	if p.UPN > 0 {
		header = "upn," + header
	}
	return p.writeRows(w, header, func(out io.Writer, t Token) {
		if p.UPN > 0 {
			fmt.Fprintf(out, "%s,", t.UPN)
		}
		fmt.Fprintf(out, "%s,%s,%d,Example,OTP-1", t.Serial, base32.StdEncoding.EncodeToString(t.Seed), t.Params.Period)
	})
}

// writeRows writes a header, if there is one, and a row for each token.
func (p Plan) writeRows(w io.Writer, header string, row func(io.Writer, Token)) error {
	out := bufio.NewWriterSize(w, 1<<16)
	if header != "" {
		fmt.Fprintln(out, header)
	}
	for i := p.First; i < p.First+uint64(p.N); i++ {
		row(out, p.Token(i))
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (p Plan) header() string {
	if len(p.Hashes) > 0 {
		return "serial,hexkey,type,digits,counter/step,hash"
	}
	return "serial,hexkey,type,digits,counter/step"
}
