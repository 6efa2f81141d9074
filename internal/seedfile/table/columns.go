package table

import (
	"bytes"
	"strings"

	"fob/internal/rows"
	"fob/internal/seedfile"
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
	Start
	Expiry
	Made
	Other
	columnCount
)

var columnNames = [columnCount]string{
	"serial", "seed", "type", "digits", "counter or step", "hash", "counter", "step",
	"manufacturer", "model", "account", "resolver", "realm", "t0", "valid from", "expiry", "manufactured", "ignored column",
}

func (c Column) String() string { return columnNames[c] }

// key is what an operator calls a column who says where it stands.
func (c Column) key() string {
	if c == Period {
		return seedfile.FieldPeriod.String() // as the field beside it
	}
	return rows.Name([]byte(c.String()))
}

// FieldOf is the field of a token that a column holds; 0: none.
func FieldOf(c Column) seedfile.Field {
	return map[Column]seedfile.Field{Kind: seedfile.FieldType, Digits: seedfile.FieldDigits, Hash: seedfile.FieldHash,
		Counter: seedfile.FieldCounter, Moving: seedfile.FieldCounter, Period: seedfile.FieldPeriod, T0: seedfile.FieldT0}[c]
}

// Layout tells where each column stands.
type Layout = rows.Columns[Column]

// Names are the names met in headers, as rows.Name makes them: one table for every
// family.
func Names() rows.Names[Column] { return names }

var names = spelled(spellings)

var spellings = map[Column]string{
	Serial: "serial serialnumber serialno serialnr tokenserial tokenserialnumber sn serialnum seriennummer seriennr",
	Seed:   "seed key hexkey secret secretkey otpkey hexseed seedhex hexsecret secrethex tokenseed",
	Kind:   "type tokentype otptype oathtype",
	Digits: "digits otplen otplength codelength codesize otpdigits otpsize numberofdigits stellen anzahlstellen ziffern " +
		"chiffres cifre dígitos digitos cijfers",
	Moving:  "counterorstep counterstep stepcounter counterortimestep intervalorevent",
	Counter: "counter movingfactor startcounter initialcounter eventcounter zähler zaehler zählerstand compteur contador contatore",
	Period: "step steps stepseconds period periods periodsec periodseconds timestep timesteps timestepsec timestepseconds timestepinseconds " + // as in Time Step (s)
		"interval intervals intervalsec intervalseconds timeinterval timeintervals timeintervalsec timeintervalseconds timeintervalinseconds " +
		"timeperiod zeitschritt intervall zeitintervall periode période",
	T0: "t0 epoch epochstart starttime startzeit unixstart",
	Hash: "hash hashlib algorithm hashalgorithm algo hmac alg crypto cryptoalgorithm hashfunction hashalgo hashtype " +
		"hashalgorithmus hashverfahren algorithmus algorithme algoritmo hmacalgorithm digest",
	Start: "validfrom notbefore issuedate issued dateofissue startdate activationdate gültigab gültigvon ausstellungsdatum",
	Expiry: "expiry expirydate expires expireson expiration expirationdate validuntil validto validthru notafter enddate endoflife bestbefore " +
		"ablauf ablaufdatum gültigbis verfallsdatum haltbarbis dateexpiration datedexpiration fechadecaducidad caducidad scadenza datascadenza vervaldatum",
	Made:         "manufactured manufacturedate manufacturingdate manufactureddate productiondate madeon herstellungsdatum produktionsdatum",
	Manufacturer: "manufacturer vendor", Model: "model tokenmodel",
	Account: "user username upn userprincipalname account", Resolver: "resolver", Realm: "realm",
}

func spelled(all map[Column]string) rows.Names[Column] {
	names := rows.Names[Column]{}
	for c, words := range all {
		for word := range strings.FieldsSeq(words) {
			names[word] = c
		}
	}
	return names
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

// CheckTwice refuses a header that names a column a second time.
func CheckTwice(names rows.Names[Column], l Layout, header rows.Row) error {
	if col, first, second, found := names.Twice(l, header.Fields); found {
		return Refuse(header, "the header names the %s twice, in columns %d and %d", col, first, second).WithHint("name each column once")
	}
	return nil
}

// checkHeader refuses a header that cannot be followed.
func checkHeader(names rows.Names[Column], l Layout, row rows.Row) error {
	if err := CheckTwice(names, l, row); err != nil {
		return err
	}
	if l.Has(Moving) && (l.Has(Counter) || l.Has(Period)) {
		return Refuse(row, "the header names a column %s beside one for the same", Moving).WithHint("name it counter or step")
	}
	for _, c := range []Column{Serial, Seed} {
		if !l.Has(c) {
			return Refuse(row, "the header names no column for the %s", c).WithHint("give the columns their names: " + knownNames)
		}
	}
	return nil
}

// unknownHeader recognises a first row of names that are all unknown: no field
// has a digit, while every record's seed has some.
func unknownHeader(fields [][]byte) bool {
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
	const oath = "oath"
	if len(field) > len(oath) && bytes.EqualFold(field[:len(oath)], []byte(oath)) {
		field = bytes.TrimLeft(field[len(oath):], " -_")
	}
	for _, t := range []token.Type{token.TOTP, token.HOTP} {
		if strings.EqualFold(string(field), string(t)) {
			return t
		}
	}
	return ""
}

// IsType reports whether a field says hotp or totp.
func IsType(field []byte) bool { return typeOf(field) != "" }

// KnownColumns lists what a header names.
func KnownColumns(l Layout) string {
	var all []string
	for c := range l.All() {
		all = append(all, c.String())
	}
	return strings.Join(all, ", ")
}
