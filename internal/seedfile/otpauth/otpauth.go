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
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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
		Defaulted: seedfile.SetOf(seedfile.FieldHash, seedfile.FieldDigits, seedfile.FieldPeriod, seedfile.FieldT0),
		Support: seedfile.Support{
			Read: "TOTP and HOTP", Found: seedfile.ByContent, Encrypted: seedfile.NotEncrypted,
			Checked: "oathtool, for the codes",
			Samples: []string{"otpauth/links.txt"},
		},
		Sniff: sniff,
		Open: func(r io.Reader, o seedfile.Options) (seedfile.Reader, error) {
			return &reader{File: table.Open(linesOf(r, o))}, nil
		},
	}
}

// linesOf makes rows of whole lines: a link has commas and semicolons, and no tab.
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

// reader reads one file. It counts what the operator should know of.
type reader struct {
	table.File
	issuers, contradictions, ignored, wordy int
}

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
	if rec.Refused() {
		return rec, nil
	}
	for counter, is := range map[*int]bool{
		&r.issuers:        l.issuer != "" || l.prefix != "",
		&r.contradictions: l.issuer != "" && l.prefix != "" && l.issuer != l.prefix,
		&r.ignored:        l.ignored,
		&r.wordy:          !strings.ContainsAny(l.account, "0123456789"),
	} {
		if is {
			*counter++
		}
	}
	return rec, nil
}

// Notes are the remarks on the file.
func (r *reader) Notes() []fault.Text {
	return append(r.File.Notes(Name), seedfile.CountedNotes(
		seedfile.Counted{N: r.issuers, Text: "an issuer is not taken over, for it is not who made the token (%[2]s says that): that of %[1]d links", Args: []any{fault.Manufacturer}},
		seedfile.Counted{N: r.contradictions, Text: "the label and the issuer parameter name different issuers: in %d links"},
		seedfile.Counted{N: r.wordy, Text: "a label without any digit in it was taken for the serial: is it an account's name? that of %d links"},
		seedfile.Counted{N: r.ignored, Text: "parameters about how an app shows the account were ignored: in %d links"},
	)...)
}

// scheme is what a link begins with, in any case (RFC 3986 section 3.1).
const scheme = "otpauth://"

func isLink(line []byte) bool {
	return len(line) >= len(scheme) && bytes.EqualFold(line[:len(scheme)], []byte(scheme))
}

// The parameters of the Key URI format, and those by which apps keep how they show
// an account.
var (
	known = []string{"secret", "issuer", "algorithm", "digits", "period", "counter"}
	looks = []string{"image", "icon", "thumbnail", "tags", "lock"}
)

// link is a link taken apart, its parts decoded.
type link struct {
	kind            token.Type
	prefix, account string // of the label
	issuer          string // of the parameters
	params          map[string][]byte
	ignored         bool // it has parameters about looks
}

// parse takes a link apart. What is wrong with it is told in words that repeat
// nothing but short names.
func parse(text []byte) (l link, why string) {
	if !isLink(text) {
		if bytes.HasPrefix(bytes.ToLower(text), []byte("otpauth-migration:")) {
			return l, "the line is an export of Google Authenticator (otpauth-migration), which fob does not read"
		}
		return l, "the line is no otpauth link"
	}
	path, query, _ := bytes.Cut(text[len(scheme):], []byte("?"))
	kind, label, _ := bytes.Cut(path, []byte("/"))
	decoded, why := decode(label)
	if why != "" {
		return l, "the label has " + why
	}
	prefix, account, both := strings.Cut(string(decoded), ":")
	if !both {
		prefix, account = "", prefix
	}
	l.prefix, l.account = strings.TrimSpace(prefix), strings.TrimSpace(account)
	var err error
	if l.kind, err = token.ParseType(string(kind)); err != nil {
		return l, fmt.Sprintf("the link is for %s; fob keeps hotp and totp tokens", seedfile.Shown(string(kind)))
	}
	if bytes.IndexByte(text, '#') >= 0 {
		return l, "the link has a #, and nothing behind it counts: is it damaged?"
	}
	l.params = map[string][]byte{}
	for part := range bytes.SplitSeq(query, []byte("&")) {
		if len(part) == 0 {
			continue
		}
		name, value, _ := bytes.Cut(part, []byte("="))
		if why := l.readParameter(string(name), value); why != "" {
			return l, why
		}
	}
	return l, ""
}

