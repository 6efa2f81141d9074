package office

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/richardlehane/mscfb"
	"github.com/xuri/excelize/v2"

	"fob/internal/fault"
)

const testPassword = "Test passwörd 7 \U0001F511"

func chance() io.Reader { return rand.NewChaCha8([32]byte{7}) }

// sealed is as Seal has it; with few rounds where the test opens it often.
func sealed(t testing.TB, plain []byte, spin int) []byte {
	t.Helper()
	var out bytes.Buffer
	err := seal(&out, int64(len(plain)), []byte(testPassword), spin, chance(), func(w io.Writer) error {
		_, err := w.Write(plain)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = io.ReadFull(chance(), b)
	return b
}

// sizes are those at which a segment, a sector, and the table that the header has
// room for are full.
func sizes() []int {
	const table = inHeader * perSector * sectorSize
	return []int{1, 16, 4080, 4096, 5000, 65536, 100_001, table - 5000, table, table + 127*sectorSize*perSector + 3}
}

func TestSealedOpens(t *testing.T) {
	for _, size := range sizes() {
		plain := noise(size)
		file := sealed(t, plain, 10)
		d, err := Open("x", bytes.NewReader(file))
		if err != nil || d == nil || d.Cipher() != "AES-256" || !d.Verifies() {
			t.Fatalf("%d bytes: %+v, %v", size, d, err)
		}
		if d.Unlock([]byte("wrong")) || d.Unlock(nil) {
			t.Errorf("%d bytes: a wrong password fits", size)
		}
		if !d.Unlock([]byte(testPassword)) {
			t.Fatalf("%d bytes: the password does not fit", size)
		}
		got, err := io.ReadAll(d.Decrypt(d.Package()))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
		}
		if len(file)%sectorSize != 0 {
			t.Errorf("%d bytes: the file ends within a sector", size)
		}
	}
}

// A byte changed anywhere is found, or changes nothing that anybody reads.
func TestSealedChanged(t *testing.T) {
	plain := noise(6000)
	file := sealed(t, plain, 10)
	found := 0
	for at := 0; at < len(file); at += 37 {
		changed := bytes.Clone(file)
		changed[at] ^= 0x10
		d, err := Open("x", bytes.NewReader(changed))
		if err != nil || d == nil || !d.Unlock([]byte(testPassword)) {
			found++
			continue
		}
		pack := d.Package()
		if pack == nil {
			found++
			continue
		}
		got, err := io.ReadAll(d.Decrypt(pack))
		if err != nil {
			found++
		} else if !bytes.Equal(got, plain) {
			t.Errorf("byte %d: other bytes came out without an error", at)
		}
	}
	if found < 160 { // the package alone
		t.Errorf("only %d changes were found", found)
	}
}

func TestSealedNothingInTheClear(t *testing.T) {
	plain := bytes.Repeat([]byte("anna@example.com "), 1000)
	if file := sealed(t, plain, 10); bytes.Contains(file, []byte("anna")) || bytes.Contains(file, []byte(testPassword)) {
		t.Error("the document or its password can be read")
	}
}

func TestSealRefuses(t *testing.T) {
	for name, pass := range map[string]string{"empty": "", "no UTF-8": "\xff", "too long": strings.Repeat("x", 256), "too long in UTF-16": strings.Repeat("\U0001F511", 128)} {
		err := Seal(io.Discard, 5000, []byte(pass), chance(), func(io.Writer) error { return nil })
		if fault.KindOf(err) != fault.KeyTrouble {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := Seal(io.Discard, 5000, []byte("x"), strings.NewReader("few"), nil); err == nil {
		t.Error("keys were made of nothing")
	}
	if err := Seal(io.Discard, 5000, []byte("x"), chance(), func(io.Writer) error { return nil }); err == nil {
		t.Error("a document that is shorter than was said")
	}
	if err := Seal(io.Discard, maxPackage, []byte("x"), chance(), nil); fault.KindOf(err) != fault.Refused {
		t.Errorf("longer than a stream can be: %v", err)
	}
}

func TestSealTellsOfAFullDisk(t *testing.T) {
	full := errors.New("full")
	whole := len(sealed(t, noise(100_000), 10))
	for _, room := range []int{0, 511, 512, 70_000, whole - 1} {
		err := seal(&disk{room, full}, 100_000, []byte("x"), 10, chance(), func(w io.Writer) error {
			_, err := w.Write(noise(100_000))
			return err
		})
		if !errors.Is(err, full) {
			t.Errorf("room for %d: %v", room, err)
		}
	}
}

type disk struct {
	room int
	full error
}

func (d *disk) Write(p []byte) (int, error) {
	if d.room -= len(p); d.room < 0 {
		return 0, d.full
	}
	return len(p), nil
}

// The directory is a tree in the order of MS-CFB section 2.6.4, and who walks
// over it finds what Office writes.
func TestSealedDirectory(t *testing.T) {
	doc, err := mscfb.New(bytes.NewReader(sealed(t, noise(5000), 10)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range doc.File {
		names = append(names, strings.Join(append(f.Path, f.Name), "/"))
	}
	want := "Root Entry, DataSpaces, DataSpaces/Version, DataSpaces/DataSpaceMap, DataSpaces/DataSpaceInfo, " +
		"DataSpaces/DataSpaceInfo/StrongEncryptionDataSpace, DataSpaces/TransformInfo, DataSpaces/TransformInfo/StrongEncryptionTransform, " +
		"DataSpaces/TransformInfo/StrongEncryptionTransform/Primary, EncryptionInfo, EncryptedPackage"
	if got := strings.ReplaceAll(strings.Join(names, ", "), "\x06", ""); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	checkTree(t, directory[0].child)
	for i, e := range directory {
		if e.kind == storage {
			checkTree(t, directory[i].child)
		}
	}
}

// checkTree checks the order of siblings, that no two red ones follow each other,
// and that every way down has as many black ones.
func checkTree(t *testing.T, top uint32) {
	t.Helper()
	var before *entry
	var walk func(at uint32, red bool) int
	walk = func(at uint32, red bool) int {
		if at == nowhere {
			return 1
		}
		e := &directory[at]
		left := walk(e.left, e.red)
		if before != nil && (len(e.name) < len(before.name) || len(e.name) == len(before.name) && strings.ToUpper(e.name) <= strings.ToUpper(before.name)) {
			t.Errorf("%q stands behind %q", e.name, before.name)
		}
		before = e
		if right := walk(e.right, e.red); right != left || red && e.red {
			t.Errorf("%q: the tree is uneven", e.name)
		}
		if !e.red {
			left++
		}
		return left
	}
	walk(top, true) // the top is black
}

func TestExcelizeOpensWhatIsSealed(t *testing.T) {
	book := excelize.NewFile()
	if err := book.SetCellStr("Sheet1", "A1", "0012"); err != nil {
		t.Fatal(err)
	}
	plain, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	opened, err := excelize.OpenReader(bytes.NewReader(sealed(t, plain.Bytes(), sealSpin)), excelize.Options{Password: testPassword})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := opened.GetCellValue("Sheet1", "A1"); err != nil || got != "0012" {
		t.Errorf("%q, %v", got, err)
	}
}

// msoffcrypto-tool checks password and HMAC, and returns the same bytes.
func TestPeerOpensWhatIsSealed(t *testing.T) {
	needPeer(t, "msoffcrypto-tool", "python3-msoffcrypto-tool")
	dir := t.TempDir()
	for i, size := range sizes()[3:] { // of smaller ones it takes the filling for content
		plain := zipOf(t, noise(size))
		in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
		if err := os.WriteFile(in, sealed(t, plain, 1+sealSpin/(i+1)), 0o600); err != nil {
			t.Fatal(err)
		}
		script := `import sys, msoffcrypto
f = msoffcrypto.OfficeFile(open(sys.argv[1], "rb"))
f.load_key(password=sys.argv[3], verify_password=True)
f.decrypt(open(sys.argv[2], "wb"), verify_integrity=True)`
		if said, err := exec.CommandContext(t.Context(), "/usr/bin/python3", "-c", script, in, out, testPassword).CombinedOutput(); err != nil {
			t.Fatalf("%d bytes: %v\n%s", size, err, said)
		}
		if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %d came back, %v", size, len(got), err)
		}
	}
}

// zipOf is an archive, which alone the tool takes for a document.
func zipOf(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "x", Method: zip.Store})
	if err == nil {
		_, err = w.Write(content)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// needPeer makes sure that the comparison is made: a missing peer fails the test,
// lest it be forgotten, unless FOB_NO_PEERS=1 says that this is known.
func needPeer(t *testing.T, name, from string) {
	t.Helper()
	if _, err := exec.LookPath(name); err == nil {
		return
	}
	if os.Getenv("FOB_NO_PEERS") == "1" {
		t.Skip(name + " is missing and FOB_NO_PEERS=1: not compared")
	}
	t.Fatalf("%s is missing: apt-get install %s (or set FOB_NO_PEERS=1)", name, from)
}
