package oathcsv

import (
	"bytes"
	"fmt"
	"strings"

	"fob/internal/rows"
	"fob/internal/token"
)

// column is what a column of the file holds.
type column int

const (
	serial column = iota
	seed
	kind
	digits
	moving // the counter of HOTP, the step of TOTP
	hash
	counter // a header can tell the two apart
	period
	columnCount
)

var columnNames = [columnCount]string{"serial", "seed", "type", "digits", "counter or step", "hash", "counter", "step"}

func (c column) String() string { return columnNames[c] }

// maxColumns is what a file without a header can have: LinOTP's six.
const maxColumns = 6

// layout tells where each column stands, from 0; -1: nowhere.
type layout [columnCount]int

// inOrder is the layout of a file without a header.
var inOrder = layout{serial: 0, seed: 1, kind: 2, digits: 3, moving: 4, hash: 5, counter: -1, period: -1}

// headers are the names met in headers, as rows.Name gives them.
var headers = map[string]column{
	"serial": serial, "serialnumber": serial, "serialno": serial, "serialnr": serial, "tokenserial": serial,
	"hexkey": seed, "key": seed, "seed": seed, "secret": seed, "secretkey": seed, "otpkey": seed,
	"hexseed": seed, "seedhex": seed, "hexsecret": seed, "tokenseed": seed,
	"type": kind, "tokentype": kind, "otptype": kind,
	"digits": digits, "otplen": digits, "otplength": digits, "codelength": digits,
	"counterorstep": moving, "counterstep": moving, "stepcounter": moving, "counterortimestep": moving,
	"counter": counter, "movingfactor": counter, "startcounter": counter,
	"step": period, "period": period, "timestep": period, "interval": period, "timeinterval": period,
	"hash": hash, "hashlib": hash, "algorithm": hash, "hashalgorithm": hash, "algo": hash, "hmac": hash,
}

// header makes the layout of a row of column names. Two names are enough to
// tell it from a record; unknown are the columns, from 1, whose names mean
// nothing here.
func header(fields [][]byte) (l layout, unknown []int, is bool) {
	for c := range l {
		l[c] = -1
	}
	known := 0
	for i, field := range fields {
		c, ok := headers[rows.Name(field)]
		if ok {
			known++
		} else if len(field) > 0 {
			unknown = append(unknown, i+1)
		}
		if ok && l[c] < 0 {
			l[c] = i // a second one is for check to find
		}
	}
	return l, unknown, known >= 2
}

// check refuses a header that cannot be followed.
func (l layout) check(line int, fields [][]byte) error {
	for i, field := range fields {
		if c, ok := headers[rows.Name(field)]; ok && l[c] != i {
			return refused(line, "name each column once", "the header names the %s twice, in columns %d and %d", c, l[c]+1, i+1)
		}
	}
	if l[moving] >= 0 && (l[counter] >= 0 || l[period] >= 0) {
		return refused(line, "name it counter or step", "the header names a column %s beside one for the same", moving)
	}
	for _, c := range []column{serial, seed} {
		if l[c] < 0 {
			return refused(line, "give the columns their names: "+knownNames, "the header names no column for the %s", c)
		}
	}
	return nil
}

func refused(line int, hint, format string, args ...any) error {
	return token.Errorf(token.Refused, "line %d: "+format, append([]any{line}, args...)...).WithHint("%s", hint)
}

// knownNames is one name for each column, for messages.
const knownNames = "serial, hexkey, type, digits, counter, step, hash"

// strangeHeader recognises a first row of names that are all unknown: no field
// has a digit, while every record's seed has some.
func strangeHeader(fields [][]byte) bool {
	if len(fields) < 2 {
		return false
	}
	for _, field := range fields {
		if bytes.ContainsAny(field, "0123456789") || isType(field) {
			return false
		}
	}
	return true
}

func isType(field []byte) bool {
	return bytes.EqualFold(field, []byte(token.TOTP)) || bytes.EqualFold(field, []byte(token.HOTP))
}

// ignoredNote tells of columns that are not read.
func ignoredNote(unknown []int) string {
	numbers := strings.Trim(strings.ReplaceAll(fmt.Sprint(unknown), " ", ", "), "[]")
	return fmt.Sprintf("columns ignored, because their names mean nothing to %s: %s", Name, numbers)
}
