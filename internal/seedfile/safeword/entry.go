package safeword

import (
	"bytes"
	"io"
	"strings"
)

// The attributes that matter, whose case does not (RFC 4512 section 2.5).
const (
	authenticatorID = "sccAuthenticatorId"
	tokenType       = "sccTokenType"
	tokenData       = "sccTokenData"
	signature       = "sccSignature"
)

func is(name, known string) bool { return strings.EqualFold(name, known) }

// entry is one entry of LDIF.
type entry struct {
	n      int // the line where it begins
	dn     string
	values map[string][]byte // of the attributes that matter
	twice  string            // one that stands twice; empty: none
	coded  string            // one that is not written as plain text; empty: none
	open   bool              // the file ends in it, with neither a signature nor a blank line
}

func (e *entry) isToken() bool { return e.values[authenticatorID] != nil || e.values[tokenData] != nil }

// entry reads up to a blank line, a signature, or the beginning of the next entry.
func (r *reader) entry() (*entry, error) {
	var e *entry
	for {
		l, err := r.line()
		switch {
		case err == io.EOF && e != nil:
			e.open = true
			return e, nil
		case err != nil:
			return nil, err
		case l.blank && e == nil:
			continue
		case l.blank:
			return e, nil
		case is(l.name, "dn") && e != nil:
			r.ahead = &l
			return e, nil
		case e == nil && is(l.name, "version"): // of LDIF
			continue
		case e == nil:
			e = &entry{n: l.n, values: map[string][]byte{}}
		}
		if r.add(e, l) == signature {
			return e, nil
		}
	}
}

func (r *reader) line() (line, error) {
	if r.ahead != nil {
		l := *r.ahead
		r.ahead = nil
		return l, nil
	}
	return r.in.next()
}

// add takes a line into an entry and tells which of the attributes that matter it
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
		e.values[known] = append(make([]byte, 0, len(l.value)), l.value...)
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

// serialOf is the serial that an entry's name tells; empty when it tells none.
func (e *entry) serialOf() string {
	first, _, _ := strings.Cut(e.dn, ",")
	name, value, ok := strings.Cut(first, "=")
	if !ok || !is(strings.TrimSpace(name), authenticatorID) {
		return ""
	}
	return strings.TrimSpace(value)
}

// pairs takes sccTokenData apart: key=value, with a semicolon behind each.
func pairs(data []byte) [][2][]byte {
	var all [][2][]byte
	for part := range bytes.SplitSeq(data, []byte(";")) {
		if part = bytes.TrimSpace(part); len(part) == 0 {
			continue
		}
		key, value, _ := bytes.Cut(part, []byte("="))
		all = append(all, [2][]byte{bytes.TrimSpace(key), bytes.TrimSpace(value)})
	}
	return all
}
