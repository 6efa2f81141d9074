package delivery

import (
	"fmt"
	"strings"
	"testing"

	"fob/internal/testkit"
)

// TestSamples opens what zip, 7z, gpg, age and gzip made.
func TestSamples(t *testing.T) {
	const zc = "note: the ZIP password protects by ZipCrypto, which is broken: who had the archive may have the seeds; ask the supplier for AES-256"
	for _, c := range []struct{ file, keys, want string }{
		{"seeds.csv", "", "seeds.csv []"},
		{"plain.zip", "", "plain.zip/seeds.csv [ZIP]"},
		{"zipcrypto.pdf", "pass:passphrase.txt", "zipcrypto.pdf/seeds.csv [ZIP (ZipCrypto)] " + zc},
		{"aes128.zip", "pass:wrong.txt pass:passphrase.txt", "aes128.zip/seeds.csv [ZIP (AES-128)]"},
		{"aes192.zip", "pass:passphrase.txt", "aes192.zip/seeds.csv [ZIP (AES-192)]"},
		{"aes256.zip", "pass:passphrase.txt key:age.txt", "aes256.zip/seeds.csv [ZIP (AES-256)]"},
		{"bzip2.zip", "pass:passphrase.txt", "bzip2.zip/seeds.csv [ZIP (AES-256)]"},
		{"utf8-password.zip", "pass:umlaut.txt", "utf8-password.zip/seeds.csv [ZIP (ZipCrypto)] " + zc},
		{"cp850-password.zip", "pass:umlaut.txt", "cp850-password.zip/seeds.csv [ZIP (ZipCrypto)] " + zc +
			" note: the ZIP password fits when it is written in code page 850"},
		{"public.gpg", "key:outsider.asc key:receiver.asc", "public.gpg [OpenPGP (private key)]"},
		{"public.gpg", "key:receiver.gpg", "public.gpg [OpenPGP (private key)]"},
		{"public.asc", "key:receiver.asc", "public.asc [OpenPGP (private key)]"},
		{"hidden.gpg", "key:outsider.asc key:receiver.asc", "hidden.gpg [OpenPGP (private key)]"},
		{"locked.gpg", "key:locked.asc pass:wrong.txt pass:passphrase.txt", "locked.gpg [OpenPGP (private key)]"},
		{"locked.gpg", "key:locked.asc key:outsider.asc", "locked.gpg [OpenPGP (private key)]"},
		{"passphrase.gpg", "pass:wrong.txt pass:passphrase.txt", "passphrase.gpg [OpenPGP (passphrase)]"},
		{"passphrase.asc", "pass:passphrase.txt", "passphrase.asc [OpenPGP (passphrase)]"},
		{"signed.gpg", "key:receiver.asc", "signed.gpg [OpenPGP (private key)] note: the OpenPGP message is signed, it says by key SUPPLIER, which was not checked: --signed-by KEY does"},
		{"signed.gpg", "key:receiver.asc signer:supplier-pub.asc", "signed.gpg [OpenPGP (private key, signed by SUPPLIER)]"},
		{"signed-only.gpg", "signer:supplier-pub.asc", "signed-only.gpg [OpenPGP (signed only, signed by SUPPLIER)]"},
		{"signed-only.gpg", "", "signed-only.gpg [OpenPGP (signed only)] note: the OpenPGP message is signed, it says by key SUPPLIER, which was not checked: --signed-by KEY does"},
		{"zip-in.gpg", "key:receiver.asc pass:passphrase.txt", "zip-in.gpg/seeds.csv [OpenPGP (private key) ZIP (AES-256)]"},
		{"x25519.age", "key:age-other.txt key:age.txt", "x25519.age [age]"},
		{"armored.age", "key:age.txt", "armored.age [age]"},
		{"ssh.age", "key:ssh", "ssh.age [age]"},
		{"ssh.age", "key:ssh-locked pass:wrong.txt pass:passphrase.txt", "ssh.age [age]"},
		{"passphrase.age", "pass:passphrase.txt", "passphrase.age [age (passphrase)]"},
		{"seeds.csv.gz", "", "seeds.csv.gz [gzip]"},
		{"gzip-in.age", "key:age.txt", "gzip-in.age [age gzip]"},
	} {
		t.Run(c.file+" "+c.keys, func(t *testing.T) {
			d, err := openFile(t, c.file, c.keys)
			if err != nil {
				t.Fatal(describe(err))
			}
			if got := listed(d); got != strings.ReplaceAll(c.want, "SUPPLIER", supplierID(t)) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if got, want := content(t, d.Members[0].Source), string(read(t, sample("seeds.csv"))); got != want {
				t.Errorf("other bytes: %q", got)
			}
		})
	}
}

// TestSeveralMembers opens an archive of folders and files.
func TestSeveralMembers(t *testing.T) {
	d, err := openFile(t, "several.zip", "pass:passphrase.txt")
	if err != nil {
		t.Fatal(describe(err))
	}
	want := `several.zip/seeds.csv [ZIP (AES-256)] note: left out of several.zip: ["__MACOSX/box1/._seeds.csv"] (what macOS and Windows put beside files)` +
		"; several.zip/hotp.csv [ZIP (AES-256)]"
	if got := listed(d); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := content(t, d.Members[1].Source), string(read(t, sample("hotp.csv"))); got != want {
		t.Errorf("other bytes: %q", got)
	}
}

func listed(d *Delivery) string {
	var all []string
	for _, m := range d.Members {
		text := fmt.Sprint(m.Source.Name(), " ", m.Layers)
		for _, n := range m.Notes {
			text += " note: " + n.In(testkit.Flags)
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// supplierID is the id of the key that signs.
func supplierID(t testing.TB) string {
	t.Helper()
	return keyID(given(t, "signer:supplier-pub.asc").signers[0].PrimaryKey.KeyId)
}
