package oathcsv

import (
	"bytes"

	"fob/internal/rows"
	"fob/internal/seedfile/table"
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

// layout tells where each column stands.
type layout = rows.Columns[column]

// inOrder is the layout of a file without a header.
func inOrder() layout { return rows.InOrder(serial, seed, kind, digits, moving, hash) }

// headers are the names met in headers, as rows.Name gives them.
var headers = rows.Names[column]{
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
// tell it from a record.
func header(fields [][]byte) (l layout, is bool) {
	l = headers.Of(fields)
	return l, l.Known >= 2
}

// check refuses a header that cannot be followed.
func check(l layout, row rows.Row) error {
	if err := table.CheckTwice(headers, l, row); err != nil {
		return err
	}
	if l.Has(moving) && (l.Has(counter) || l.Has(period)) {
		return table.Refuse(row.Line, "name it counter or step", "the header names a column %s beside one for the same", moving)
	}
	for _, c := range []column{serial, seed} {
		if !l.Has(c) {
			return table.Refuse(row.Line, "give the columns their names: "+knownNames, "the header names no column for the %s", c)
		}
	}
	return nil
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
