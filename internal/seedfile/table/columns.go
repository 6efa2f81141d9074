package table

import (
	"bytes"

	"fob/internal/rows"
	"fob/internal/token"
)

// Column is what a column of a seed file may hold, whatever its family.
type Column int

// The columns. Other is one that a family has and fob has no use for.
const (
	Serial Column = iota
	Seed
	Kind
	Digits
	Moving // the counter of HOTP, the step of TOTP
	Hash
	Counter // a header can tell the two apart
	Period
	Manufacturer
	Model
	Account
	Resolver
	Realm
	T0
	Other
	columnCount
)

var columnNames = [columnCount]string{
	"serial", "seed", "type", "digits", "counter or step", "hash", "counter", "step",
	"manufacturer", "model", "account", "resolver", "realm", "t0", "ignored column",
}

func (c Column) String() string { return columnNames[c] }

// Layout tells where each column stands.
type Layout = rows.Columns[Column]

// Names are the names met in headers, as rows.Name gives them.
func Names() rows.Names[Column] { return names }

var names = rows.Names[Column]{
	"serial": Serial, "serialnumber": Serial, "serialno": Serial, "serialnr": Serial, "tokenserial": Serial, "seriennummer": Serial,
	"tokenserialnumber": Serial, "sn": Serial, "serialnum": Serial, "seriennr": Serial,
	"hexkey": Seed, "key": Seed, "seed": Seed, "secret": Seed, "secretkey": Seed, "otpkey": Seed,
	"hexseed": Seed, "seedhex": Seed, "hexsecret": Seed, "secrethex": Seed, "tokenseed": Seed,
	"type": Kind, "tokentype": Kind, "otptype": Kind, "oathtype": Kind,
	"digits": Digits, "otplen": Digits, "otplength": Digits, "codelength": Digits,
	"codesize": Digits, "otpdigits": Digits, "otpsize": Digits, "numberofdigits": Digits, "stellen": Digits, "anzahlstellen": Digits,
	"ziffern": Digits, "chiffres": Digits, "cifre": Digits, "dígitos": Digits, "digitos": Digits, "cijfers": Digits,
	"counterorstep": Moving, "counterstep": Moving, "stepcounter": Moving, "counterortimestep": Moving, "intervalorevent": Moving,
	"counter": Counter, "movingfactor": Counter, "startcounter": Counter, "initialcounter": Counter, "eventcounter": Counter,
	"zähler": Counter, "zaehler": Counter, "zählerstand": Counter, "compteur": Counter, "contador": Counter, "contatore": Counter,
	"step": Period, "period": Period, "timestep": Period, "interval": Period, "timeinterval": Period, "timeintervalinseconds": Period,
	"steps": Period, "stepseconds": Period, "periods": Period, "periodsec": Period, "periodseconds": Period,
	"timesteps": Period, "timestepsec": Period, "timestepseconds": Period, "timestepinseconds": Period, // as in Time Step (s)
	"intervals": Period, "intervalsec": Period, "intervalseconds": Period, "timeintervals": Period, "timeintervalsec": Period, "timeintervalseconds": Period,
	"timeperiod": Period, "zeitschritt": Period, "intervall": Period, "zeitintervall": Period, "periode": Period, "période": Period,
	"t0": T0, "epoch": T0, "epochstart": T0, "starttime": T0, "startzeit": T0, "unixstart": T0,
	"hash": Hash, "hashlib": Hash, "algorithm": Hash, "hashalgorithm": Hash, "algo": Hash, "hmac": Hash, "alg": Hash,
	"crypto": Hash, "cryptoalgorithm": Hash, "hashfunction": Hash, "hashalgo": Hash, "hashtype": Hash, "hashalgorithmus": Hash,
	"hashverfahren": Hash, "algorithmus": Hash, "algorithme": Hash, "algoritmo": Hash, "hmacalgorithm": Hash, "digest": Hash,
	"manufacturer": Manufacturer, "vendor": Manufacturer,
	"model": Model, "tokenmodel": Model,
	"user": Account, "username": Account, "upn": Account, "account": Account,
	"resolver": Resolver, "realm": Realm,
}

// Order is the layout of a file without a header.
func Order(order ...Column) Layout { return rows.InOrder(order...) }

// knownNames is one name for each column, for messages.
const knownNames = "serial, hexkey, type, digits, counter, step, hash"

// Header makes the layout of a row of column names. Two names are enough to
// tell it from a record.
func Header(names rows.Names[Column], fields [][]byte) (l Layout, is bool) {
	l = names.Of(fields)
	return l, l.Known >= 2
}

// checkHeader refuses a header that cannot be followed.
func checkHeader(names rows.Names[Column], l Layout, row rows.Row) error {
	if err := CheckTwice(names, l, row); err != nil {
		return err
	}
	if l.Has(Moving) && (l.Has(Counter) || l.Has(Period)) {
		return Refuse(row, "name it counter or step", "the header names a column %s beside one for the same", Moving)
	}
	for _, c := range []Column{Serial, Seed} {
		if !l.Has(c) {
			return Refuse(row, "give the columns their names: "+knownNames, "the header names no column for the %s", c)
		}
	}
	return nil
}

// strangeHeader recognises a first row of names that are all unknown: no field
// has a digit, while every record's seed has some.
func strangeHeader(fields [][]byte) bool {
	if len(fields) < 2 {
		return false
	}
	for _, field := range fields {
		if bytes.ContainsAny(field, "0123456789") || IsType(field) {
			return false
		}
	}
	return true
}

// typeOf reads hotp or totp in any case, also as OATH-TOTP; empty: neither.
func typeOf(field []byte) token.Type {
	if len(field) > len(oathPrefix) && bytes.EqualFold(field[:len(oathPrefix)], []byte(oathPrefix)) {
		field = bytes.TrimLeft(field[len(oathPrefix):], " -_")
	}
	for _, t := range []token.Type{token.TOTP, token.HOTP} {
		if bytes.EqualFold(field, []byte(t)) {
			return t
		}
	}
	return ""
}

const oathPrefix = "oath"

// IsType reports whether a field says hotp or totp.
func IsType(field []byte) bool { return typeOf(field) != "" }

// HasType reports whether a field behind serial and seed says hotp or totp.
func HasType(fields [][]byte) bool { return len(fields) > 2 && IsType(fields[2]) }

// KnownColumns lists what a header names.
func KnownColumns(l Layout) string {
	var text []byte
	for c := range columnCount {
		if l.Has(c) {
			text = append(append(text, ", "...), c.String()...)
		}
	}
	return string(bytes.TrimPrefix(text, []byte(", ")))
}
