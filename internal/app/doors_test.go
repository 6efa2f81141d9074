package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/intake"
	"fob/internal/people"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// A door is a way by which a value comes into fob. It gives back all that is said of
// the value, in errors and notes; empty: it is taken without a word.
type door struct {
	name string
	say  func(t *testing.T, value string) string
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
	in32 := func(i int) string { return base32.StdEncoding.EncodeToString(seedBytes(i)) }
	return rowsWith([]string{"upn", "serial number", "secret key", "time interval", "manufacturer", "model"}, [2][]string{
		{soundAccount, soundSerial, in32(0), "30", "Acme", "A1"}, {"bob@example.test", "2600412300002", in32(1), "30", "Acme", "A1"},
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

// seedFile are the doors of a seed file that is a table: as text, as workbook, and
// wrapped in an archive.
func seedFile(name string, at int, rowsOf func(at int, value string) table) []door {
	return []door{
		{name + " CSV", func(t *testing.T, v string) string {
			return seeds(t, rowsOf(at, v).csv(",", "", "\n"), false)
		}},
		{name + " workbook", func(t *testing.T, v string) string {
			return seeds(t, rowsOf(at, v).workbook(t, false), false)
		}},
		{name + " CSV in an archive", func(t *testing.T, v string) string {
			return seeds(t, zipped(t, "a.csv", rowsOf(at, v).csv(";", `"`, "\r\n"), zip.Deflate), false)
		}},
	}
}

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

var (
	assignments = func(r *bytes.Reader) ([]desk.BulkRow, []string, error) { return desk.ReadAssignments(r) }
	bindings    = func(r *bytes.Reader) ([]desk.BulkRow, []string, error) { return desk.ReadBindings(r) }

	accountDoors = append(append(seedFile("entra", 0, entraRows), seedFile("oath-csv", 0, oathRows)...),
		door{"people CSV", func(_ *testing.T, v string) string { return peopleList(peopleRows(v).csv(",", "", "\n")) }},
		door{"people workbook", func(t *testing.T, v string) string { return peopleList(peopleRows(v).workbook(t, false)) }},
		door{"assignments", bulk(assignments, "serial,account", func(v string) string { return soundSerial + "," + v })},
		door{"bindings", bulk(bindings, "serial,account,code1", func(v string) string { return soundSerial + "," + v + ",123456" })},
		door{"assignments, workbook", bulkBook(assignments, []string{"serial", "account"}, 1)},
		door{"bindings, workbook", bulkBook(bindings, []string{"serial", "account", "code1"}, 1)},
	)
	serialDoors = append(append(seedFile("entra", 1, entraRows), seedFile("oath-csv", 1, oathRows)...),
		door{"PSKC", func(t *testing.T, v string) string { return seeds(t, pskcOf(v, ""), false) }},
		door{"PSKC in an archive", func(t *testing.T, v string) string {
			return seeds(t, zipped(t, "a.xml", pskcOf(v, ""), zip.Deflate), false)
		}},
		door{"otpauth", func(t *testing.T, v string) string {
			uri := func(serial string, i int) string {
				escaped := ""
				for _, c := range []byte(serial) {
					escaped += fmt.Sprintf("%%%02X", c)
				}
				return "otpauth://totp/Acme:" + escaped + "?secret=" + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(seedBytes(i)) + "&issuer=Acme&digits=6&period=30&algorithm=SHA1\n"
			}
			return seeds(t, []byte(uri(soundSerial, 0)+uri(v, 1)), false)
		}},
		door{"assignments", bulk(assignments, "serial,account", func(v string) string { return v + "," + soundAccount })},
		door{"bindings", bulk(bindings, "serial,account,code1", func(v string) string { return v + "," + soundAccount + ",123456" })},
		door{"assignments, workbook", bulkBook(assignments, []string{"serial", "account"}, 0)},
		door{"bindings, workbook", bulkBook(bindings, []string{"serial", "account", "code1"}, 0)},
		door{"stocktake", func(t *testing.T, v string) string {
			s, err := app.ReadScans(strings.NewReader("serial,place\n" + soundSerial + ",1\n\"" + v + "\",2\n"))
			if err != nil {
				return err.Error()
			}
			for _, tier := range s.All[1].Reading.As {
				for _, serial := range tier {
					if string(serial) == v {
						return "" // it would be looked up as it stands
					}
				}
			}
			return "unknown label"
		}},
	)
)

// Each kind of damage is named at every door that can meet it, and what is sound passes.
func TestEveryDoor(t *testing.T) {
	for _, c := range []struct{ value, says string }{
		{"#N/A", "is an error of a spreadsheet"}, {"#REF!", "is an error of a spreadsheet"}, {"#BEZUG!", "is an error of a spreadsheet"}, {"########", "is an error of a spreadsheet"},
		{"0", "look-up of an empty cell"}, {"-", "stands for nobody"}, {"n/a", "stands for nobody"}, {"(null)", "stands for nobody"},
		{"4.7E+08", "was turned into a number by a spreadsheet"}, {"4711.0", "ends in .0"}, {"01.05.2024", "is a date"}, {"TRUE", "of a yes or a no"},
		{"Total: 5", "is a line of a report"}, {"(5 rows affected)", "is a line of a report"},
		{"<bob@example.test>", "write bob@example.test"}, {"Bob Meier <bob@example.test>", "write bob@example.test"}, {"mailto:bob@example.test", "write bob@example.test"},
		{"bob@example.test;", "write bob@example.test"}, {"'bob@example.test'", "write bob@example.test"}, {"bob@example.test; cid@example.test", "more than one address"},
		{"#¡REF!", "is an error of a spreadsheet"}, {"Fehler:508", "is an error of a spreadsheet"}, {"#Н/Д", "is an error of a spreadsheet"}, {"Loading...", "is an error of a spreadsheet"},
		{"bob@example.test (external)", "write bob@example.test"}, {"Bob Meier (bob@example.test)", "write bob@example.test"}, {"E-Mail: bob@example.test", "write bob@example.test"},
		{"i:0#.f|membership|bob@example.test", "write bob@example.test"}, {"bob%40example.test", "write bob@example.test"}, {"bob@example,test", "write bob@example.test"},
		{"bob&#64;example.test", "write bob@example.test"}, {"bob@example.test.", "write bob@example.test"}, {"1,234,567", "separators of thousands"}, {"=A1+1", " a formula"},
		{"bob@example.test", ""}, {"o'brien@example.test", ""}, {"Bob Meier (ext.)", ""}, {`CORP\bob`, ""},
	} {
		for _, d := range accountDoors {
			hold(t, d, "account", c.value, c.says)
		}
	}
	for _, c := range []struct{ value, says string }{
		{"#N/A", "is an error of a spreadsheet"}, {"2.6E+12", "was turned into a number by a spreadsheet"}, {"2,6E+12", "was turned into a number by a spreadsheet"},
		{"#¡REF!", "is an error of a spreadsheet"}, {"Err:508", "is an error of a spreadsheet"}, {"########", "is an error of a spreadsheet"}, {"TRUE", "stands for no serial"}, {"-", "stands for no serial"},
		{"Total: 5", "is a line of a report"}, {"(5 rows affected)", "is a line of a report"},
		{"2600412300002.0", "ends in .0"}, {"2,600,412,300,002", "separators of thousands"}, {"2024-05-01", "is a date"}, {"N/A", "stands for no serial"}, {"null", "stands for no serial"},
		{"2600412300002", ""}, {"306EUO4-00960", ""}, {"12E4567", ""},
	} {
		for _, d := range serialDoors {
			if d.name == "stocktake" && c.says != "" {
				c.says = "unknown label" // which is compared with what is missing
			}
			said := c.says
			if d.name == "otpauth" && said == "is a line of a report" {
				said = "the label names an account" // where nobody calls a serial so
			}
			hold(t, d, "serial", c.value, said)
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
	case says == "" && got != "" && !onlyNotes(got):
		t.Errorf("%s %q through %s: %s", what, value, d.name, got)
	case says != "" && !strings.Contains(got, says):
		t.Errorf("%s %q through %s: %q, want %q", what, value, d.name, got, says)
	}
}

// What only the whole file shows: seeds encoded twice, or otherwise than the format
// fixes, and serials that a spreadsheet rounded.
func TestEveryDoorWholeFile(t *testing.T) {
	b64, b32 := base64.StdEncoding.EncodeToString, base32.StdEncoding.EncodeToString
	for name, c := range map[string]struct {
		data []byte
		says string
	}{
		"PSKC, base64 twice":         {pskcOf("2600412300002", b64([]byte(b64(seedBytes(1))))), "1 of 2 seeds are base64 of base64"},
		"PSKC, base64 of hex":        {pskcOf("2600412300002", b64([]byte(soundSeeds[1]))), "1 of 2 seeds are base64 of hex"},
		"PSKC, base64 of base32":     {pskcOf("2600412300002", b64([]byte(b32(seedBytes(1))))), "1 of 2 seeds are base64 of base32"},
		"PSKC, hex":                  {pskcOf("2600412300002", soundSeeds[1]), "1 of 2 seeds look like hex, and pskc writes them in base64"},
		"PSKC, base32":               {pskcOf("2600412300002", b32(seedBytes(1))), "1 of 2 seeds look like base32, and pskc writes them in base64"},
		"oath-csv, hex of hex":       {oathRows(2, hex.EncodeToString([]byte(soundSeeds[1]))).csv(",", "", "\n"), "1 of 2 seeds are hex of hex"},
		"oath-csv, base32":           {oathRows(2, b32(seedBytes(1))).csv(",", "", "\n"), "this looks like base32"},
		"oath-csv, base64":           {oathRows(2, b64(seedBytes(1))).csv(",", "", "\n"), "this looks like base64"},
		"oath-csv, rounded seed":     {oathRows(2, "1234567890123450000000000000000000000000").csv(",", "", "\n"), "of which a spreadsheet kept 15 digits"},
		"oath-csv, seed is an error": {oathRows(2, "#REF!").csv(",", "", "\n"), "the seed is an error of a spreadsheet"},
		"entra, base32 of base32":    {entraRows(2, b32([]byte(b32(seedBytes(1))))).csv(",", "", "\n"), "1 of 2 seeds are base32 of base32"},
		"entra, hex":                 {entraRows(2, soundSeeds[1]).csv(",", "", "\n"), "this looks like hex"},
		"sound":                      {pskcOf("2600412300002", ""), ""},
	} {
		for _, wrap := range []bool{false, true} {
			data := c.data
			if wrap {
				data = zipped(t, "a.txt", data, zip.Deflate)
			}
			if got := seeds(t, data, true); !strings.Contains(got, c.says) || c.says == "" && got != "" {
				t.Errorf("%s (in an archive: %v): %q, want %q", name, wrap, got, c.says)
			}
		}
	}
	rounded := entraRows(1, "12345678901234600000")
	rounded.rows[1][1] = "12345678901234500000"
	for name, data := range map[string][]byte{"CSV": rounded.csv(",", "", "\n"), "workbook, as text": rounded.workbook(t, false)} {
		if got := seeds(t, data, false); !strings.Contains(got, "only zeros behind their 15th digit") {
			t.Errorf("%s: %q", name, got)
		}
	}
	rounded.rows[1][1], rounded.rows[2][1] = "'12345678901234500000", "'12345678901234600000"
	if got := seeds(t, rounded.csv(",", "", "\n"), false); strings.Contains(got, "only zeros") {
		t.Errorf("marked as text: %q", got)
	}
}

// What is no list is named where a list is wanted.
func TestEveryDoorForeign(t *testing.T) {
	for text, says := range map[string]string{
		`[{"account": "ann"}]`: "JSON", `{"value": []}`: "JSON", "dn: uid=ann,dc=test\nuid: ann\n": "LDIF", "<!DOCTYPE html><html><form>": "web page", "<people/>": "XML",
		"From: a@example.test\nSubject: list\n\nhello\n": "a mail", "BEGIN:VCARD\n": "vCard", "{\\rtf1": "RTF",
	} {
		for _, d := range []door{
			{"people", func(_ *testing.T, v string) string { return peopleList([]byte(v)) }},
			{"assignments", func(_ *testing.T, v string) string {
				_, _, err := desk.ReadAssignments(strings.NewReader(v))
				return fmt.Sprint(err)
			}},
			{"bindings", func(_ *testing.T, v string) string {
				_, _, err := desk.ReadBindings(strings.NewReader(v))
				return fmt.Sprint(err)
			}},
			{"stocktake", func(_ *testing.T, v string) string {
				_, err := app.ReadScans(strings.NewReader(v))
				return fmt.Sprint(err)
			}},
			{"seed file", func(t *testing.T, v string) string { return seeds(t, []byte(v), false) }},
		} {
			hold(t, d, "text", text, says)
		}
	}
}
