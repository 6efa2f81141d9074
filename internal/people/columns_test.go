package people_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"fob/internal/fault"
	"fob/internal/office"
	"fob/internal/people"
)

// Both kinds of workbook that fob does not read begin alike, and are told apart.
func TestPeopleInOldWorkbooks(t *testing.T) {
	old := office.Magic + strings.Repeat("\x00", 600)
	for text, want := range map[string]string{
		old:                  "the list is an Office document of the old kind (.xls)",
		string(sealed(t)):    "the list is a workbook that a password protects",
		old[:len(old)-590]:   "the list is an Office document of the old kind (.xls)",
		"login\n\xd0\xcfx\n": "",
	} {
		_, err := people.ReadList("people.xlsx", strings.NewReader(text), people.ListOptions{})
		switch {
		case want == "" && err != nil:
			t.Error(err)
		case want != "" && (fault.KindOf(err) != fault.Refused || err.Error() != want || fault.HintOf(err) == ""):
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func sealed(t *testing.T) []byte {
	var out bytes.Buffer
	err := office.Seal(&out, 4, []byte("Test password 7 and more"), rand.NewChaCha8([32]byte{7}), func(w io.Writer) error {
		_, err := io.WriteString(w, "PK\x03\x04")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
