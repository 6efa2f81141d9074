package app_test

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/intake"
	"fob/internal/people"
	"fob/internal/rows"
	"fob/internal/seedfile"
	"fob/internal/stocktake"
	"fob/internal/token"
)

// A door is a way by which a value comes into fob. It gives back all that is said of
// the value, in errors and notes; empty: it is taken without a word.
type door struct {
	name string
	say  func(t *testing.T, value string) string
	text func([]byte) string // how the format of a seed file writes a seed
}

// Two sound values stand beside each damaged one, so that the file as a whole is one
// that is read.
const (
	soundSerial  = "2600412300001"
	soundAccount = "ann@example.test"
)

var soundSeeds = []string{"9ad3b27c39aa9b449afb1eadfc29f0ad5c1e07b2", "1a35fa3417a036e91cb1ea7cc7993ee65cf8ec2b"}

func seedBytes(i int) []byte {
	b, _ := hex.DecodeString(soundSeeds[i])
	return b
}

// rowsWith is a table whose second record has a value in place of one column.
func rowsWith(header []string, records [2][]string, at int, value string) table {
	records[1][at] = value
	x := table{header: header != nil}
	if header != nil {
		x.rows = append(x.rows, header)
	}
	x.rows = append(x.rows, records[0], records[1])
	return x
}

func entraRows(at int, value string) table {
	return rowsWith([]string{"upn", "serial number", "secret key", "time interval", "manufacturer", "model"}, [2][]string{
		{soundAccount, soundSerial, in32(seedBytes(0)), "30", "Acme", "A1"}, {"bob@example.test", "2600412300002", in32(seedBytes(1)), "30", "Acme", "A1"},
	}, at, value)
}

func oathRows(at int, value string) table {
	return rowsWith([]string{"user", "serial", "key", "type", "digits", "step"}, [2][]string{
		{soundAccount, soundSerial, soundSeeds[0], "totp", "6", "30"}, {"bob@example.test", "2600412300002", soundSeeds[1], "totp", "6", "30"},
	}, at, value)
}

func xmlText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func pskcOf(serial, seed string) []byte {
	var b strings.Builder
	b.WriteString(`<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">` + "\n")
	for i, s := range []string{soundSerial, serial} {
		text := base64.StdEncoding.EncodeToString(seedBytes(i))
		if i == 1 && seed != "" {
			text = seed
		}
		fmt.Fprintf(&b, `<KeyPackage><DeviceInfo><Manufacturer>Acme</Manufacturer><SerialNo>%s</SerialNo></DeviceInfo><Key Id="%d" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:totp"><AlgorithmParameters><ResponseFormat Encoding="DECIMAL" Length="6"/></AlgorithmParameters><Data><Secret><PlainValue>%s</PlainValue></Secret><TimeInterval><PlainValue>30</PlainValue></TimeInterval></Data></Key></KeyPackage>`+"\n", xmlText(s), i, text)
	}
	b.WriteString("</KeyContainer>\n")
	return []byte(b.String())
}

