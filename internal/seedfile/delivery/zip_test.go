package delivery

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

const row = "2600900000099,3132333435363738393031323334353637383930,totp,6,30\n"

// withPass are Keys with one passphrase.
func withPass(pass ...string) *Keys {
	k := &Keys{}
	for _, p := range pass {
		k.passphrases = append(k.passphrases, []byte(p))
	}
	return k
}

// TestZipRefusals is the table of archives that are refused, word for word.
func TestZipRefusals(t *testing.T) {
	const (
		again   = " (fetch the delivery again; nothing was changed)"
		wrong   = " does not open: the key or passphrase is wrong, or the file was changed or damaged (check them with the supplier (capital letters, keyboard layout, blanks at the end); if they are right, fetch the delivery again)"
		noName  = " (no program that packs files makes such a name; ask the supplier what this is)"
		another = " (ask the supplier for a ZIP with AES-256 and Deflate, or for OpenPGP)"
	)
	zeros := strings.Repeat("0", FreeSize+1)
	many := make([]zipEntry, MaxMembers+1)
	for i := range many {
		many[i] = zipEntry{name: fmt.Sprint(i), text: row}
	}
	for _, c := range []struct {
		what    string
		entries []zipEntry
		want    string
	}{
		{"no entry", nil, `3: "a.zip" is a ZIP archive without a file in it` + again},
		{"only folders", []zipEntry{{name: "box/"}, {name: `box\`}}, `3: "a.zip" is a ZIP archive without a file in it` + again},
		{"only litter", []zipEntry{{name: "__MACOSX/._x", text: "x"}, {name: "Thumbs.db", text: "x"}}, `3: "a.zip" is a ZIP archive without a file in it` + again},
		{"leads out", []zipEntry{{name: "ok", text: row}, {name: "../x.csv", text: row}}, `3: "a.zip", entry 2: its name "../x.csv" leads out of the archive` + noName},
		{"leads out backwards", []zipEntry{{name: `box\..\..\x.csv`, text: row}}, `3: "a.zip", entry 1: its name "box\\..\\..\\x.csv" leads out of the archive` + noName},
		{"controls", []zipEntry{{name: "a\x1b[2Jb", text: row}}, `3: "a.zip", entry 1: its name "a\x1b[2Jb" has control characters` + noName},
		{"NUL", []zipEntry{{name: "seeds.csv\x00.pdf", text: row}}, `3: "a.zip", entry 1: its name "seeds.csv\x00.pdf" has control characters` + noName},
		{"direction", []zipEntry{{name: "a\u202egpj.csv", text: row}}, `3: "a.zip", entry 1: its name "a\u202egpj.csv" has control characters` + noName},
		{"no name", []zipEntry{{name: "./", text: ""}, {name: "C:", text: row}}, `3: "a.zip", entry 1: it has no name` + noName},
		{"long name", []zipEntry{{name: strings.Repeat("n", 1025), text: row}}, `3: "a.zip", entry 1: its name has 1025 bytes, the limit is 1024` + noName},
		{"twice", []zipEntry{{name: "x.csv", text: row}, {name: "/x.csv", text: row}}, `3: "a.zip", entry 2: a second file called "x.csv" (programs differ in which of the two they take: ask the supplier for a new archive)`},
		{"link", []zipEntry{{name: "x.csv", text: "/etc/passwd", mode: 0o120777}}, `3: "a.zip/x.csv" is a symbolic link (ask the supplier for an archive of files)`},
		{"device", []zipEntry{{name: "x.csv", text: "x", mode: 0o020666}}, `3: "a.zip/x.csv" is a device or pipe (ask the supplier for an archive of files)`},
		{"many", many, `3: "a.zip" brings more than 100 files (name the seed files: unpack those that are, and import them)`},
		{"strong", []zipEntry{{name: "x.csv", text: row, flags: flagStrong | flagEncrypted}}, `3: "a.zip/x.csv" is encrypted by PKWARE's Strong Encryption, which fob does not read` + another},
		{"masked", []zipEntry{{name: "x.csv", text: row, flags: flagMasked}}, `3: "a.zip/x.csv" is encrypted by PKWARE's Strong Encryption, which fob does not read` + another},
		{"patch", []zipEntry{{name: "x.csv", text: row, flags: flagPatch}}, `3: "a.zip/x.csv" is a patch to a file, not a file` + another},
		{"Zstandard", []zipEntry{{name: "x.csv", text: row, method: 93}}, `3: "a.zip/x.csv" is compressed by Zstandard (93), which fob does not read` + another},
		{"unknown method", []zipEntry{{name: "x.csv", text: row, method: 777}}, `3: "a.zip/x.csv" is compressed by an unknown method (777), which fob does not read` + another},
		{"AES without its field", []zipEntry{{name: "x.csv", text: row, method: methodAES, flags: flagEncrypted}}, `3: "a.zip/x.csv" says that it is encrypted by AES, and not how (the archive is damaged, or made by a program that WinZip does not follow: ask the supplier)`},
		{"too short", []zipEntry{{name: "x.csv", text: row, size: 10}}, `3: "a.zip/x.csv" has another size than the archive says` + again},
		{"too long", []zipEntry{{name: "x.csv", text: row, size: 1 << 40}}, `3: "a.zip/x.csv" has another size than the archive says` + again},
		{"too long, packed", []zipEntry{{name: "x.csv", text: row, method: zip.Deflate, size: 1000}}, `3: "a.zip/x.csv" has another size than the archive says` + again},
		{"more behind the end", []zipEntry{{name: "x.csv", text: row, method: zip.Deflate, mangle: more}}, `3: "a.zip/x.csv" has another size than the archive says` + again},
		{"checksum", []zipEntry{{name: "x.csv", text: row, crc: 1}}, `3: "a.zip/x.csv" is damaged: its content does not fit its checksum` + again},
		{"cut inside", []zipEntry{{name: "x.csv", text: row, method: zip.Deflate, mangle: half}}, `3: "a.zip/x.csv" is damaged: it cannot be decompressed` + again},
		{"bomb", []zipEntry{{name: "x.csv", text: zeros, method: zip.Deflate}}, `3: "a.zip/x.csv" unpacks to more than 100 times its size, as bombs do and seeds never (ask the supplier what this is)`},
		{"AES bomb", []zipEntry{{name: "x.csv", text: zeros, method: zip.Deflate, pass: "right"}}, `3: "a.zip/x.csv" unpacks to more than 100 times its size, as bombs do and seeds never (ask the supplier what this is)`},
		{"AES that lies", []zipEntry{{name: "x.csv", text: row, pass: "right", size: 10}}, `3: "a.zip/x.csv" has another size than the archive says` + again},
		{"AE-1 checksum", []zipEntry{{name: "x.csv", text: row, pass: "right", version: 1, crc: 1}}, `8: "a.zip/x.csv"` + wrong},
		{"password", []zipEntry{{name: "x.csv", text: row, pass: "other"}}, `8: "a.zip/x.csv"` + wrong},
		{"MAC", []zipEntry{{name: "x.csv", text: row, pass: "right", mangle: lastBit}}, `8: "a.zip/x.csv"` + wrong},
		{"ciphertext", []zipEntry{{name: "x.csv", text: row, pass: "right", mangle: middleBit}}, `8: "a.zip/x.csv"` + wrong},
		{"second member fails", []zipEntry{{name: "good.csv", text: row, pass: "right"}, {name: "x.csv", text: row, pass: "right", mangle: lastBit}}, `8: "a.zip/x.csv"` + wrong},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := open(t, memory{"a.zip", makeZip(t, c.entries...)}, withPass("wrong", "right"))
			if got := describe(err); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func more(b []byte) []byte { return append(b, "behind"...) }
func half(b []byte) []byte { return b[:len(b)/2] }
func lastBit(b []byte) []byte {
	b[len(b)-1] ^= 1
	return b
}
func middleBit(b []byte) []byte {
	b[len(b)/2] ^= 1
	return b
}

// TestZipMembers tells how members are called and what is said of them.
func TestZipMembers(t *testing.T) {
	inner := makeZip(t, zipEntry{name: "x.csv", text: row})
	for _, c := range []struct {
		what    string
		entries []zipEntry
		want    string
	}{
		{"paths of Windows", []zipEntry{{name: `C:\seeds\box 1.csv`, text: row}}, "a.zip/box 1.csv [ZIP]"},
		{"root", []zipEntry{{name: "/srv/seeds/x.csv", text: row}}, "a.zip/x.csv [ZIP]"},
		{"one name in two folders", []zipEntry{{name: "a/x.csv", text: row}, {name: "b/x.csv", text: row}}, "a.zip/a/x.csv [ZIP]; a.zip/b/x.csv [ZIP]"},
		{"code page 437", []zipEntry{{name: "Schl\x81ssel.csv", text: row}}, "a.zip/Schlüssel.csv [ZIP]"},
		{"UTF-8", []zipEntry{{name: "Schlüssel.csv", text: row}}, "a.zip/Schlüssel.csv [ZIP]"},
		{"empty", []zipEntry{{name: "x.csv"}, {name: "y.csv", text: row}}, "a.zip/x.csv [ZIP]; a.zip/y.csv [ZIP]"},
		{"empty, encrypted", []zipEntry{{name: "x.csv", pass: "right"}}, "a.zip/x.csv [ZIP (AES-256)]"},
		{"AE-1", []zipEntry{{name: "x.csv", text: row, pass: "right", version: 1, method: zip.Deflate}}, "a.zip/x.csv [ZIP (AES-256)]"},
		{"several passwords", []zipEntry{{name: "x.csv", text: row, pass: "wrong"}, {name: "y.csv", text: row, pass: "right"}}, "a.zip/x.csv [ZIP (AES-256)]; a.zip/y.csv [ZIP (AES-256)]"},
		{"mixed", []zipEntry{{name: "x.csv", text: row, pass: "right"}, {name: "y.csv", text: row}},
			"a.zip/x.csv [ZIP (AES-256)]; a.zip/y.csv [ZIP] note: this file is not encrypted, while others in the archive are: who put it there?"},
		{"nested", []zipEntry{{name: "in.zip", text: string(inner), pass: "right"}}, "a.zip/in.zip/x.csv [ZIP (AES-256) ZIP]"},
		{"a workbook", []zipEntry{{name: "[Content_Types].xml", text: "x"}, {name: "xl/workbook.xml", text: "x"}}, "a.zip []"},
		{"OpenDocument", []zipEntry{{name: "mimetype", text: "application/vnd.oasis.opendocument.spreadsheet"}, {name: "content.xml", text: "x"}}, "a.zip []"},
	} {
		t.Run(c.what, func(t *testing.T) {
			d, err := open(t, memory{"a.zip", makeZip(t, c.entries...)}, withPass("wrong", "right"))
			if err != nil {
				t.Fatal(describe(err))
			}
			if got := listed(d); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// TestPasswordPages opens archives whose password is written in code pages.
func TestPasswordPages(t *testing.T) {
	const word = "Prüfung Ávila" // Á is not in code page 437
	for _, c := range []struct {
		page  *charmap.Charmap
		text  string
		given string
		want  string
	}{
		{nil, word, word, ""},
		{charmap.CodePage437, "Prüfung", "Prüfung", "code page 437"},
		{charmap.CodePage850, word, word, "code page 850"},
		{charmap.Windows1252, word, word, "Windows-1252"},
		{nil, word, "Pr\xfcfung \xc1vila", "UTF-8"}, // the file is in Windows-1252
		{charmap.CodePage850, word, "Pr\xfcfung \xc1vila", "code page 850"},
	} {
		pass := c.text
		if c.page != nil {
			var err error
			if pass, err = c.page.NewEncoder().String(c.text); err != nil {
				t.Fatal(err)
			}
		}
		d, err := open(t, memory{"a.zip", makeZip(t, zipEntry{name: "x.csv", text: row, pass: pass})}, withPass(c.given))
		if err != nil {
			t.Fatal(describe(err))
		}
		want := "a.zip/x.csv [ZIP (AES-256)]"
		if c.want != "" {
			want += " note: the ZIP password fits when it is written in " + c.want
		}
		if got := listed(d); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// TestZipDepth refuses archives within archives, and what they bring together.
func TestZipDepth(t *testing.T) {
	data := makeZip(t, zipEntry{name: "x.csv", text: row})
	for range MaxDepth - 1 {
		data = makeZip(t, zipEntry{name: "z", text: string(data)})
	}
	if d, err := open(t, memory{"a.zip", data}, nil); err != nil || len(d.Members) != 1 {
		t.Fatal(describe(err))
	}
	data = makeZip(t, zipEntry{name: "z", text: string(data)})
	_, err := open(t, memory{"a.zip", data}, nil)
	if want := `3: "a.zip/z/z/z/z/z" is wrapped more than 5 times (no delivery is; ask the supplier what this is)`; describe(err) != want {
		t.Errorf("got  %s\nwant %s", describe(err), want)
	}
	var half []zipEntry
	for i := range MaxMembers * 2 / 3 {
		half = append(half, zipEntry{name: fmt.Sprint(i), text: row})
	}
	two := makeZip(t, zipEntry{name: "y", text: string(makeZip(t, half...))}, zipEntry{name: "z", text: string(makeZip(t, half...))})
	_, err = open(t, memory{"a.zip", two}, nil)
	if want := `3: "a.zip/z" brings more than 100 files`; !strings.HasPrefix(describe(err), want) {
		t.Errorf("got  %s\nwant %s", describe(err), want)
	}
}

// TestZipCut cuts an archive everywhere: never a panic, never a member.
func TestZipCut(t *testing.T) {
	whole := makeZip(t, zipEntry{name: "x.csv", text: row, pass: "right", method: zip.Deflate})
	for n := range len(whole) {
		if n < 4 {
			continue // not a ZIP any more
		}
		if d, err := opener(t, withPass("right")).Open(t.Context(), memory{"a.zip", whole[:n]}); err == nil {
			t.Errorf("cut at %d: %s", n, listed(d))
			_ = d.Close()
		}
	}
}

// TestZipDirectory refuses a directory that would fill the memory.
func TestZipDirectory(t *testing.T) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := range 60_000 {
		if _, err := z.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("%06d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := open(t, memory{"a.zip", out.Bytes()}, nil)
	if want := `3: "a.zip" has a ZIP directory of more than 2 MiB (name the seed files: unpack those that are, and import them)`; describe(err) != want {
		t.Errorf("got  %s\nwant %s", describe(err), want)
	}
}
