package export

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"fob/internal/fault"
	"fob/internal/office"
	"fob/internal/report/sheet"
)

func lockedBook(t *testing.T, r Reader, password string) []byte {
	t.Helper()
	e := anExport()
	e.TempDir, e.Password = t.TempDir(), []byte(password)
	var buf bytes.Buffer
	if _, err := WriteWorkbook(&buf, r, e); err != nil {
		t.Fatal(err)
	}
	checkEmpty(t, e.TempDir)
	return buf.Bytes()
}

// What a password protects is the workbook that would be there without one, to the
// byte, as Excel 2010 and later protect theirs.
func TestWorkbookWithAPassword(t *testing.T) {
	const password = "längeres Passwort"
	locked := lockedBook(t, stock(200), password)
	d, err := office.Open("x", bytes.NewReader(locked))
	if err != nil || d == nil || d.Cipher() != "AES-256" || !d.Verifies() || d.Unlock([]byte("another")) || !d.Unlock([]byte(password)) {
		t.Fatalf("%+v, %v", d, err)
	}
	plain, err := io.ReadAll(d.Decrypt(d.Package()))
	if err != nil || !bytes.Equal(plain, bookBytes(t, stock(200), 0)) {
		t.Errorf("%d bytes, %v", len(plain), err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(locked), excelize.Options{Password: password})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := f.GetRows("Inventory"); err != nil || len(rows) != 201 {
		t.Errorf("excelize reads %d rows, %v", len(rows), err)
	}
	if again := lockedBook(t, stock(200), password); bytes.Equal(again, locked) {
		t.Error("two files have the same keys")
	}
}

func TestPasswordThatNoOfficeTakes(t *testing.T) {
	for _, password := range []string{"", "\xff", strings.Repeat("x", 256)} {
		e := anExport()
		e.Password = []byte(password)
		if _, err := WriteWorkbook(io.Discard, stock(1), e); fault.KindOf(err) != fault.KeyTrouble {
			t.Errorf("%q: %v", password, err)
		}
	}
}

// An export with a password is read back with it: one of today, and one that fob made
// when it had excelize encrypt it, whose encryption no HMAC covers.
func TestReadBackWithAPassword(t *testing.T) {
	plain, want := exported(t, ".xlsx", list(hardTokens()...))
	old, err := excelize.Encrypt(plain, &excelize.Options{Password: "x"})
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"agile": lockedBook(t, list(hardTokens()...), "x"), "standard": old} {
		if got, err := readBack(t, ".xlsx", data); err != nil || got.Rows != want.Rows || got.SHA256 != want.SHA256 {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
		for _, password := range [][]byte{nil, []byte("y")} {
			_, err := ReadBack(bytes.NewReader(data), int64(len(data)), "x.xlsx", sheet.ReadOptions{Password: password})
			if fault.KindOf(err) != fault.KeyTrouble || fault.HintOf(err) == "" {
				t.Errorf("%s with the password %q: %v", name, password, err)
			}
		}
	}
	for _, at := range []int{600, 5000} { // the package
		changed := lockedBook(t, stock(5), "x")
		changed[at] ^= 1
		if _, err := readBack(t, ".xlsx", changed); fault.KindOf(err) != fault.Integrity {
			t.Errorf("byte %d: %v", at, err)
		}
	}
}
