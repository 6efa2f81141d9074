package pskc

import (
	"bytes"
	"fmt"
	"testing"

	"fob/internal/fault"
	"fob/internal/testkit"
)

// tenKeys are packages with a seed for each serial.
func tenKeys() (all []*KeyPackage, seeds map[string]string) {
	seeds = map[string]string{}
	for i := range 10 {
		serial := fmt.Sprintf("00260%02d", i)
		seed := testKeyOf(100 + i)[:20]
		seeds[serial] = string(seed)
		all = append(all, hotpPackage(serial, string(seed)))
	}
	return all, seeds
}

// What a byte is changed to: one bit, another case, and what means something in
// XML and in base64.
func mutations(b byte) []byte {
	return []byte{b ^ 1, b ^ 0x20, b ^ 0x80, '0', '1', 'A', '=', '<', '>', '/', '&', '"', ' ', 0}
}

// TestMutations changes every single byte of an encrypted container of ten keys:
// no seed is read that is not one of the ten, and none under another serial
// unless the serial itself was changed. Packages before an error count too.
func TestMutations(t *testing.T) {
	all, seeds := tenKeys()
	shared, sharedKeys := sharedKey(t)
	phrase, phraseKeys := passphraseKey(t)
	receiver := signerCalled(t, "short") // 1024 bits, so that all of it can be tried: of 2048 each decryption takes five times as long
	receiverKeys := keysOf(pemKey(t, receiver))
	wrap, gcm := shared, shared
	wrap.Cipher, wrap.MAC = mustCipher(t, namespaceXenc+"kw-aes128"), MAC{}
	gcm.Cipher, gcm.MAC = mustCipher(t, namespaceXenc11+"aes128-gcm"), MAC{}
	referring := shared
	referring.MACKey, referring.MACKeyName = testKeyOf(20), "MAC"
	for name, v := range map[string]struct {
		protect Protection
		keys    *testkit.Keys
		stride  int // of the sample
	}{
		"CBC":             {shared, sharedKeys, 29},
		"CBC, passphrase": {phrase, phraseKeys, 31},
		"CBC, MAC key":    {referring, keysOf(shared.Key, referring.MACKey), 31},
		"GCM":             {gcm, sharedKeys, 31},
		"key wrap":        {wrap, sharedKeys, 31},
		"OAEP":            {Protection{Transport: mustTransport(t, TransportOAEP, "", "", nil), Certificate: receiver.cert, MAC: macs[2]}, receiverKeys, 61},
	} {
		t.Run(name, func(t *testing.T) {
			text := writeAll(t, WriterOptions{Protect: &v.protect}, all...)
			if got, err := readWith(text, v.keys); err != nil || len(got) != 10 {
				t.Fatal(len(got), err)
			}
			if everyByte {
				v.stride = 1
			}
			for part := range mutationParts {
				t.Run(fmt.Sprint(part), func(t *testing.T) {
					t.Parallel()
					own := &testkit.Keys{Files: v.keys.Files, Passphrases: v.keys.Passphrases} // it keeps what it derives
					mutateAll(t, text, part*v.stride, mutationParts*v.stride, own, seeds)
				})
			}
		})
	}
}

// mutationParts keep the cores busy.
const mutationParts = 4

// mutateAll changes every so many bytes from one on.
func mutateAll(t *testing.T, text []byte, from, step int, keys *testkit.Keys, seeds map[string]string) {
	t.Helper()
	tried := 0
	for at := from; at < len(text); at += step {
		for i, b := range mutations(text[at]) {
			sampled := i == at%14 || i == (at+5)%14
			if b == text[at] || !sampled && !everyByte {
				continue
			}
			checkMutation(t, text, at, b, keys, seeds)
			tried++
		}
	}
	t.Logf("%d changes in a file of %d bytes", tried, len(text))
}

func checkMutation(t *testing.T, text []byte, at int, b byte, keys Keys, seeds map[string]string) {
	t.Helper()
	mutated := bytes.Clone(text)
	mutated[at] = b
	got, err := readWith(mutated, keys)
	if err != nil && fault.KindOf(err) != fault.Refused && fault.KindOf(err) != fault.KeyTrouble {
		t.Fatalf("byte %d is %q: %v", at, b, err)
	}
	for _, p := range got {
		if p.Problem != nil || p.Key == nil || p.Key.Secret.Plain.Len() == 0 {
			continue
		}
		seed := string(p.Key.Secret.Plain.Bytes())
		if seeds[p.Device.SerialNo] == seed {
			continue
		}
		of := ""
		for serial, s := range seeds {
			if s == seed {
				of = serial
			}
		}
		if of == "" || !inSerial(text, at, of) {
			t.Fatalf("byte %d is %q: serial %q has the seed of %q", at, b, p.Device.SerialNo, of)
		}
	}
}

// inSerial reports whether a place is in the text of a serial.
func inSerial(text []byte, at int, serial string) bool {
	i := bytes.Index(text, []byte("<SerialNo>"+serial+"<")) + len("<SerialNo>")
	return at >= i && at < i+len(serial)
}