// seeds is what an inspection says of a file, wrapped or not.
func seeds(t *testing.T, data []byte, hash bool) string {
	t.Helper()
	d, err := app.Config{Random: rand.Reader}.Deliveries(app.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	members, done, err := d.Open(context.Background(), written(data))
	if err != nil {
		return err.Error()
	}
	defer done()
	said := ""
	for _, m := range members {
		req := intake.Import{Source: m.Source}
		if hash {
			req.Fill = intake.Fill{Given: seedfile.SetOf(seedfile.FieldHash), Params: token.Params{Hash: token.SHA1}}
		}
		var why string
		if req.Format, why, err = app.FindFormat(m.Source, "", req.Options); err != nil {
			return err.Error()
		}
		res, err := intake.Inspect(context.Background(), req, why, time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
		if err != nil {
			said += err.Error()
		}
		for _, r := range res.Rejects {
			said += r.Reason.String() + "\n"
		}
		for _, w := range res.Warnings {
			said += "note: " + w.String() + "\n"
		}
	}
	return said
}

// bareAndZipped are the doors of a seed file: as it is, and in an archive.
func bareAndZipped(name string, text func([]byte) string, file func(t *testing.T, value string) []byte) []door {
	return []door{
		{name, func(t *testing.T, v string) string { return seeds(t, file(t, v), true) }, text},
		{name + ", in an archive", func(t *testing.T, v string) string {
			return seeds(t, zipped(t, "a.txt", file(t, v), zip.Deflate), true)
		}, text},
	}
}

// seedTable are the doors of a seed file that is a table: as text, and as workbook.
func seedTable(name string, at int, text func([]byte) string, rowsOf func(at int, value string) table) []door {
	return append(
		bareAndZipped(name+" CSV", text, func(_ *testing.T, v string) []byte { return rowsOf(at, v).csv(",", "", "\n") }),
		bareAndZipped(name+" workbook", text, func(t *testing.T, v string) []byte { return rowsOf(at, v).workbook(t, false) })...)
}

var (
	in16 = hex.EncodeToString
	in32 = base32.StdEncoding.EncodeToString
	in64 = base64.StdEncoding.EncodeToString
)

func bulk(read func(*bytes.Reader) ([]desk.BulkRow, []string, error), header string, row func(v string) string) func(t *testing.T, v string) string {
	return func(t *testing.T, v string) string {
		all, _, err := read(bytes.NewReader([]byte(header + "\n" + row(`"`+strings.ReplaceAll(v, `"`, `""`)+`"`) + "\n")))
		if err != nil {
			return err.Error()
		}
		if all[0].Fault != nil {
			return all[0].Fault.Error()
		}
		return ""
	}
}

// bulkBook is the same list as a workbook.
func bulkBook(read func(*bytes.Reader) ([]desk.BulkRow, []string, error), header []string, at int) func(t *testing.T, v string) string {
	return func(t *testing.T, v string) string {
		row := []string{soundSerial, soundAccount, "123456"}[:len(header)]
		row[at] = v
		all, _, err := read(bytes.NewReader(table{rows: [][]string{header, row}, header: true}.workbook(t, false)))
		if err != nil {
			return err.Error()
		}
		if all[0].Fault != nil {
			return all[0].Fault.Error()
		}
		return ""
	}
}

func peopleRows(v string) table {
	return table{rows: [][]string{{"account", "name"}, {"zoe@example.test", "Zoe"}, {v, "Bob Meier"}}, header: true}
}

func peopleList(data []byte) string {
	l, err := people.ReadList("people.csv", bytes.NewReader(data), people.ListOptions{})
	if err != nil {
		return err.Error()
	}
	said := ""
	for _, f := range l.Faults {
		said += f.Reason.String()
	}
	return said
}

func uris(serial, seed string) []byte {
	one := func(serial, seed string) string {
		escaped := ""
		for _, c := range []byte(serial) {
			escaped += fmt.Sprintf("%%%02X", c)
		}
		return "otpauth://totp/Acme:" + escaped + "?secret=" + strings.TrimRight(seed, "=") + "&issuer=Acme&digits=6&period=30&algorithm=SHA1\n"
	}
	return []byte(one(soundSerial, in32(seedBytes(0))) + one(serial, cmp.Or(seed, in32(seedBytes(1)))))
}

// scanned is what is said of the second label of a stocktake.
func scanned(data []byte) string {
	s, err := stocktake.ReadScans(bytes.NewReader(data))
	if err != nil {
		return err.Error()
	}
	said := slices.DeleteFunc(s.Notes, func(n string) bool { return n == rows.NoteQuotes }) // which the door put there
	return strings.Join(said, "\n")
}

var (
	assignments = func(r *bytes.Reader) ([]desk.BulkRow, []string, error) { return desk.ReadAssignments(r) }
	bindings    = func(r *bytes.Reader) ([]desk.BulkRow, []string, error) { return desk.ReadBindings(r) }
)

// doors are all ways in, by what comes through them.
var doors = map[string][]door{
	"account": slices.Concat(seedTable("entra", 0, in32, entraRows), seedTable("oath-csv", 0, in16, oathRows), []door{
		{"people", func(_ *testing.T, v string) string { return peopleList(peopleRows(v).csv(",", "", "\n")) }, nil},
		{"people, workbook", func(t *testing.T, v string) string { return peopleList(peopleRows(v).workbook(t, false)) }, nil},
		{"assignments", bulk(assignments, "serial,account", func(v string) string { return soundSerial + "," + v }), nil},
		{"assignments, workbook", bulkBook(assignments, []string{"serial", "account"}, 1), nil},
		{"bindings", bulk(bindings, "serial,account,code1", func(v string) string { return soundSerial + "," + v + ",123456" }), nil},
		{"bindings, workbook", bulkBook(bindings, []string{"serial", "account", "code1"}, 1), nil},
	}),
	"serial": slices.Concat(seedTable("entra", 1, in32, entraRows), seedTable("oath-csv", 1, in16, oathRows),
		bareAndZipped("PSKC", in64, func(_ *testing.T, v string) []byte { return pskcOf(v, "") }),
		bareAndZipped("otpauth", in32, func(_ *testing.T, v string) []byte { return uris(v, "") }), []door{
			{"assignments", bulk(assignments, "serial,account", func(v string) string { return v + "," + soundAccount }), nil},
			{"assignments, workbook", bulkBook(assignments, []string{"serial", "account"}, 0), nil},
			{"bindings", bulk(bindings, "serial,account,code1", func(v string) string { return v + "," + soundAccount + ",123456" }), nil},
			{"bindings, workbook", bulkBook(bindings, []string{"serial", "account", "code1"}, 0), nil},
			{"stocktake", func(_ *testing.T, v string) string {
				return scanned([]byte("serial,place\n" + soundSerial + ",1\n\"" + v + "\",2\n"))
			}, nil},
			{"stocktake, lines", func(_ *testing.T, v string) string { return scanned([]byte(soundSerial + "\n" + v + "\n")) }, nil},
			{"stocktake, workbook", func(t *testing.T, v string) string {
				return scanned(table{rows: [][]string{{"serial", "place"}, {soundSerial, "1"}, {v, "2"}}, header: true}.workbook(t, false))
			}, nil},
			{"stocktake, workbook without names", func(t *testing.T, v string) string {
				return scanned(table{rows: [][]string{{soundSerial}, {v}}}.workbook(t, false))
			}, nil},
		}),
	"seed": slices.Concat(seedTable("entra", 2, in32, entraRows), seedTable("oath-csv", 2, in16, oathRows),
		bareAndZipped("PSKC", in64, func(_ *testing.T, v string) []byte { return pskcOf("2600412300002", v) }),
		bareAndZipped("otpauth", in32, func(_ *testing.T, v string) []byte { return uris("2600412300002", v) })),
	"file": slices.Concat(bareAndZipped("seed file", nil, func(_ *testing.T, v string) []byte { return []byte(v) }), []door{
		{"people", func(_ *testing.T, v string) string { return peopleList([]byte(v)) }, nil},
		{"assignments", func(_ *testing.T, v string) string { return refusal(desk.ReadAssignments(strings.NewReader(v))) }, nil},
		{"bindings", func(_ *testing.T, v string) string { return refusal(desk.ReadBindings(strings.NewReader(v))) }, nil},
		{"stocktake", func(_ *testing.T, v string) string { return scanned([]byte(v)) }, nil},
	}),
}

func refusal(_ []desk.BulkRow, _ []string, err error) string { return fmt.Sprint(err) }

// Sentences that many kinds share.
const (
	spreadsheetError = "is an error of a spreadsheet"
	aReport          = "is a line of a report"
	noSerial         = "stands for no serial"
	nobodys          = "stands for nobody"
	writeBob         = "write bob@example.test"
	byProgram        = "is what a program prints in the place of a value"
	ownSerial        = token.OwnSerial
	signs            = "letters, digits and" // what a serial may have
	notTaken         = "*"                   // whatever is said, it is not taken
	sound            = ""                    // it is taken
	unknownLabel     = "?"                   // it is counted as one, or refused as a row of several columns
)

// told is what doors say of a kind of damage in one of the places where it comes: says, or
// what at has for a door by the beginning of its name. Where a place cannot meet a kind,
// never says why.
type told struct {
	says  string
	at    map[string]string
	never string
}

func (w told) by(d door) string {
	for begins, says := range w.at {
		if strings.HasPrefix(d.name, begins) {
			return says
		}
	}
	return w.says
}

// kind is a kind of damage: values that have it, or what it makes of a seed that a format
// writes with text; and what is said of it wherever it can come.
type kind struct {
	values []string
	seedOf func(text func([]byte) string) string
	at     map[string]told
}

// places is the entry of a kind in every place; one that is left out fails the test.
func places(account, serial, seed, file told) map[string]told {
	return map[string]told{"account": account, "serial": serial, "seed": seed, "file": file}
}

var (
	aFile      = told{never: "a value alone is no file"}
	noSeed     = told{says: notTaken} // by its length, and by the signs of its encoding
	ofAccounts = told{says: signs, at: map[string]string{"stocktake": unknownLabel, "otpauth": notTaken}}
	ofSeeds    = told{never: "it is a way to write seeds"}
	ofFiles    = told{never: "it is a whole file"}
)

var kinds = []kind{
	{values: []string{"#N/A", "#REF!", "#BEZUG!", "#¡REF!", "#Н/Д", "Fehler:508", "Loading..."}, at: places(told{says: spreadsheetError}, told{says: spreadsheetError}, noSeed, aFile)},
	{values: []string{"########"}, at: places(told{says: spreadsheetError}, told{says: spreadsheetError, at: map[string]string{"stocktake, workbook without": unknownLabel}}, noSeed, aFile)}, // there people draw a line with it
	{values: []string{"4.7E+08", "2.6E+12", "2,6E+12"}, at: places(told{says: "was turned into a number"}, told{says: "was turned into a number"}, noSeed, aFile)},
	{values: []string{"4711.0", "2600412300002.0"}, at: places(told{says: "ends in .0"}, told{says: "ends in .0"}, noSeed, aFile)},
	{values: []string{"1,234,567", "2,600,412,300,002"}, at: places(told{says: "separators of thousands"}, told{says: "separators of thousands"}, noSeed, aFile)},
	{values: []string{"01.05.2024", "2024-05-01"}, at: places(told{says: "is a date"}, told{says: "is a date"}, noSeed, aFile)},
	{values: []string{"TRUE", "FALSE"}, at: places(told{says: "of a yes or a no"}, told{says: noSerial}, noSeed, aFile)},
	{values: []string{"-", "n/a", "(null)", "N/A"}, at: places(told{says: nobodys}, told{says: noSerial}, noSeed, aFile)},
	{values: []string{"0"}, at: places(told{says: "look-up of an empty cell"}, told{says: sound}, noSeed, aFile)},
	{values: []string{"Total: 5", "(5 rows affected)"}, at: places(told{says: aReport}, told{says: aReport, at: map[string]string{"otpauth": "the label names an account"}}, noSeed, aFile)},
	{values: []string{"System.Object[]", "[object Object]", "@{UserPrincipalName=bob}", "${user}", "[REDACTED]"}, at: places(told{says: byProgram}, told{says: byProgram, at: map[string]string{"otpauth": notTaken}}, noSeed, aFile)},
	{values: []string{"=A1+1"}, at: places(told{says: " a formula"}, told{says: notTaken, at: map[string]string{"stocktake": unknownLabel}}, noSeed, aFile)},
	{values: []string{"<bob@example.test>", "Bob Meier <bob@example.test>", "mailto:bob@example.test", "bob@example.test;", "'bob@example.test'", "bob@example.test (external)",
		"Bob Meier (bob@example.test)", "E-Mail: bob@example.test", "i:0#.f|membership|bob@example.test", "bob%40example.test", "bob@example,test", "bob&#64;example.test", "bob@example.test."},
		at: places(told{says: writeBob}, ofAccounts, noSeed, aFile)},
	{values: []string{"bob@example.test; cid@example.test"}, at: places(told{says: "more than one address"}, ofAccounts, noSeed, aFile)},
	{values: []string{"bob@@example.test"}, at: places(told{says: "two @ in a row"}, ofAccounts, noSeed, aFile)},
	{values: []string{"bob@"}, at: places(told{says: "ends in @"}, ofAccounts, noSeed, aFile)},
	{values: []string{"@example.test"}, at: places(told{says: "begins with @"}, ofAccounts, noSeed, aFile)},
	{values: []string{"bob@example..test", `bob@example.test\n`}, at: places(told{says: "has a damaged domain"}, ofAccounts, noSeed, aFile)},
	{values: []string{"MÃ¼ller@example.test"}, at: places(told{says: "in the wrong character set"}, ofAccounts, noSeed, aFile)},
	{values: []string{"bob&amp;co"}, at: places(told{says: "write bob&co"}, ofAccounts, noSeed, aFile)},
	{values: []string{"2600412300002"}, at: places(told{at: map[string]string{"entra": ownSerial, "oath": ownSerial}}, told{says: sound}, noSeed, aFile)},
	{values: []string{soundSerial}, at: places(told{at: map[string]string{"assign": ownSerial, "bind": ownSerial}}, told{never: "twice in a file is for TestVerdicts"}, noSeed, aFile)},
	{values: []string{"306EUO4-00960", "12E4567"}, at: places(told{says: sound}, told{says: sound}, noSeed, aFile)},
	{values: []string{"bob@example.test", "o'brien@example.test", "Bob Meier (ext.)", `CORP\bob`}, at: places(told{says: sound}, ofAccounts, noSeed, aFile)},

	{seedOf: func(text func([]byte) string) string { return text(seedBytes(1)) }, at: places(ofSeeds, ofSeeds, told{says: sound}, ofSeeds)},
	{seedOf: func(text func([]byte) string) string { return text([]byte(text(seedBytes(1)))) }, at: places(ofSeeds, ofSeeds,
		told{at: map[string]string{"PSKC": "1 of 2 seeds are base64 of base64", "oath-csv": "1 of 2 seeds are hex of hex", "entra": "1 of 2 seeds are base32 of base32", "otpauth": "1 of 2 seeds are base32 of base32"}}, ofSeeds)},
	{seedOf: func(text func([]byte) string) string { return text([]byte(soundSeeds[1])) }, at: places(ofSeeds, ofSeeds,
		told{at: map[string]string{"PSKC": "1 of 2 seeds are base64 of hex", "oath-csv": "1 of 2 seeds are hex of hex", "entra": "1 of 2 seeds are base32 of hex", "otpauth": "1 of 2 seeds are base32 of hex"}}, ofSeeds)},
	{values: []string{soundSeeds[1]}, at: places(ofSeeds, ofSeeds,
		told{at: map[string]string{"PSKC": "1 of 2 seeds look like hex", "oath-csv": sound, "entra": "this looks like hex", "otpauth": notTaken}}, ofSeeds)},
	{values: []string{in32(seedBytes(1))}, at: places(ofSeeds, ofSeeds,
		told{at: map[string]string{"PSKC": "1 of 2 seeds look like base32", "oath-csv": "this looks like base32", "entra": sound, "otpauth": sound}}, ofSeeds)},
	{values: []string{in64(seedBytes(1))}, at: places(ofSeeds, ofSeeds,
		told{at: map[string]string{"PSKC": sound, "oath-csv": "this looks like base64", "entra": notTaken, "otpauth": notTaken}}, ofSeeds)},
	{values: []string{"1234567890123450000000000000000000000000"}, at: places(ofSeeds, ofSeeds,
		told{at: map[string]string{"PSKC": notTaken, "oath-csv": "of which a spreadsheet kept 15 digits", "entra": notTaken, "otpauth": notTaken}}, ofSeeds)},

	{values: []string{`[{"account": "ann"}]`, `{"value": []}`}, at: places(ofFiles, ofFiles, ofFiles, told{says: "JSON"})},
	{values: []string{"dn: uid=ann,dc=test\nuid: ann\n"}, at: places(ofFiles, ofFiles, ofFiles, told{says: "LDIF"})},
	{values: []string{"<!DOCTYPE html><html><form>"}, at: places(ofFiles, ofFiles, ofFiles, told{says: "web page"})},
	{values: []string{"<people/>"}, at: places(ofFiles, ofFiles, ofFiles, told{says: "XML"})},
	{values: []string{"From: a@example.test\nSubject: list\n\nhello\n"}, at: places(ofFiles, ofFiles, ofFiles, told{says: "a mail"})},
	{values: []string{"BEGIN:VCARD\n"}, at: places(ofFiles, ofFiles, ofFiles, told{says: "vCard"})},
	{values: []string{"{\\rtf1"}, at: places(ofFiles, ofFiles, ofFiles, told{says: "RTF"})},
	{values: []string{"account#serial\nbob#2600412300002\n", "account|serial\nbob|2600412300002\n"}, at: places(ofFiles, ofFiles, ofFiles,
		told{says: "separates its columns by", at: map[string]string{"seed file": notTaken, "stocktake": unknownLabel, "people": notTaken}})},
	{values: []string{"account#name\nbob#Bob\n", "login|name|status\nbob|Bob|active\n"}, at: places(ofFiles, ofFiles, ofFiles,
		told{says: notTaken, at: map[string]string{"stocktake": unknownLabel, "people": "separates its columns by"}})},
}

// Each kind of damage is named at every door that can meet it, and what is sound passes.
func TestEveryDoor(t *testing.T) {
	for _, k := range kinds {
		for place, through := range doors {
			w, decided := k.at[place]
			if !decided {
				t.Errorf("%q: nobody says what it is as %s, which comes through %d doors", k.values, place, len(through))
			}
			if w.never != "" {
				continue
			}
			for _, d := range through {
				values := k.values
				if k.seedOf != nil {
					values = []string{k.seedOf(d.text)}
				}
				for _, value := range values {
					hold(t, d, place, value, w.by(d))
				}
			}
		}
	}
}

// onlyNotes reports whether nothing was refused.
func onlyNotes(said string) bool {
	for line := range strings.Lines(said) {
		if !strings.HasPrefix(line, "note: ") {
			return false
		}
	}
	return true
}

func hold(t *testing.T, d door, what, value, says string) {
	t.Helper()
	switch got := d.say(t, value); {
	case says == unknownLabel:
	case says == sound && !onlyNotes(got), says == notTaken && onlyNotes(got), says != notTaken && !strings.Contains(got, says):
		t.Errorf("%s %q through %s: %q, want %q", what, value, d.name, got, says)
	}
}

// Serials that a spreadsheet rounded only the whole file shows.
func TestEveryDoorRounded(t *testing.T) {
	rounded := entraRows(1, "12345678901234600000")
	rounded.rows[1][1] = "12345678901234500000"
	for name, data := range map[string][]byte{"CSV": rounded.csv(",", "", "\n"), "workbook, as text": rounded.workbook(t, false)} {
		if got := seeds(t, data, false); !strings.Contains(got, "only zeros behind their 15th digit") {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := scanned([]byte("12345678901234500000\n12345678901234600000\n")); !strings.Contains(got, "only zeros behind their 15th digit") {
		t.Errorf("stocktake: %q", got)
	}
	rounded.rows[1][1], rounded.rows[2][1] = "'12345678901234500000", "'12345678901234600000"
	if got := seeds(t, rounded.csv(",", "", "\n"), false); strings.Contains(got, "only zeros") {
		t.Errorf("marked as text: %q", got)
	}
}
