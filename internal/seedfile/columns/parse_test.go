package columns

import (
	"slices"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/seedfile/table"
)

func TestParse(t *testing.T) {
	got, err := parse(" Serial_No = 2 ,secret=Geheimer Schlüssel,step=シード,upn=14")
	want := mapping{
		{table.Serial, 2, ""}, {table.Seed, 0, "geheimerschlüssel"}, {table.Period, 0, "シード"}, {table.Account, 14, ""},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Error(got, err)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"":                             "the format columns needs columns",
		"serial=1":                     "does not say which column is the seed",
		"seed=1,type=3":                "does not say which column is the serial",
		"serial=1,seed=2,serialno=3":   "names the serial twice",
		"serial=1,seed":                "seed= has neither a number nor a name",
		"serial=1,seed=2,":             "\"\" is nothing that a token has",
		"serial=1,seed=!":              "seed= has neither a number nor a name",
		"serial=1,seed=257":            "there is no column 257; they count from 1 to 256",
		"serial=1,seed=-1":             "there is no column -1",
		"serial=1,seed=2,resolver=a=b": "",
	} {
		_, err := parse(text)
		if (err == nil) != (says == "") || err != nil && (!strings.Contains(err.Error(), says) ||
			fault.KindOf(err) != fault.Usage || fault.HintOf(err) == "") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
