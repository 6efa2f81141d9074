package entra

import (
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
	columnCount
)

var columnNames = [columnCount]string{
	"UPN", "serial number", "secret key", "time interval", "manufacturer", "model",
	"type", "number of digits", "hash", "counter",
}

func (c column) String() string { return columnNames[c] }

// headers are the names met in headers, as rows.Name gives them: those of
// Microsoft's CSV, of its Graph API, and near relations.
var headers = rows.Names[column]{
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
}

// knownNames is one name for each column, for messages.
const knownNames = "upn (may be missing), serial number, secret key, time interval, manufacturer, model"

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
		return table.Refuse(row, "if every token is TOTP with 6 digits, remove it from a copy of the file; else it is of another format",
			"the header names a column for the %s, which %s does not have", too, Name)
	}
	return nil
}

// missing lists the columns that a header has to name and does not.
func missing(c rows.Columns[column]) string {
	return list(serial, model, func(col column) bool { return !c.Has(col) })
}

// foreign lists the columns that belong to other formats.
func foreign(c rows.Columns[column]) string { return list(kind, counter, c.Has) }

func list(first, last column, in func(column) bool) string {
	var names []string
	for col := first; col <= last; col++ {
		if in(col) {
			names = append(names, col.String())
		}
	}
	return strings.Join(names, ", ")
}