// readParameter reads one parameter. An unknown one may say what the codes are;
// names count in the case that the format has. A plus sign stands for a blank in
// an issuer, as forms write it, and is a digit of no other value.
func (l *link) readParameter(name string, value []byte) string {
	_, again := l.params[name]
	switch lower := strings.ToLower(name); {
	case slices.Contains(looks, name):
		l.ignored = true
		return ""
	case !slices.Contains(known, name) && slices.Contains(known, lower):
		return fmt.Sprintf("the parameter %s ought to be written %s", name, lower)
	case !slices.Contains(known, name):
		return fmt.Sprintf("the parameter %s is not known, and may change what the codes are", seedfile.Shown(name))
	case again:
		return fmt.Sprintf("the parameter %s stands twice in the link", name)
	case name == "issuer":
		value = bytes.ReplaceAll(value, []byte("+"), []byte(" "))
	}
	decoded, why := decode(value)
	if why != "" {
		return fmt.Sprintf("the parameter %s has %s", name, why)
	}
	l.params[name] = decoded
	if name == "issuer" {
		l.issuer = strings.TrimSpace(string(decoded))
	}
	return ""
}

// decode undoes percent encoding (RFC 3986 section 2.1), in bytes that can be
// cleared; why says what is wrong.
func decode(text []byte) (out []byte, why string) {
	out = make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			out = append(out, text[i])
			continue
		}
		var err error
		if out, err = hex.AppendDecode(out, text[i+1:min(i+3, len(text))]); err != nil || i+2 >= len(text) {
			return nil, "a percent sign without two hex digits behind it"
		}
		i += 2
	}
	if !utf8.Valid(out) {
		return nil, "something that is not UTF-8"
	}
	for _, c := range string(out) {
		if unicode.IsControl(c) || unicode.Is(unicode.Bidi_Control, c) || c == utf8.RuneError {
			return nil, "a control character"
		}
	}
	return out, ""
}

// fill puts what the link says into a record.
func (l link) fill(rec *seedfile.Record) {
	if rec.Problem != nil {
		return
	}
	rec.Params.Type = l.kind
	rec.Given = rec.Given.With(seedfile.FieldType)
	switch _, err := token.ParseSerial(l.account); {
	case l.account == "":
		rec.Fail("the label has no account, which is to be the serial")
	case strings.ContainsAny(l.account, "@ "): // a person's, as the links of software tokens have
		shown := l.account
		if seedfile.LooksLikeSeed(shown) || len(shown) > maxAccount {
			shown = "not shown"
		}
		rec.Serial = "" // what it is the message says
		rec.Fail("the label names an account (%s), where the link of a hardware token has its serial: in a copy of the file, "+
			"write the serial from the back of the device in its place; for an app on a phone %s makes a key of its own", shown, fault.Do("virtual", "ACCOUNT"))
	case err != nil:
		rec.Fail("the account in the label is to be the serial: %v", err)
	}
	if text, given := l.params["secret"]; given {
		rec.ReadSeed(text, seedfile.Base32, "the secret looks like hex; in a link it is base32")
		clear(text)
	} else {
		rec.Fail("the link has no secret")
	}
	for _, p := range []struct {
		name        string
		least, most int64
		field       seedfile.Field
		set         func(int64)
	}{
		{"digits", token.MinDigits, token.MaxDigits, seedfile.FieldDigits, func(n int64) { rec.Params.Digits = int(n) }},
		{"period", 1, token.MaxPeriod, seedfile.FieldPeriod, func(n int64) { rec.Params.Period = int(n) }},
		{"counter", 0, token.MaxCounter, seedfile.FieldCounter, func(n int64) { rec.Counter = n }},
	} {
		text, given := l.params[p.name]
		if !given {
			continue
		}
		if n, ok := table.ReadNumber(rec, "parameter "+p.name, text, p.least, p.most); ok {
			p.set(n)
			rec.Given = rec.Given.With(p.field)
		}
	}
	if text, given := l.params["algorithm"]; given {
		rec.ReadHash(text, "algorithm", "SHA1, SHA256 and SHA512")
	}
}

// maxAccount is how long a name may be that a message repeats.
const maxAccount = 64

// mayBeCut compares a last line without an end with the line before, which has what
// this one may have lost: parameters, or the end of the last one.
func mayBeCut(before, text []byte) bool {
	old, _ := parse(before)
	cut, _ := parse(text)
	for name := range old.params {
		if _, there := cut.params[name]; !there {
			return true
		}
	}
	_, query, _ := bytes.Cut(text, []byte("?"))
	name, value, _ := bytes.Cut(query[bytes.LastIndexByte(query, '&')+1:], []byte("="))
	last := old.params[string(name)]
	telling := slices.Contains([]string{"secret", "digits", "period"}, string(name)) // all are of one length
	return len(value) < len(last) && (telling || bytes.HasPrefix(last, value))
}
