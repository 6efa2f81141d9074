package entra

import (
	"strings"
	"testing"

	"fob/internal/fault"
)

// Whatever a column is called, its values tell when the file has another hash,
// type, number of digits or T0 than this format has.
func TestTellingColumns(t *testing.T) {
	for column, says := range map[string]string{
		"Alg,SHA256": "names a column for the hash", "HMAC,sha1": "names a column for the hash", "Crypto,HmacSHA256": "names a column for the hash",
		"Hash-Algorithmus,SHA256": "names a column for the hash", "Stellen,8": "names a column for the number of digits",
		"Zähler,5": "names a column for the counter", "T0,946684800": "names a column for the T0",
		"x,SHA256": `column 7 ("x") is not read, and its values may be the hash`, "Art,HOTP": "may be the type",
		"x,8": "may be the digits", "x,946684800": "may be the t0",
		"x,hello": "", "x,4711": "", "Due,2030-01-01": "",
	} {
		name, value, _ := strings.Cut(column, ",")
		_, notes, err := read(t, strings.NewReader(strings.TrimSpace(head)+","+name+"\n,1,"+rfc+",30,Token2,c202,"+value+"\n"))
		switch {
		case says == "" && (err != nil || !strings.Contains(strings.Join(notes, "\n"), `"`+name+`" (7)`)):
			t.Errorf("%s: %v %v", column, notes, err)
		case says != "" && (err == nil || !strings.Contains(err.Error(), says) || fault.HintOf(err) == ""):
			t.Errorf("%s: %v", column, err)
		}
	}
}
