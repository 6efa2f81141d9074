package detect

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/testkit"
)

// What a refusal of a table suggests is a call that reads it, and reads it right.
func TestSuggestions(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       string // in the hint
		more       string // that has to be said of columns that nobody can judge
	}{
		{"German names", "Seriennr.;Geheimnis;Art;Stellen\n00123;" + b32a + ";TOTP;6\n00124;" + b32b + ";TOTP;6\n",
			`its columns are "Seriennr.", "Geheimnis", "Art", "Stellen"; if this is what they are, say --columns serial=seriennr,seed=geheimnis,type=art,digits=stellen, and --period or --counter, which the table does not say`, ""},
		{"a column that may be the step", "S/N,Seed value,Mode,Len.,Refresh\n00123," + b32a + ",hotp,6,60\n00124," + b32b + ",hotp,6,60\n",
			"--columns serial=sn,seed=seedvalue,type=mode (add digits=len or ignore=len, and period=refresh or ignore=refresh)", ",digits=len,ignore=refresh"},
		{"records of OATH CSV below names of its maker", "Gerät,Geheimnis,Modus,Länge,Takt\n00123," + hex1 + ",hotp,6,1\n00124," + hex2 + ",hotp,6,1\n",
			"--columns serial=gerät,seed=geheimnis,type=modus (add digits=länge or ignore=länge), and --period or --counter", ",digits=länge,counter=takt"},
		{"a column that speaks of the device", "User,Token Identifier,Secret (hex),Group\nanna@x.org,00123," + hex1 + ",g00001\nbert@x.org,00124," + hex2 + ",g00002\n",
			"--columns account=user,serial=tokenidentifier,seed=secrethex, and --type", ""},
		{"entra with a hash", strings.TrimSpace(entraHead) + ",Alg\n,00123," + b32a + ",30,x,y,SHA1\n,00124," + b32b + ",30,x,y,SHA1\n",
			"--columns account=upn,serial=serialnumber,seed=secretkey,period=timeinterval,manufacturer=manufacturer,model=model,hash=alg, and --type and --digits, which the table does not say; " +
				"or --format oath-csv or --format entra reads it all the same and says where it is wrong", ""},
		{"a title above", "Delivery 4711\n\nPos;Token;Wert;Karton\n1;00123;" + b32a + ";7\n2;00124;" + b32b + ";7\n",
			"--columns serial=token,seed=wert --skip-rows 2, and", ""},
		{"one name twice", "No,Value,Value\n00123,x," + b32a + "\n00124,x," + b32b + "\n", "--columns serial=no,seed=3, and", ""},
		{"names that are numbers", "2024,2025,2026\n00123," + b32a + ",x\n00124," + b32b + ",y\n", "--columns serial=1,seed=2 --skip-rows 1, and", ""},
		{"the seed twice", "Device;Secret;Key;Note\n00123;" + b32a + ";" + hex1 + ";x\n00124;" + b32b + ";" + hex2 + ";y\n",
			"--columns serial=device,seed=secret,ignore=key, and --type", ""},
		{"no names, and no digit in the first seed", "00123," + strings.Repeat("ABCD", 8) + ",Feitian\n00124," + b32b + ",Feitian\n",
			"say --columns serial=1,seed=2, and --type", "digitless"},
		{"no names", "00123," + b32a + ",Feitian\n00124," + b32b + ",Feitian\n", "if this is what they are, say --columns serial=1,seed=2, and --type", ""},
	} {
		_, _, err := detectIn(held(c.text), seedfile.Options{})
		hint := fault.AdviceOf(err).In(testkit.Flags)
		if !strings.Contains(hint, c.want) {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, hint, c.want)
			continue
		}
		var o seedfile.Options
		_, said, _ := strings.Cut(hint, "--columns ")
		o.Columns, _, _ = strings.Cut(strings.ReplaceAll(said, ", ", " "), " ")
		if strings.Contains(hint, "ABCD") {
			t.Errorf("%s: %s", c.name, hint)
		}
		if c.more == "digitless" {
			continue // its seed is another
		}
		o.Columns += c.more
		if _, skip, is := strings.Cut(said, "--skip-rows "); is {
			o.SkipRows, _ = strconv.Atoi(strings.TrimRight(strings.Fields(skip)[0], ","))
		}
		checkSuggested(t, c.name, c.text, o)
	}
}

func checkSuggested(t *testing.T, name, text string, o seedfile.Options) {
	t.Helper()
	f, _, err := namedIn(held(text), "", o)
	if err != nil {
		t.Errorf("%s: %s: %v", name, o.Columns, err)
		return
	}
	in, err := f.Open(strings.NewReader(text), o)
	for _, want := range [][3]string{{"00123", b32a, hex1}, {"00124", b32b, hex2}} {
		var rec seedfile.Record
		if err == nil {
			rec, err = in.Next()
		}
		seed := string(rec.Secret.Text.Bytes())
		if err != nil || rec.Problem != nil || rec.Serial != want[0] || seed != want[1] && seed != want[2] {
			t.Errorf("%s: %s: %v %v %q", name, o.Columns, err, rec.Problem, rec.Serial)
			return
		}
	}
	if _, err := in.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("%s: %s: %v", name, o.Columns, err)
	}
}

// What has the mark of a format, or is XML, is no table of columns.
func TestNoTable(t *testing.T) {
	for text, want := range map[string]string{
		"<KeyContainer Version='1.0'/>":                  "--format pskc reads it all the same and says where it is wrong; else ask the supplier for it again",
		"<tokens><Token serial='1'>":                     "--format etoken-xml reads it",
		"<x><y>1</y></x>":                                "ask the supplier for OATH CSV or PSKC",
		"dear customer, the tokens are\non, their way\n": "--columns serial=1,seed=2 takes any other table",
		"a,b\nc,d\n":                                     "--columns serial=1,seed=2 takes any other table",
	} {
		_, _, err := detectIn(held(text), seedfile.Options{})
		hint := fault.AdviceOf(err).In(testkit.Flags)
		if !strings.Contains(hint, want) || strings.HasPrefix(text, "<") && strings.Contains(hint, "--columns") {
			t.Errorf("%q: %v (%s)", text, err, hint)
		}
	}
}

// Nor can anybody say that it is one.
func TestNamedNoTable(t *testing.T) {
	for text, want := range map[string]string{
		"<KeyContainer xmlns='urn:ietf:params:xml:ns:keyprov:pskc' Version='1.0'/>":  "by its content it is pskc",
		"<KeyContainer Version='1.0'/>":                                              "by its content it is pskc",
		"\ufeff<x>\n<y>1</y></x>":                                                    "is XML, which has no columns",
		"otpauth://totp/1001?secret=" + b32a + "\n":                                  "by its content it is otpauth",
		`{"serialNumber": "1001", "manufacturer": "x", "secretKey": "` + b32a + `"}`: "by its content it is graph-json",
	} {
		for name, o := range map[string]seedfile.Options{"oath-csv": {}, "": {Columns: "serial=1,seed=2"}} {
			if _, _, err := namedIn(held(text), name, o); fault.KindOf(err) != fault.Refused || !strings.Contains(err.Error(), want) || fault.HintOf(err) == "" {
				t.Errorf("%q as %q: %v", text, name, err)
			}
		}
	}
	if _, _, err := namedIn(held("<Delivery>\n1001,"+hex1+",totp\n"), "oath-csv", seedfile.Options{SkipRows: 1}); err != nil {
		t.Error(err)
	}
}
