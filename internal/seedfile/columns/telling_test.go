package columns

import (
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/testkit"
)

// A column of which --columns says nothing must not hold what a token is.
func TestTellingColumns(t *testing.T) {
	for _, c := range []struct{ text, flag, says string }{
		{"Nr,Key,Alg\n1,K,SHA256\n", "serial=Nr,seed=Key", "add hash=3 to --columns, or ignore=3"},
		{"Nr,Key,x\n1,K,SHA256\n", "serial=Nr,seed=Key", "add hash=x to --columns, or ignore=x"},
		{"Nr,Key,x\n1,K,8\n", "serial=Nr,seed=Key", "add digits=x to --columns, or ignore=x"},
		{"Nr,Key,x\n1,K,60\n", "serial=Nr,seed=Key", "add period=x to --columns, or ignore=x"},
		{"1,K,60\n", "serial=1,seed=2", "add period=3 to --columns, or ignore=3"},
		{"Nr,Key,x\n1,K,60\n", "serial=Nr,seed=Key,ignore=x", ""},
		{"Nr,Key,x y,z,a,b\n1,K,60,8,SHA1,5\n", "serial=Nr,seed=Key", "add period=xy,digits=z,hash=a to --columns, or ignore=xy,ignore=z,ignore=a if"},
		{"Nr,Key,Alg,Digits\n1,K,SHA256,6\n", "serial=Nr,seed=Key", "add hash=3,digits=4 to --columns, or ignore=3,ignore=4"},
		// What --columns finds elsewhere no other column can be, nor one that is plainly about something else.
		{"Nr,Key,x,y\n1,K,6,8\n", "serial=Nr,seed=Key,digits=x", ""},
		{"Nr,Key,x,y\n1,K,60,8\n", "serial=Nr,seed=Key,period=x", "add digits=y to --columns"},
		{"Nr,Key,x,y\n1,K,SHA1,SHA256\n", "serial=Nr,seed=Key,hash=x", ""},
		{"Nr,Key,Box\n1,K,8\n", "serial=Nr,seed=Key", ""},
		{"Nr,Key,CARTON,Warranty\n1,K,6,60\n", "serial=Nr,seed=Key", ""},
		{"Nr,Key,Box len\n1,K,8\n", "serial=Nr,seed=Key", "add digits=boxlen"},
		{"Nr,Key,x,y\n1,K,60,SHA256\n", "serial=Nr,seed=Key,ignore=x,ignore=4", ""},
		{"Pos,Nr,Key\n5,1,K\n6,2,K\n", "serial=Nr,seed=Key", ""},
	} {
		f := Format()
		open := f.Open
		text := strings.ReplaceAll(c.text, "K", "3132333435363738393031323334353637383930")
		text = strings.ReplaceAll(text, "3132333435363738393031323334353637383930ey", "Key")
		r, err := open(strings.NewReader(text), seedfile.Options{Columns: c.flag})
		for err == nil {
			var rec seedfile.Record
			rec, err = r.Next()
			rec.Secret.Text.Clear()
		}
		if got := fault.AdviceOf(err).In(testkit.Flags); (c.says == "") != (got == "") || !strings.Contains(got, c.says) {
			t.Errorf("%q %s: %v (%s)", c.text, c.flag, err, got)
		}
	}
}
