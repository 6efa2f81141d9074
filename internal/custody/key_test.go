package custody

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"fob/internal/fault"
)

func TestNewStoreKeys(t *testing.T) {
	random := bytes.NewReader(append(bytes.Repeat([]byte{1}, KeySize), bytes.Repeat([]byte{2}, KeySize)...))
	store, prints, err := NewStoreKeys(random)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(store.bytes(), testKey(1).bytes()) || !bytes.Equal(prints.bytes(), testKey(2).bytes()) {
		t.Error("the keys are not what the source gave")
	}
	held := store.bytes()
	store.Clear()
	store.Clear()
	Key{}.Clear()
	if store.bytes() != nil || !bytes.Equal(held, make([]byte, KeySize)) {
		t.Error("a cleared key is still there")
	}
	for _, n := range []int{0, KeySize - 1, KeySize, 2*KeySize - 1} {
		_, _, err := NewStoreKeys(bytes.NewReader(make([]byte, n)))
		wantError(t, err, fault.Internal, "no random bytes")
	}
	_, err = NewKey(iotest.ErrReader(errors.New("gone")))
	wantError(t, err, fault.Internal, "gone")
}

// TestNothingPrintsKeys prints all that holds a key in all the ways that a
// careless line of code could, by itself and inside foreign structs.
func TestNothingPrintsKeys(t *testing.T) {
	key := holdKey([]byte("custody-store-key-of-32-bytes!!!"))
	ring, err := OpenKeyring(testStore, 1, key, key)
	if err != nil {
		t.Fatal(err)
	}
	id := newTestIdentity(t, KindX25519)
	sign, err := GenerateCheckpointKey(strings.NewReader("custody-sign-key-of-32-bytes!!!!"), "fob-test")
	if err != nil {
		t.Fatal(err)
	}
	derived, err := derive(testStore, key, labelSeedKey)
	if err != nil {
		t.Fatal(err)
	}
	secrets := [][]byte{key.bytes(), derived, []byte(id.held.get().text), secretPart(sign), []byte("custody-sign-key-of-32-bytes!!!!")}
	for _, v := range []any{key, &key, ring, id, *id, id.Identities(), *id.Identities(), sign, *sign} {
		for _, shown := range printings(t, v) {
			for _, secret := range secrets {
				noSecret(t, shown, encodings(secret)...)
			}
		}
		if got := v.(fmt.Stringer).String(); got != keyMask {
			t.Errorf("%T says %q", v, got)
		}
		if got := fmt.Sprintf("%v %+v %#v %s %x %q %d", v, v, v, v, v, v, v); got != strings.TrimSpace(strings.Repeat("[key] ", 7)) {
			t.Errorf("%T prints %q", v, got)
		}
	}
}

// secretPart is what of a checkpoint key's text is not in its public half.
func secretPart(k *CheckpointKey) []byte {
	text := k.held.get().text
	return []byte(text[strings.LastIndex(text, "+")+1:])
}

type outside struct {
	Shown  any
	hidden any
}

func printings(t *testing.T, v any) []string {
	t.Helper()
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d", "%p", "%T"} {
		out = append(out, fmt.Sprintf(verb, v), fmt.Sprintf(verb, outside{v, v}), fmt.Sprintf(verb, &outside{v, v}),
			fmt.Sprintf(verb, []any{v}), fmt.Sprintf(verb, map[string]any{"k": v}))
	}
	asJSON, err := json.Marshal(outside{Shown: v})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("careless", "key", v, "in", outside{v, v})
	}
	return append(out, string(asJSON), log.String())
}

// encodings are the forms in which a secret could show.
func encodings(b []byte) []string {
	return []string{
		string(b), hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)),
		base64.StdEncoding.EncodeToString(b), strings.Trim(fmt.Sprint(b), "[]"), strings.Trim(fmt.Sprintf("%#v", b), "[]byte{}"),
	}
}

// TestForeignFields has concrete unexported fields, whose methods fmt cannot
// call.
func TestForeignFields(t *testing.T) {
	key := holdKey([]byte("custody-store-key-of-32-bytes!!!"))
	ring, err := OpenKeyring(testStore, 1, key, key)
	if err != nil {
		t.Fatal(err)
	}
	id := newTestIdentity(t, KindX25519)
	sign, err := GenerateCheckpointKey(strings.NewReader("custody-sign-key-of-32-bytes!!!!"), "fob-test")
	if err != nil {
		t.Fatal(err)
	}
	foreign := struct {
		key   Key
		ring  *Keyring
		id    Identity
		idRef *Identity
		ids   Identities
		sign  CheckpointKey
	}{key, ring, *id, id, *id.Identities(), *sign}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d", "%t"} {
		shown := fmt.Sprintf(verb, foreign)
		for _, secret := range [][]byte{key.bytes(), []byte(id.held.get().text), secretPart(sign)} {
			noSecret(t, shown, encodings(secret)...)
		}
	}
}
