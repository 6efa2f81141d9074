package entra

import (
	"fmt"
	"strings"

	"fob/internal/rows"
	"fob/internal/seedfile/table"
)

// column is what a column of the file holds.
type column int

const (
	upn column = iota
	serial
	secret
	interval
	manufacturer
	model
	// Columns of other formats, which this one must not ignore: it has one
	// answer for each of them, and the file may have another.
	kind
	digits
	hash
	counter
	t0
	columnCount
)

var columnNames = [columnCount]string{
	"UPN", "serial number", "secret key", "time interval", "manufacturer", "model",
	"type", "number of digits", "hash", "counter", "T0",
}

func (c column) String() string { return columnNames[c] }

// headers are the names met in headers, as rows.Name gives them: those of
// Microsoft's CSV, of its Graph API, and near relations.
var headers = withForeign(rows.Names[column]{
	"upn": upn, "userprincipalname": upn,
	"serialnumber": serial, "serial": serial, "serialno": serial, "tokenserial": serial, "tokenserialnumber": serial,
	"secretkey": secret, "secret": secret, "key": secret, "seed": secret,
	"timeinterval": interval, "interval": interval, "timeintervalinseconds": interval, "timestep": interval, "period": interval,
	"manufacturer": manufacturer, "vendor": manufacturer,
	"model": model, "tokenmodel": model,
	"type": kind, "tokentype": kind, "otptype": kind,
	"digits": digits, "otplen": digits, "otplength": digits, "codelength": digits,
	"hash": hash, "hashfunction": hash, "hashalgorithm": hash, "algorithm": hash,
	"counter": counter, "movingfactor": counter,
})

// withForeign adds what other tables call the columns that this one does not have.
func withForeign(names rows.Names[column]) rows.Names[column] {
	foreign := map[table.Column]column{table.Kind: kind, table.Digits: digits, table.Hash: hash, table.Counter: counter,
		table.Moving: counter, table.Period: interval, table.T0: t0}
	for name, c := range table.Names() {
		if to, is := foreign[c]; is && names[name] == 0 {
			names[name] = to // upn, which is 0, has no name that is foreign
		}
	}
	return names
}

// knownNames is one name for each column, for messages.
const knownNames = "upn (may be missing), serial number, secret key, time interval, manufacturer, model"

// otherwise is what to do about a column that this format does not have.
func otherwise(header rows.Row, more string) string {
	s := table.SuggestNames(header)
	s.Columns += more
	return "if every token is TOTP with 6 digits and SHA-1, remove it from a copy of the file; else say " + s.Flags()
}

const nameThem = "the first row must name the columns: " + knownNames

// isHeader: two names are enough to tell a header from a record.
func isHeader(c rows.Columns[column]) bool { return c.Known >= 2 }

// check refuses a header that cannot be followed.
func check(c rows.Columns[column], row rows.Row) error {
	if !isHeader(c) {
		return table.Refuse(row, nameThem, "the row is no header, and %s begins with one", Name)
	}
	if err := table.CheckTwice(headers, c, row); err != nil {
		return err
	}
	if lacks := missing(c); lacks != "" {
		return table.Refuse(row, nameThem, "the header names no column for the %s", lacks)
	}
	if too := foreign(c); too != "" {
		return table.Refuse(row, otherwise(row, ""), "the header names a column for the %s, which %s does not have", too, Name)
	}
	return nil
}

// missing lists the columns that a header has to name and does not.
func missing(c rows.Columns[column]) string {
	return list(serial, model, func(col column) bool { return !c.Has(col) })
}

// foreign lists the columns that belong to other formats, where they stand and what
// they are called.
func foreign(c rows.Columns[column]) string {
	var all []string
	for col := kind; col <= t0; col++ {
		if at := c.At(col); at > 0 {
			all = append(all, fmt.Sprintf("%s (column %d, %q)", col, at, c.Name(at)))
		}
	}
	return strings.Join(all, ", ")
}

func list(first, last column, in func(column) bool) string {
	var names []string
	for col := first; col <= last; col++ {
		if in(col) {
			names = append(names, col.String())
		}
	}
	return strings.Join(names, ", ")
}
