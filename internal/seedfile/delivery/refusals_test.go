package delivery

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"fob/internal/seedfile"
)

const (
	wrongHint = " does not open: the key or passphrase is wrong, or the file was changed or damaged (check them with the supplier (capital letters, keyboard layout, blanks at the end); if they are right, fetch the delivery again)"
	passHint  = " (give it with --passphrase-file FILE, whose first line counts; several may be given)"
	keyHint   = " (give its private half with --key-file FILE; several may be given)"
)

// TestSampleRefusals is the table of what is said of good deliveries without
// the right keys.
func TestSampleRefusals(t *testing.T) {
	receiver := subkeyID(t, "receiver.asc")
	for _, c := range []struct{ file, keys, want string }{
		{"aes256.zip", "", `8: "aes256.zip" is a ZIP archive with a password` + passHint},
		{"aes256.zip", "pass:wrong.txt", `8: "aes256.zip/seeds.csv"` + wrongHint},
		{"zipcrypto.pdf", "pass:wrong.txt", `8: "zipcrypto.pdf/seeds.csv"` + wrongHint},
		{"deflate64.zip", "", `3: "deflate64.zip/seeds.csv" is compressed by Deflate64 (9), which fob does not read (ask the supplier for a ZIP with AES-256 and Deflate, or for OpenPGP)`},
		{"lzma.zip", "", `3: "lzma.zip/seeds.csv" is compressed by LZMA (14), which fob does not read (ask the supplier for a ZIP with AES-256 and Deflate, or for OpenPGP)`},
		{"public.gpg", "", `8: "public.gpg" is an OpenPGP message for key ` + receiver + `, and that key was not given` + keyHint},
		{"public.gpg", "key:outsider.asc pass:passphrase.txt", `8: "public.gpg" is an OpenPGP message for key ` + receiver + `, and that key was not given` + keyHint},
		{"hidden.gpg", "key:outsider.asc", `8: "hidden.gpg"` + wrongHint},
		{"hidden.gpg", "", `8: "hidden.gpg" is an OpenPGP message for a key that it does not name, and that key was not given` + keyHint},
		{"locked.gpg", "key:locked.asc", `8: "locked.gpg" is an OpenPGP message for the key in "../../../testdata/deliveries/keys/locked.asc", which is protected by a passphrase` + passHint},
		{"locked.gpg", "key:locked.asc pass:wrong.txt", `8: "locked.gpg"` + wrongHint},
		{"passphrase.gpg", "key:receiver.asc", `8: "passphrase.gpg" is an OpenPGP message with a passphrase` + passHint},
		{"passphrase.gpg", "pass:wrong.txt", `8: "passphrase.gpg"` + wrongHint},
		{"x25519.age", "", `8: "x25519.age" is encrypted by age to a key` + keyHint},
		{"x25519.age", "key:receiver.asc", `8: "x25519.age" is encrypted by age to a key, and no --key-file (1 given) holds an age identity or SSH key that opens` + keyHint},
		{"x25519.age", "key:age-other.txt", `8: "x25519.age"` + wrongHint},
		{"ssh.age", "key:ssh-locked", `8: "ssh.age" is encrypted by age to the SSH key "../../../testdata/deliveries/keys/ssh-locked", which is protected by a passphrase` + passHint},
		{"x25519.age", "key:ssh-locked", `8: "x25519.age"` + wrongHint},
		{"ssh.age", "key:ssh-locked pass:wrong.txt", `8: "ssh.age"` + wrongHint},
		{"passphrase.age", "key:age.txt", `8: "passphrase.age" is encrypted by age with a passphrase` + passHint},
		{"passphrase.age", "pass:wrong.txt", `8: "passphrase.age"` + wrongHint},
		{"signed-outsider.gpg", "key:receiver.asc signer:supplier-pub.asc", `3: "signed-outsider.gpg" is signed by key ` + primaryID(t, "outsider-pub.asc") +
			`, which is not the one in "../../../testdata/deliveries/keys/supplier-pub.asc" (ask the supplier which key signs deliveries, by a way that no mail can forge)`},
		{"public.gpg", "key:receiver.asc signer:supplier-pub.asc", `3: "public.gpg" has no OpenPGP signature, and --signed-by demands one (ask the supplier for a signed delivery; without --signed-by it is read as it is)`},
		{"seeds.csv", "signer:supplier-pub.asc", `3: "seeds.csv" has no OpenPGP signature, and --signed-by demands one (ask the supplier for a signed delivery; without --signed-by it is read as it is)`},
	} {
		t.Run(c.file+" "+c.keys, func(t *testing.T) {
			_, err := openFile(t, c.file, c.keys)
			if got := describe(err); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func primaryID(t testing.TB, name string) string {
	t.Helper()
	return keyID(given(t, "signer:"+name).signers[0].PrimaryKey.KeyId)
}

func subkeyID(t testing.TB, name string) string {
	t.Helper()
	return keyID(given(t, "key:"+name).pgp[0].entity.Subkeys[0].PublicKey.KeyId)
}

// TestMadeRefusals is the table of deliveries that are bad in themselves.
func TestMadeRefusals(t *testing.T) {
	const again = " (fetch the delivery again; nothing was changed)"
	gz := gzipped(t, row)
	signed := read(t, sample("signed-only.gpg"))
	for _, c := range []struct {
		what string
		data []byte
		keys *Keys
		want string
	}{
		{"gzip cut", gz[:len(gz)-3], nil, `3: "a" was cut: the end of the gzip file is missing` + again},
		{"gzip cut in its header", gz[:5], nil, `3: "a" was cut: the end of the gzip file is missing` + again},
		{"gzip with more behind", append(bytes.Clone(gz), "behind it"...), nil, `3: "a" has something behind the end of the gzip file` + again},
		{"gzip checksum", flip(gz, len(gz)-6), nil, `3: "a" is damaged: its content does not fit the checksum of gzip` + again},
		{"gzip method", flip(gz, 2), nil, `3: "a" is damaged: gzip cannot be undone` + again},
		{"gzip of nothing", gzipped(t, ""), nil, `3: "a" holds nothing (fetch the delivery again)`},
		{"gzip bomb", gzipped(t, strings.Repeat("0", FreeSize+1)), nil, `3: "a" unpacks to more than 100 times its size, as bombs do and seeds never (ask the supplier what this is)`},
		{"OpenPGP bomb", compressedMessage(t, strings.Repeat("0", FreeSize*2)), withPass("right"), `3: "a" unpacks to more than 100 times its size, as bombs do and seeds never (ask the supplier what this is)`},
		{"OpenPGP without integrity", []byte("\xc9\x40" + strings.Repeat("\x01\xfe", 32)), withPass("right"), `3: "a" is an OpenPGP message without integrity protection: anybody could have changed the seeds in it (ask the supplier to encrypt it with a program of this century: gpg does it right unless it is told not to)`},
		{"OpenPGP without data", []byte("\x8c\x0d\x04\x09\x03\x02\xfe\xff\x01\x02\x03\x04\x05\x06\x60"), withPass("right"), `3: "a" is an OpenPGP message that was cut or damaged` + again},
		{"OpenPGP with many passphrases", bytes.Repeat([]byte("\x8c\x0d\x04\x09\x03\x02\xfe\xff\x01\x02\x03\x04\x05\x06\x60"), 9), withPass("right"), `3: "a" is an OpenPGP message with more than 8 passphrases (ask the supplier to encrypt it with one)`},
		{"OpenPGP for many", bytes.Repeat(append([]byte("\x84\x0d\x03\xfe\xff\xfe\xff\xfe\xff\xfe\xff\x01"), 0, 1, 0), 10_000), nil, `3: "a" is an OpenPGP message for too many recipients (ask the supplier to encrypt it to you alone)`},
		{"OpenPGP with 2 GiB of Argon2", argon(1, 4, 21), withPass("right"), `3: "a" demands Argon2 work of 1 passes over 2^21 KiB, the limit is 16 over 2^18 (ask the supplier for a message with 64 MiB, as RFC 9580 recommends, or encrypted to your key)`},
		{"OpenPGP with Argon2 of no lanes", argon(1, 0, 16), withPass("right"), `3: "a" demands Argon2 work of 1 passes over 2^16 KiB, the limit is 16 over 2^18 (ask the supplier for a message with 64 MiB, as RFC 9580 recommends, or encrypted to your key)`},
		{"OpenPGP armor of nothing", []byte(pgpArmor + "\n\n"), nil, `3: "a" is an OpenPGP message that was cut or damaged` + again},
		{"signed, changed", flip(signed, len(signed)/2), nil, `3: "a" is an OpenPGP message that was cut or damaged` + again},
		{"signed, cut", signed[:len(signed)-20], nil, `3: "a" is an OpenPGP message that was cut or damaged` + again},
		{"age of another version", []byte("age-encryption.org/v9\n-> X25519 a\n"), nil, `3: "a" is an age file of a version that fob does not know (ask for version 1, which age writes)`},
		{"age cut", []byte("age-encryption.org/v1\n-> X2"), nil, `3: "a" is an age file whose header was cut or damaged` + again},
		{"age with much work", []byte("age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA 30\nAA\n--- AA\n"), withPass("right"), `3: "a" demands scrypt work of 2^30, the limit is 2^20 (ask for a file made with age -p, which takes 2^18)`},
		{"age without work", []byte("age-encryption.org/v1\n-> scrypt AAAAAAAAAAAAAAAAAAAAAA x\nAA\n--- AA\n"), withPass("right"), `3: "a" is an age file whose header was cut or damaged` + again},
		{"a directory cut off", read(t, sample("plain.zip"))[:100], nil, `3: "a" is a ZIP archive that was cut or damaged: its directory cannot be read` + again},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := open(t, memory{"a", c.data}, c.keys)
			if got := describe(err); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	_, err := io.WriteString(z, text)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 0x40
	return b
}

// argon is the envelope of a passphrase that is hashed by Argon2, version 6.
func argon(passes, lanes, memory byte) []byte {
	s2k := append(append([]byte{4}, bytes.Repeat([]byte{0xAA}, 16)...), passes, lanes, memory)
	body := append([]byte{6, byte(3 + len(s2k) + 15), 9, 2, byte(len(s2k))}, s2k...)
	body = append(body, bytes.Repeat([]byte{0xBB}, 15+32+16)...)
	return append([]byte{0xC3, byte(len(body))}, body...)
}

// compressedMessage is encrypted with the passphrase "right".
func compressedMessage(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	config := &packet.Config{DefaultCompressionAlgo: packet.CompressionZLIB}
	w, err := openpgp.SymmetricallyEncrypt(&out, []byte("right"), nil, config)
	if err == nil {
		_, err = io.WriteString(w, text)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestGzipMembers takes several gzip members for one file, as RFC 1952 says.
func TestGzipMembers(t *testing.T) {
	d, err := open(t, memory{"a.gz", append(gzipped(t, row), gzipped(t, row)...)}, nil)
	if err != nil || content(t, d.Members[0].Source) != row+row {
		t.Error(describe(err))
	}
}

// TestLastByte changes every byte of encrypted deliveries, the last above all:
// nothing of them is handed out, and the error is always the one.
func TestLastByte(t *testing.T) {
	for name, data := range map[string][]byte{
		"OpenPGP": compressedMessage(t, row),
		"age":     sealedByAge(t, row, "right"),
		"ZIP":     makeZip(t, zipEntry{name: "x.csv", text: row, pass: "right"}),
	} {
		spools := 0
		o := opener(t, withPass("right"))
		inner := o.Spool
		o.Spool = func(r io.Reader, name string) (Spooled, error) {
			s, err := inner(r, name)
			if err == nil {
				spools++
			}
			return s, err
		}
		d, err := o.Open(context.Background(), memory{"a", data})
		if err != nil {
			t.Fatal(name, describe(err))
		}
		_ = d.Close()
		for at := range data {
			d, err := o.Open(context.Background(), memory{"a", flip(data, at)})
			if err == nil && recognise(flip(data, at)) != nil && (name != "ZIP" || content(t, d.Members[0].Source) != row) { // nothing guards a ZIP's dates
				t.Errorf("%s, byte %d of %d: the change was not seen", name, at, len(data))
			}
			if err == nil {
				_ = d.Close()
			}
		}
		// Of the last bytes, the MAC's, it is said in one way.
		last := len(data) - 1
		if name == "ZIP" {
			last = bytes.Index(data, []byte("PK\x07\x08")) - 1
			if last < 0 {
				last = bytes.Index(data, []byte("PK\x01\x02")) - 1
			}
		}
		spools = 0
		_, err = o.Open(context.Background(), memory{"a", flip(data, last)})
		if !strings.HasPrefix(describe(err), "8: ") || !strings.HasSuffix(describe(err), wrongHint) {
			t.Errorf("%s: %s", name, describe(err))
		}
		if spools > 1 || name != "ZIP" && spools > 0 { // an archive not on disk is spooled as it is
			t.Errorf("%s: %d spools were made of what does not verify", name, spools)
		}
	}
}

// TestCut cuts encrypted and compressed deliveries everywhere.
func TestCut(t *testing.T) {
	for name, words := range map[string]string{
		"public.gpg": "key:receiver.asc", "public.asc": "key:receiver.asc", "signed.gpg": "key:receiver.asc",
		"signed-only.gpg": "", "x25519.age": "key:age.txt", "armored.age": "key:age.txt", "seeds.csv.gz": "",
	} {
		data, keys := read(t, sample(name)), given(t, words)
		end := len(bytes.TrimRight(data, "\n"))
		for n := 64; n < end; n++ {
			d, err := opener(t, keys).Open(context.Background(), memory{name, data[:n]})
			if err != nil {
				continue
			}
			// Of armor the last line may be missing: what it held was complete.
			if recognise(data[:n]) != nil && content(t, d.Members[0].Source) != string(read(t, sample("seeds.csv"))) {
				t.Errorf("%s, cut at %d of %d: nobody saw it", name, n, len(data))
			}
			_ = d.Close()
		}
	}
}

// TestSignatureChanged signs, changes the text, and demands the signature.
func TestSignatureChanged(t *testing.T) {
	data := read(t, sample("signed-only.gpg"))
	bad := 0
	for at := range data {
		keys := given(t, "signer:supplier-pub.asc")
		d, err := opener(t, keys).Open(context.Background(), memory{"a", flip(data, at)})
		if err != nil {
			bad++
			continue
		}
		if got := content(t, d.Members[0].Source); got != string(read(t, sample("seeds.csv"))) {
			t.Errorf("byte %d: other text under a good signature: %q", at, got)
		}
		_ = d.Close()
	}
	if bad < len(data)*9/10 {
		t.Errorf("only %d of %d changes were refused", bad, len(data))
	}
}

// TestFileChanges returns the error of the disk as it is, whatever reads.
func TestFileChanges(t *testing.T) {
	for _, name := range []string{"aes256.zip", "passphrase.gpg", "passphrase.age", "seeds.csv.gz"} {
		src := broken{memory{name, read(t, sample(name))}, 250}
		_, err := open(t, src, given(t, "pass:passphrase.txt"))
		if got := describe(err); !strings.HasPrefix(got, "1: reading ") || !strings.Contains(got, "the disk broke") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// broken fails after some bytes.
type broken struct {
	memory
	after int64
}

func (b broken) Open() (io.ReadCloser, error) {
	return io.NopCloser(io.MultiReader(io.LimitReader(bytes.NewReader(b.data), b.after), failing{})), nil
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errDisk }

var errDisk = diskError{}

type diskError struct{}

func (diskError) Error() string { return "the disk broke" }

var _ seedfile.Source = broken{}
