// Package safeword reads the family safeword: the records (importAlpine.dat) that
// came with SafeWord tokens and with eToken PASS, in LDIF (RFC 2849),
//
//	# ===== SafeWord Authenticator Records $Version: 100$ =====
//	dn: sccAuthenticatorId=F9000001
//	objectclass: sccCompatibleToken
//	sccAuthenticatorId: F9000001
//	sccTokenType: eToken-PASS-ES
//	sccTokenData: sccKey=HEX;sccMode=E;sccPwLen=6;sccVer=6.20;sccSeq=0001;
//	sccSignature: MC0C…
//
// sccMode says whether a token goes by presses (E) or by time (T), sccSeq is the
// counter, sccTick the step. The clocks of time-based tokens begin in the year
// 2000. The signature of a record is made with a key that only SafeWord's server
// has a use for: fob cannot verify it, and says so.
package safeword

import (
	"bytes"
	"io"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "safeword"

// Format declares the family.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "records of SafeWord and eToken PASS (.dat, LDIF); clocks begin in 2000",
		Example: []string{
			"# ===== SafeWord Authenticator Records $Version: 100$ =====",
			"dn: sccAuthenticatorId=F9000001",
			"objectclass: sccCompatibleToken",
			"sccAuthenticatorId: F9000001",
			"sccTokenType: eToken-PASS-ES",
			"sccTokenData: sccKey=3132333435363738393031323334353637383930;sccMode=E;sccSeq=0001",
			"sccSignature: MC0CFQ==",
		},
		Encoding: seedfile.Hex,
		Defaults: token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 6, T0: seedfile.Epoch2000},
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldType).With(seedfile.FieldHash).
			With(seedfile.FieldDigits).With(seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "HOTP; TOTP since 2000-01-01", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "oathtool, for the codes",
			Samples: []string{"safeword/event.dat", "safeword/time.dat"},
		},
		Sniff: sniff,
		Open: func(r io.Reader, _ seedfile.Options) (seedfile.Reader, error) {
			return &reader{in: newLines(r)}, nil
		},
	}
}

// sniff wants a line with a token's serial or data.
func sniff(s seedfile.Sample) seedfile.Match {
	text, _ := rows.UTF8(bytes.NewReader(s.Data))
	in := newLines(text)
	in.anyVersion = true
	for {
		l, err := in.next()
		if err != nil {
			return seedfile.Match{}
		}
		for _, name := range []string{authenticatorID, tokenData} {
			if is(l.name, name) {
				return seedfile.Match{Fits: true, Why: "LDIF with a line " + name}
			}
		}
	}
}

// reader reads one file.
type reader struct {
	in      *lines
	ahead   *line // read and not yet used
	records int
	signed  bool // the first record has a signature
	tally   tally
	latch   seedfile.Latch
}

// Next gives the next token. Entries of other kinds, which the export of a server
// has, are passed over.
func (r *reader) Next() (seedfile.Record, error) { return r.latch.Next(r.next) }

func (r *reader) next() (seedfile.Record, error) {
	for {
		e, err := r.entry()
		switch {
		case err != nil:
			return seedfile.Record{}, r.end(err)
		case e.isToken():
			r.records++
			return r.record(e), nil
		default:
			r.tally.others++
		}
	}
}

func (r *reader) end(err error) error {
	if err == io.EOF && r.records == 0 {
		return fault.Errorf(fault.Refused, "the file holds no token: no entry has a line %s", authenticatorID).
			WithHint("is it the right file, and was it exported whole? Else ask the supplier for it again")
	}
	return err
}

// Notes are the remarks on the file.
func (r *reader) Notes() []fault.Text { return append(r.in.notes(), r.tally.notes()...) }

var _ seedfile.Reader = (*reader)(nil)
