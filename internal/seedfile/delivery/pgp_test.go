package delivery

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ProtonMail/go-crypto/openpgp/s2k"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// TestModernOpenPGP reads what RFC 9580 added and gpg 2.2 does not write: AEAD,
// Argon2, keys and envelopes of version 6.
func TestModernOpenPGP(t *testing.T) {
	now := opener(t, nil).Now
	for _, v6 := range []bool{false, true} {
		config := &packet.Config{Time: now, V6Keys: v6, Algorithm: packet.PubKeyAlgoEd25519, AEADConfig: &packet.AEADConfig{},
			S2KConfig: &s2k.Config{S2KMode: s2k.Argon2S2K, Argon2Config: &s2k.Argon2Config{NumberOfPasses: 1, DegreeOfParallelism: 1, Memory: 1 << 12}}}
		entity, err := openpgp.NewEntity("test", "", "test@example.test", config)
		if err != nil {
			t.Fatal(err)
		}
		stranger, err := openpgp.NewEntity("stranger", "", "stranger@example.test", config)
		if err != nil {
			t.Fatal(err)
		}
		byKey := message9580(t, func(out io.Writer) (io.WriteCloser, error) {
			return openpgp.Encrypt(out, []*openpgp.Entity{entity}, nil, []*openpgp.Entity{entity}, nil, config)
		})
		byPass := message9580(t, func(out io.Writer) (io.WriteCloser, error) {
			return openpgp.SymmetricallyEncrypt(out, []byte("right"), nil, config)
		})
		mine := &Keys{pgp: []pgpKey{{"other", stranger}, {"mine", entity}}, signers: openpgp.EntityList{entity}}
		for _, c := range []struct {
			data []byte
			keys *Keys
			want string
		}{
			{byKey, mine, "a [OpenPGP (private key, signed by " + keyID(entity.PrimaryKey.KeyId) + ")]"},
			{byKey, &Keys{pgp: []pgpKey{{"other", stranger}}}, "and that key was not given"},
			{byPass, withPass("wrong", "right"), "a [OpenPGP (passphrase)]"},
			{byPass, withPass("wrong"), "does not open"},
		} {
			d, err := open(t, memory{"a", c.data}, c.keys)
			got := describe(err)
			if err == nil {
				got = listed(d)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("version 6 %v: %s, want %s", v6, got, c.want)
			}
		}
		for at := range byKey {
			d, err := opener(t, mine).Open(context.Background(), memory{"a", flip(byKey, at)})
			if err == nil && recognise(flip(byKey, at)) != nil && content(t, d.Members[0].Source) != row {
				t.Errorf("byte %d: the change was not seen", at)
			}
			if err == nil {
				_ = d.Close()
			}
		}
	}
}

func message9580(t testing.TB, encrypt func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := encrypt(&out)
	if err == nil {
		_, err = io.WriteString(w, row)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestArmorBelowText finds a message that was pasted out of a mail.
func TestArmorBelowText(t *testing.T) {
	data := append([]byte("Dear customer,\r\nthe seeds:\r\n\r\n"), read(t, sample("public.asc"))...)
	d, err := open(t, memory{"mail.txt", data}, given(t, "key:receiver.asc"))
	if err != nil || content(t, d.Members[0].Source) != string(read(t, sample("seeds.csv"))) {
		t.Error(describe(err))
	}
}

// TestPlainFiles leaves alone what only looks wrapped.
func TestPlainFiles(t *testing.T) {
	for name, text := range map[string]string{
		"a letter of Windows-1252 first": "\xc9tat,seed\n26,3132\n",
		"another":                        "\xd2x,\xe9\n26,3132333435363738393031323334353637383930\n",
		"UTF-16":                         "\xff\xfes\x00e\x00r\x00i\x00a\x00l\x00",
		"UTF-8":                          "série,seed\n",
		"a mark":                         "\xef\xbb\xbfserial,seed\n",
		"empty":                          "",
		"one byte":                       "\x85",
		"7z":                             "7z\xBC\xAF\x27\x1C\x00\x04",
	} {
		d, err := open(t, memory{"f", []byte(text)}, nil)
		if err != nil || listed(d) != "f []" {
			t.Errorf("%s: %v", name, describe(err))
		}
	}
}

// TestTotal bounds all members together.
func TestTotal(t *testing.T) {
	w := &work{Opener: opener(t, nil), total: MaxTotal - 10}
	in := &input{ctx: context.Background(), from: strings.NewReader("eleven bytes")}
	_, err := w.fill(in, in, "a", 0)
	if want := `3: "a" unpacks to more than 4 GiB (is this a delivery of seeds? A larger one has to come in parts)`; describe(err) != want {
		t.Error(describe(err))
	}
}

// TestCancelled stops at once.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := opener(t, withPass("right")).Open(ctx, memory{"a", compressedMessage(t, row)}); err != context.Canceled {
		t.Error(err)
	}
}
