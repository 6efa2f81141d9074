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
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
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
		Encoding:  seedfile.Hex,
		Defaults:  token.Params{Type: token.HOTP, Hash: token.SHA1, Digits: 6, T0: seedfile.Epoch2000},
		Defaulted: seedfile.SetOf(seedfile.FieldType, seedfile.FieldHash, seedfile.FieldDigits, seedfile.FieldT0),
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

// The attributes that matter, whose case does not (RFC 4512 section 2.5).
const (
	authenticatorID = "sccAuthenticatorId"
	tokenType       = "sccTokenType"
	tokenData       = "sccTokenData"
	signature       = "sccSignature"
)

func is(name, known string) bool { return strings.EqualFold(name, known) }

// reader reads one file.
type reader struct {
	in      *lines
	ahead   *line // read and not yet used
	records int
	signed  bool // the first record has a signature
	latch   seedfile.Latch

	// what the operator should know of
	tally struct{ signed, timed, doubtful, others, ignored int }
}

// Next returns the next token. Entries of other kinds, which the export of a server
// has, are passed over.
func (r *reader) Next() (seedfile.Record, error) { return r.latch.Next(r.next) }

func (r *reader) next() (seedfile.Record, error) {
	for {
		e, err := r.entry()
		switch {
		case err == io.EOF && r.records == 0:
			return seedfile.Record{}, fault.Errorf(fault.Refused, "the file holds no token: no entry has a line %s", authenticatorID).
				WithHint("is it the right file, and was it exported whole? Else ask the supplier for it again")
		case err != nil:
			return seedfile.Record{}, err
		case e.values[authenticatorID] != nil || e.values[tokenData] != nil:
			r.records++
			return r.record(e), nil
		}
		r.tally.others++
	}
}

// entry is one entry of LDIF.
type entry struct {
	n      int // the line where it begins
	dn     string
	values map[string][]byte // of the attributes that matter
	twice  string            // one that stands twice; empty: none
	coded  string            // one that is not written as plain text; empty: none
	open   bool              // the file ends in it, with neither a signature nor a blank line
}

// entry reads up to a blank line, a signature, or the beginning of the next entry.
func (r *reader) entry() (e *entry, err error) {
	for {
		var l line
		if r.ahead != nil {
			l, r.ahead = *r.ahead, nil
		} else if l, err = r.in.next(); err == io.EOF && e != nil {
			e.open = true
			return e, nil
		}
		switch {
		case err != nil:
			return nil, err
		case l.blank && e != nil:
			return e, nil
		case e != nil && is(l.name, "dn"):
			r.ahead = &l
			return e, nil
		case e == nil && (l.blank || is(l.name, "version")): // of LDIF
			continue
		case e == nil:
			e = &entry{n: l.n, values: map[string][]byte{}}
		}
		if r.add(e, l) == signature {
			return e, nil
		}
	}
}

// add takes a line into an entry and returns which of the attributes that matter it
// is.
func (r *reader) add(e *entry, l line) string {
	for _, known := range []string{authenticatorID, tokenType, tokenData, signature} {
		if !is(l.name, known) {
			continue
		}
		switch {
		case e.values[known] != nil:
			e.twice = known
		case l.coded:
			e.coded = known
		}
		e.values[known] = append([]byte{}, l.value...)
		clear(l.value)
		return known
	}
	switch {
	case is(l.name, "dn") && !l.coded:
		e.dn = string(l.value)
	case is(l.name, "dn"), is(l.name, "objectclass"):
	default:
		r.tally.ignored++
	}
	return ""
}

// Notes are the remarks on the file.
func (r *reader) Notes() []fault.Text {
	notes := seedfile.Notes(r.in.chars.Notes()...)
	if r.in.unended {
		notes = append(notes, fault.Textf(table.NoteUnended))
	}
	return append(notes, seedfile.CountedNotes(
		seedfile.Counted{N: r.tally.signed, Text: "signatures (sccSignature) were not verified, which only SafeWord's own server can: %d of them"},
		seedfile.Counted{N: r.tally.timed, Text: "clocks count from 2000-01-01, unless %[2]s says otherwise: those of %[1]d time-based tokens", Args: []any{fault.T0}},
		seedfile.Counted{N: r.tally.doubtful, Text: "an sccSeq of more than one digit may be decimal or hex, and is not taken for the counter: that of %d records"},
		seedfile.Counted{N: r.tally.others, Text: "entries that are no tokens were skipped: %d of them"},
		seedfile.Counted{N: r.tally.ignored, Text: "attributes that say nothing about codes were ignored: %d lines"},
	)...)
}
