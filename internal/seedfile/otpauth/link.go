package otpauth

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fob/internal/seedfile"
	"fob/internal/seedfile/table"
	"fob/internal/token"
)

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
	if why = l.readLabel(label); why != "" {
		return l, why
	}
	var err error
	if l.kind, err = token.ParseType(string(kind)); err != nil {
		return l, fmt.Sprintf("the link is for %s; fob keeps hotp and totp tokens", seedfile.Shown(string(kind)))
	}
	if bytes.IndexByte(text, '#') >= 0 {
		return l, "the link has a #, and nothing behind it counts: is it damaged?"
	}
	return l, l.readQuery(query)
}

// readLabel reads issuer and account, between which a colon stands.
func (l *link) readLabel(label []byte) string {
	decoded, why := decode(label)
	if why != "" {
		return "the label has " + why
	}
	prefix, account, both := strings.Cut(string(decoded), ":")
	if !both {
		prefix, account = "", prefix
	}
	l.prefix, l.account = strings.TrimSpace(prefix), strings.TrimSpace(account)
	return ""
}

func (l *link) readQuery(query []byte) string {
	l.params = map[string][]byte{}
	for part := range bytes.SplitSeq(query, []byte("&")) {
		if len(part) == 0 {
			continue
		}
		name, value, _ := bytes.Cut(part, []byte("="))
		if why := l.readParameter(string(name), value); why != "" {
			return why
		}
	}
	return ""
}

func (l *link) readParameter(name string, value []byte) string {
	if slices.Contains(looks, name) {
		l.ignored = true
		return ""
	}
	if !slices.Contains(known, name) {
		if lower := strings.ToLower(name); slices.Contains(known, lower) {
			return fmt.Sprintf("the parameter %s ought to be written %s", name, lower)
		}
		return fmt.Sprintf("the parameter %s is not known, and may change what the codes are", seedfile.Shown(name))
	}
	if _, again := l.params[name]; again {
		return fmt.Sprintf("the parameter %s stands twice in the link", name)
	}
	if name == "issuer" {
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

// decode undoes percent-encoding (RFC 3986 section 2.1), and tells what no part of
// a link may hold.
func decode(text []byte) ([]byte, string) {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			out = append(out, text[i])
			continue
		}
		if i+2 >= len(text) || hexDigit(text[i+1]) > 15 || hexDigit(text[i+2]) > 15 {
			return nil, "a percent sign without two hex digits behind it"
		}
		out = append(out, hexDigit(text[i+1])<<4|hexDigit(text[i+2]))
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

// hexDigit is the value of a digit; above 15 for what is none.
func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 16
}

// fill makes of a link what a record holds.
func (l link) fill(rec *seedfile.Record) {
	if rec.Problem != nil {
		return
	}
	rec.Params.Type = l.kind
	rec.Given = rec.Given.With(seedfile.FieldType)
	switch _, err := token.ParseSerial(l.account); {
	case l.account == "":
		rec.Fail("the label has no account, which is to be the serial")
	case isAccount(l.account):
		rec.Serial = "" // what it is the message says
		rec.Fail("the label names an account (%s), where the link of a hardware token has its serial: in a copy of the file, "+
			"write the serial from the back of the device in its place; for an app on a phone `fob virtual ACCOUNT` makes a key of its own", shownAccount(l.account))
	case err != nil:
		rec.Fail("the account in the label is to be the serial: %v", err)
	}
	l.readSecret(rec)
	l.number(rec, "digits", token.MinDigits, token.MaxDigits, seedfile.FieldDigits, func(n int64) { rec.Params.Digits = int(n) })
	l.number(rec, "period", 1, token.MaxPeriod, seedfile.FieldPeriod, func(n int64) { rec.Params.Period = int(n) })
	l.number(rec, "counter", 0, token.MaxCounter, seedfile.FieldCounter, func(n int64) { rec.Counter = n })
	if text, given := l.params["algorithm"]; given {
		h, err := token.ParseHash(string(text))
		if err != nil {
			rec.Fail("the algorithm is %s; SHA1, SHA256 and SHA512 are known", seedfile.Shown(string(text)))
			return
		}
		rec.Params.Hash = h
		rec.Given = rec.Given.With(seedfile.FieldHash)
	}
}

// isAccount tells of a label that can be a person's and no serial: an address, or
// several words.
func isAccount(label string) bool { return strings.ContainsAny(label, "@ ") }

func shownAccount(label string) string {
	if seedfile.LooksLikeSeed(label) || len(label) > maxAccount {
		return "not shown"
	}
	return label
}

// maxAccount is how long an account may be that messages repeat.
const maxAccount = 64

func (l link) readSecret(rec *seedfile.Record) {
	text, given := l.params["secret"]
	if !given {
		rec.Fail("the link has no secret")
		return
	}
	defer clear(text)
	seed, err := seedfile.DecodeText(text, seedfile.Base32)
	switch {
	case seedfile.LooksLikeHex(text):
		// Some of it may be base32 as well, and would make a seed that is wrong.
		seed.Clear()
		rec.Fail("the secret looks like hex; in a link it is base32")
	case err != nil:
		rec.Fail("%v", err)
	default:
		rec.Secret = seedfile.Secret{Encoding: seedfile.Raw, Text: seed}
	}
}

func (l link) number(rec *seedfile.Record, name string, least, most int64, field seedfile.Field, set func(int64)) {
	text, given := l.params[name]
	if !given {
		return
	}
	if n, ok := table.ReadNumber(rec, "parameter "+name, text, least, most); ok {
		set(n)
		rec.Given = rec.Given.With(field)
	}
}

// mayBeCut compares a last line without an end with the line before: whether it
// lacks a parameter, or its last one is shorter.
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
