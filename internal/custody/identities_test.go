package custody

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"filippo.io/age"
	"filippo.io/age/armor"
	"golang.org/x/crypto/ssh"

	"fob/internal/fault"
)

// protect encrypts text with a passphrase, as age -p does.
func protect(t testing.TB, text, passphrase string, logN int, armored bool) string {
	t.Helper()
	r, err := age.NewScryptRecipient(passphrase)
	must(t, err)
	r.SetWorkFactor(logN)
	var out bytes.Buffer
	var dst io.WriteCloser = nopCloser{&out}
	if armored {
		dst = armor.NewWriter(&out)
	}
	w, err := age.Encrypt(dst, r)
	must(t, err)
	_, err = io.WriteString(w, text)
	must(t, err)
	must(t, w.Close())
	must(t, dst.Close())
	return out.String()
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func inUTF16(text string, bigEndian, mark bool) string {
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	var b []byte
	for _, u := range units {
		if bigEndian {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

func TestGenerateIdentity(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))
	for _, kind := range []string{KindX25519, KindHybrid} {
		id := newTestIdentity(t, kind)
		text := string(id.FileText(at))
		for _, want := range []string{"# created: 2026-03-01T11:00:00Z\n", "# public key: " + id.Recipient().Text + "\nAGE-SECRET-KEY-"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in the file", kind, want)
			}
		}
		ids, err := ReadIdentities(writeFile(t, text), nil)
		must(t, err)
		if got := ids.Recipients(); len(got) != 1 || got[0] != id.Recipient() {
			t.Errorf("%s: recipients %v", kind, got)
		}
	}
	_, err := GenerateIdentity("rot13")
	wantError(t, err, fault.Usage, "rot13")
}

// TestHarmless: what editors and copying do to a file without harming the key.
func TestHarmless(t *testing.T) {
	id := newTestIdentity(t, KindX25519)
	text := string(id.FileText(time.Unix(0, 0)))
	sshKey := sshPair(t, KindSSHEd25519, "").private
	for name, content := range map[string]string{
		"SSH, windows":      "\ufeff" + strings.ReplaceAll(sshKey, "\n", "\r\n"),
		"windows line ends": strings.ReplaceAll(text, "\n", "\r\n"),
		"old mac line ends": strings.ReplaceAll(text, "\n", "\r"),
		"byte order mark":   "\ufeff" + text,
		"blanks":            "\n\n  \t" + strings.ReplaceAll(text, "\n", "  \n") + "\n\n",
		"no last line end":  strings.TrimSpace(text),
		"no comments":       id.held.get().text,
	} {
		if _, err := ReadIdentities(writeFile(t, content), nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMangledIdentities(t *testing.T) {
	x, pq, sshKey := nativePair(t, KindX25519), nativePair(t, KindHybrid), sshPair(t, KindSSHEd25519, "")
	pl := pluginPair(t)
	key := x.private
	wrong := key[:30] + string('Q'+'Z'-key[30]) + key[31:] // never the same letter
	for _, c := range []struct{ name, content, words string }{
		{"empty", "", "is empty"},
		{"blank", " \r\n\t", "is empty"},
		{"mark only", "\ufeff\n", "is empty"},
		{"comments only", "# created: today\n# public key: " + x.public + "\n", "comments but no identity"},
		{"public key", "# me\n" + x.public + "\n", "line 2: this is a public key"},
		{"plugin's public key", pl.public, "public key"},
		{"SSH public key", sshKey.public, "SSH public key"},
		{"UTF-16 LE", inUTF16(key, false, true), "UTF-16"},
		{"UTF-16 BE", inUTF16(key, true, true), "UTF-16"},
		{"UTF-16 LE unmarked", inUTF16(key, false, false), "UTF-16"},
		{"UTF-16 BE unmarked", inUTF16(key, true, false), "UTF-16"},
		{"cut", key[:60], "cut short"},
		{"long", key + "A", "something follows"},
		{"comment behind", key + " # mine", "something follows"},
		{"cut hybrid", pq.private[:70], "cut short"},
		{"wrong character", wrong, "character of the identity is wrong"},
		{"lower case", strings.ToLower(key), "lower or mixed case"},
		{"unknown kind", "AGE-SECRET-KEY-XX-1QQQQ", "unknown kind"},
		{"quoted", `"` + key + `"`, "something before the identity"},
		{"exported", "export KEY=" + key, "something before the identity"},
		{"damaged plugin", pl.private[:len(pl.private)-2], "plugin is damaged"},
		{"second line", key + "\n" + x.public, "line 2: this is a public key"},
		{"checkpoint key", "PRIVATE+KEY+fob+00000000+AAAA", "checkpoint key"},
		{"armor below comment", "# x\n" + armor.Header + "\n", "stand alone"},
		{"something else", "hunter2-hunter2-hunter2", "this is no identity"},
		{"database", "SQLite format 3\x00\x10\x00", "is a database"},
		{"certificate", "-----BEGIN CERTIFICATE-----\nAAAA", "is a certificate"},
		{"public PEM", "-----BEGIN PUBLIC KEY-----\nAAAA", "is a public key"},
		{"OpenPGP", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n", "OpenPGP"},
		{"PuTTY", "PuTTY-User-Key-File-3: ssh-ed25519\n", "PuTTY"},
		{"zip", "PK\x03\x04\x14\x00", "zip archive"},
		{"gzip", "\x1f\x8b\x08\x00", "gzip"},
		{"binary", "\x80\x81\x82\x83", "binary data"},
		{"huge", strings.Repeat("#", maxKeyFile+1), "more than 65536 bytes"},
		{"damaged SSH", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "damaged or of a type"},
		{"cut SSH", sshKey.private[:100], "damaged or of a type"},
		{"ECDSA", ecdsaKey(t), "damaged or of a type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ids, err := ReadIdentities(writeFile(t, c.content), nil)
			if ids != nil {
				t.Error("identities came with the error")
			}
			wantError(t, err, fault.KeyTrouble, c.words, strings.TrimPrefix(key, prefixX25519), strings.ToLower(key)[len(prefixX25519):],
				strings.TrimPrefix(pq.private, prefixHybrid), "hunter2-hunter2", sshKey.private[40:100])
		})
	}
}

func ecdsaKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	block, err := ssh.MarshalPrivateKey(key, "")
	must(t, err)
	return string(pem.EncodeToMemory(block))
}

func TestProtectedIdentities(t *testing.T) {
	key := nativePair(t, KindX25519).private
	good := protect(t, key, "correct horse", 10, false)
	armored := protect(t, key, "correct horse", 10, true)
	right := &person{secret: "correct horse"}
	for _, content := range []string{good, armored, strings.ReplaceAll(armored, "\n", "\r\n"), "\n " + armored} {
		if _, err := ReadIdentities(writeFile(t, content), right); err != nil {
			t.Error(err)
		}
	}
	toMe := encryptedTo(t, key)
	stopped := fault.Errorf(fault.Interrupted, "interrupted")
	for _, c := range []struct {
		name, content string
		asked         Prompter
		kind          fault.Kind
		words         string
	}{
		{"nobody to ask", good, nil, fault.KeyTrouble, "no terminal"},
		{"wrong passphrase", good, &person{secret: "wrong horse!"}, fault.KeyTrouble, "not the passphrase"},
		{"empty passphrase", good, &person{}, fault.KeyTrouble, "cannot be empty"},
		{"no answer", good, &person{err: errors.New("tty gone")}, fault.KeyTrouble, "tty gone"},
		{"interrupted", good, &person{err: stopped}, fault.Interrupted, "interrupted"},
		{"to a recipient", toMe, right, fault.KeyTrouble, "encrypted to a recipient"},
		{"twice", protect(t, good, "correct horse", 10, false), right, fault.KeyTrouble, "encrypted twice"},
		{"empty inside", protect(t, "", "correct horse", 10, false), right, fault.KeyTrouble, "is empty"},
		{"no identity inside", protect(t, "hunter2-hunter2", "correct horse", 10, false), right, fault.KeyTrouble, "line 1: this is no identity"},
		{"cut", good[:len(good)-1], right, fault.KeyTrouble, "authentication failed"},
		{"cut before payload", good[:len(good)-len(key)-16], right, fault.KeyTrouble, ""},
		{"cut armor", armored[:len(armored)-40], right, fault.KeyTrouble, "armor is damaged"},
		{"header only", ageMagic + "v1\n", right, fault.KeyTrouble, "header cannot be read"},
		{"bad factor", ageMagic + "v1\n-> scrypt AAAA x\n", right, fault.KeyTrouble, "header cannot be read"},
		{"heavy", ageMagic + "v1\n-> scrypt AAAA 21\n", right, fault.KeyTrouble, "scrypt work of 2^21"},
		{"bad header", ageMagic + "v1\n-> scrypt AAAA 12\n", right, fault.KeyTrouble, "authentication failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadIdentities(writeFile(t, c.content), c.asked)
			wantError(t, err, c.kind, c.words, "correct horse", "wrong horse!", key[len(prefixX25519):], "hunter2-hunter2")
		})
	}
}

func encryptedTo(t *testing.T, key string) string {
	t.Helper()
	var out bytes.Buffer
	id, err := age.ParseX25519Identity(key)
	must(t, err)
	w, err := age.Encrypt(&out, id.Recipient())
	must(t, err)
	_, err = io.WriteString(w, key)
	must(t, err)
	must(t, w.Close())
	return out.String()
}

// TestHeavyIsNotAsked: no passphrase is typed into a file that cannot open.
func TestHeavyIsNotAsked(t *testing.T) {
	p := &person{secret: "correct horse"}
	_, err := ReadIdentities(writeFile(t, ageMagic+"v1\n-> scrypt AAAA 40\n"), p)
	wantError(t, err, fault.KeyTrouble, "scrypt work")
	if len(p.prompts) > 0 {
		t.Errorf("asked %q", p.prompts)
	}
}

func TestLockedSSHKey(t *testing.T) {
	p := sshPair(t, KindSSHEd25519, "sesame-sesame")
	w, err := Wrap([]Key{testKey(5)}, []Recipient{recipient(t, p.public)}, nil)
	must(t, err)
	try := func(asked Prompter, w Wrapped) error {
		ids, err := ReadIdentities(writeFile(t, p.private), asked)
		must(t, err)
		_, err = unwrapOne(w, ids)
		return err
	}
	must(t, try(p.person, w))
	wantError(t, try(nil, w), fault.KeyTrouble, "no terminal")
	wantError(t, try(&person{secret: "wrong-wrong-wrong"}, w), fault.KeyTrouble, "an identity in", "wrong-wrong-wrong", "sesame-sesame")
	other, err := Wrap([]Key{testKey(5)}, []Recipient{recipient(t, nativePair(t, KindX25519).public)}, nil)
	must(t, err)
	quiet := &person{secret: "sesame-sesame"}
	wantError(t, try(quiet, other), fault.KeyTrouble, "does not open this store")
	if len(quiet.prompts) > 0 {
		t.Error("a passphrase was asked for in vain")
	}
}
