package table

import (
	"strings"
	"testing"

	"fob/internal/seedfile"
)

func TestReadT0(t *testing.T) {
	f := &Family{Names: Names(), Format: seedfile.Format{Name: "f", Encoding: seedfile.Hex}}
	for text, want := range map[string]int64{
		"totp,946684800": 946684800, "totp,2000-01-01": 946684800, "totp,2000-01-01T00:00:00Z": 946684800, "totp,0": 0,
		"totp,soon": -1, "hotp,946684800": -1, "hotp,": 0,
	} {
		r := f.Reader(strings.NewReader("serial,key,type,T0\n1,3132333435363738393031323334353637383930,"+text+"\n"), seedfile.Options{})
		rec, err := r.Next()
		if err != nil || (rec.Problem != nil) != (want < 0) || want >= 0 && rec.Params.T0 != want {
			t.Errorf("%s: %v %v %v", text, rec.Params, rec.Problem, err)
		}
	}
}

// A step under the name of a counter must not give way to a default.
func TestStepCalledCounter(t *testing.T) {
	f := &Family{Names: Names(), Format: seedfile.Format{Name: "f", Encoding: seedfile.Hex}}
	for text, doubt := range map[string]seedfile.Field{
		"counter\n1,K,totp,60\n": seedfile.FieldPeriod, "counter\n1,K,totp,0\n": 0, "counter\n1,K,hotp,60\n": 0, "counter,period\n1,K,totp,60,30\n": 0,
	} {
		text = strings.ReplaceAll(text, "K", "3132333435363738393031323334353637383930")
		rec, err := f.Reader(strings.NewReader("serial,key,type,"+text), seedfile.Options{}).Next()
		if err != nil || rec.Problem != nil || rec.Doubt.Field != doubt {
			t.Errorf("%q: %v %v %v", text, rec.Doubt, rec.Problem, err)
		}
	}
}
