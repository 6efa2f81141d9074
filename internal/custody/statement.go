package custody

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/note"

	"fob/internal/fault"
)

// Statement says which keys a store has, as they are wrapped, and who can open
// them. The keys are encrypted to public recipients, so they do not tell who
// wrapped them: anyone who can write the database could put keys of their own in their
// place and read all that is sealed from then on. So the statement is signed with
// the store's checkpoint key, and held against a public half from beside the
// identity whenever keys are opened.
type Statement struct {
	Store      [16]byte
	Generation int64 // one more with every change of keys or custodians
	Wrapped    Wrapped
	Keys       []StatedKey
	Custodians []StatedCustodian
}

// StatedKey is one of the keys, in the order in which they are wrapped.
type StatedKey struct {
	ID      int64
	Purpose string
	Created time.Time
}

// StatedCustodian is who can open them.
type StatedCustodian struct {
	Recipient, Kind string
	Added           time.Time
}

// text is what is signed. It is never parsed: anyone who checks it writes it again from
// what the database says, and compares.
func (s Statement) text() string {
	var b strings.Builder
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	fmt.Fprintf(&b, "fob keys %s\ngeneration %d\nwrapped %x\n", uuid.UUID(s.Store), s.Generation, sha256.Sum256(s.Wrapped))
	for _, k := range s.Keys {
		fmt.Fprintf(&b, "key %d %q %s\n", k.ID, k.Purpose, stamp(k.Created))
	}
	inOrder := slices.SortedFunc(slices.Values(s.Custodians), func(a, b StatedCustodian) int { return strings.Compare(a.Recipient, b.Recipient) })
	for _, c := range inOrder {
		fmt.Fprintf(&b, "custodian %q %q %s\n", c.Recipient, c.Kind, stamp(c.Added))
	}
	return b.String()
}

// Sign signs the statement.
func (s Statement) Sign(key *CheckpointKey) ([]byte, error) { return key.sign(s.text()) }

// Check holds what the database says against what was signed, with a public half
// that does not come from the database. The error is of kind Integrity; KeyTrouble
// for a public half that is not valid.
func (s Statement) Check(signed []byte, pub string) error {
	verifier, err := note.NewVerifier(pub)
	if err != nil {
		return fault.Errorf(fault.KeyTrouble, "%s is no public half of a checkpoint key", shorten(pub))
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err == nil && opened.Text == s.text() {
		return nil
	}
	return fault.Errorf(fault.Integrity, "the keys or the custodians in the database are not those that were signed with this store's checkpoint key").
		WithHint("somebody changed them past fob, and could read every seed that is stored from now on: keep this database as evidence, and restore a backup")
}

// The files beside an identity by which a store is known.
const (
	CheckpointFile = "checkpoint.key"
	PublicFile     = "checkpoint.pub"
)

var publicFile = keyFile{noun: "public half of the checkpoint key", public: true}

// Anchor is the public half of a store's checkpoint key, from the folder of the
// identity: out of checkpoint.key, or, for a custodian who does not sign, out of
// checkpoint.pub, which may have a line for each of several stores. Errors are of
// kind KeyTrouble: nothing there is about this store, or it cannot be used.
func Anchor(folder string, store [16]byte) (pub string, err error) {
	name := CheckpointName(store)
	var others []string
	for _, half := range []struct {
		file string
		read func(string) ([]string, error)
	}{{CheckpointFile, signingHalf}, {PublicFile, publicHalves}} {
		found, err := half.read(filepath.Join(folder, half.file))
		if err != nil {
			return "", err
		}
		for _, pub := range found {
			if n, _, _ := strings.Cut(pub, "+"); n == name {
				return pub, nil
			} else if n != "" {
				others = append(others, n)
			}
		}
	}
	hint := fault.Textf("ask a custodian for the line that begins with %s (%s shows it), and save it as %s", name, fault.Do("key list"), filepath.Join(folder, PublicFile))
	if len(others) > 0 {
		return "", fault.Errorf(fault.KeyTrouble, "the identity's folder %s knows the store %s, and this is %s", folder, strings.Join(others, ", "), name).
			WithAdvice(fault.Textf("does %s name the store that you mean? If so, %s", fault.DB, hint))
	}
	return "", fault.Errorf(fault.KeyTrouble, "nothing in %s shows whether this store's keys are genuine", folder).WithAdvice(hint)
}

// signingHalf is the public half of a checkpoint key, nothing if there is no file.
func signingHalf(path string) ([]string, error) {
	if isMissing(path) {
		return nil, nil
	}
	pub, err := PublicHalf(path)
	return []string{pub}, err
}

// publicHalves are the lines of a file of public halves.
func publicHalves(path string) (all []string, err error) {
	if isMissing(path) {
		return nil, nil
	}
	content, err := publicFile.read(path)
	if err != nil {
		return nil, err
	}
	if err := notText(publicFile, path, content); err != nil {
		return nil, err
	}
	for i, line := range textLines(unmarked(bytes.Clone(content))) {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if _, err := note.NewVerifier(line); err != nil {
			return nil, fault.Errorf(fault.KeyTrouble, "%s, line %d: this is no public half of a checkpoint key", path, i+1).
				WithHint("it begins with fob-, and is one line, as %s shows it", fault.Do("key list"))
		}
		all = append(all, line)
	}
	return all, nil
}
