// Package otpauth reads the family otpauth: lists of links as authenticator apps
// take them from QR codes and export them, one a line,
//
//	otpauth://totp/ISSUER:SERIAL?secret=BASE32&issuer=ISSUER&algorithm=SHA1&digits=6&period=30
//
// The account in a link's label is the serial. The issuer is whose login the code
// is for, and not who made the token: it is not taken over. Of what a link does not
// say the defaults of the Key URI format hold: SHA-1, 6 digits, 30 s; the counter of
// an HOTP token it must say.
//
// A link is taken apart here and by no library: the usual one reads an unknown hash
// as SHA-1, and 99 digits as any other number.
package otpauth

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

// Name is the format's name.
const Name = "otpauth"

// Format declares the family.
func Format() seedfile.Format {
	return seedfile.Format{
		Name:  Name,
		Title: "otpauth links, one a line; the account in the label is the serial",
		Example: []string{
			"otpauth://totp/2600412300001?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=6&period=30",
			"otpauth://hotp/Example:2600412300002?secret=C6DSBNMOT65HNX2LDWJVOQX36BP6OSOK&counter=0",
		},
		Encoding:  seedfile.Base32,
		Defaults:  token.Params{Hash: token.SHA1, Digits: 6, Period: 30},
		Defaulted: seedfile.FieldSet(0).With(seedfile.FieldHash).With(seedfile.FieldDigits).With(seedfile.FieldPeriod).With(seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP and HOTP", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "oathtool, for the codes",
			Samples: []string{"otpauth/links.txt"},
		},
		Sniff: sniff,
		Open: func(r io.Reader, o seedfile.Options) (seedfile.Reader, error) {
			return &reader{File: table.Open[table.Column](linesOf(r, o))}, nil
		},
	}
}

// linesOf gives whole lines: a link has commas and semicolons, and no tab.
func linesOf(r io.Reader, o seedfile.Options) *rows.Reader {
	o.Delimiter = '\t'
	return table.NewRows(r, o)
}

func sniff(s seedfile.Sample) seedfile.Match {
	t := table.Count(s, linesOf(bytes.NewReader(s.Data), s.Options), func(fields [][]byte) bool { return isLink(fields[0]) })
	if !t.Most() {
		return seedfile.Match{}
	}
	return seedfile.Match{Fits: true, Why: fmt.Sprintf("%d of the first %d lines are otpauth links", t.Met, t.Rows)}
}

// scheme is what a link begins with, in any case (RFC 3986 section 3.1).
const scheme = "otpauth://"

func isLink(line []byte) bool {
	return len(line) >= len(scheme) && bytes.EqualFold(line[:len(scheme)], []byte(scheme))
}

// reader reads one file.
type reader struct {
	table.File[table.Column]
	tally tally
}

// Next gives the token of the next link.
func (r *reader) Next() (seedfile.Record, error) {
	row, err := r.Row()
	if err != nil {
		return seedfile.Record{}, err
	}
	rec := r.File.Record(row)
	if !row.BlankFrom(1) {
		rec.Fail("the line holds a tab; one link stands in a line, and nothing else")
		return rec, nil
	}
	l, why := parse(row.Fields[0])
	rec.Serial = l.account
	if why != "" {
		rec.Fail("%s", why)
	}
	r.CheckEnd(&rec, row, mayBeCut)
	l.fill(&rec)
	if rec.Problem != nil {
		rec.Secret.Text.Clear()
		rec.Secret = seedfile.Secret{}
		return rec, nil
	}
	r.tally.count(l)
	return rec, nil
}

// Notes are the remarks on the file.
func (r *reader) Notes() []fault.Text { return append(r.File.Notes(Name), r.tally.notes()...) }

var _ seedfile.Reader = (*reader)(nil)

// tally counts what the operator should know of.
type tally struct{ issuers, contradictions, ignored, wordy int }

func (t *tally) count(l link) {
	if l.issuer != "" || l.prefix != "" {
		t.issuers++
	}
	if l.issuer != "" && l.prefix != "" && l.issuer != l.prefix {
		t.contradictions++
	}
	if l.ignored {
		t.ignored++
	}
	if !strings.ContainsAny(l.account, "0123456789") {
		t.wordy++
	}
}

func (t *tally) notes() []fault.Text {
	return seedfile.CountedNotes(
		seedfile.Counted{N: t.issuers, Text: "an issuer is not taken over, for it is not who made the token (%[2]s says that): that of %[1]d links", Args: []any{fault.Manufacturer}},
		seedfile.Counted{N: t.contradictions, Text: "the label and the issuer parameter name different issuers: in %d links"},
		seedfile.Counted{N: t.wordy, Text: "a label without any digit in it was taken for the serial: is it an account's name? that of %d links"},
		seedfile.Counted{N: t.ignored, Text: "parameters about how an app shows the account were ignored: in %d links"},
	)
}
