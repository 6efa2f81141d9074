package delivery

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// age undoes age encryption, armored or not.
func (w *work) age(src seedfile.Source, at wrapping) (kept bool, err error) {
	head, err := w.ageHeader(src)
	if err != nil {
		return false, err
	}
	var spool Spooled
	layer := "age"
	if head.scrypt {
		layer = "age (passphrase)"
		spool, err = w.ageByPassphrase(src, head)
	} else {
		spool, err = w.ageByIdentity(src)
	}
	if err != nil {
		return false, err
	}
	return false, w.inside(spool, at.within(layer))
}

// ageHead is what the header of an age file says (age-encryption.org/v1): who
// it is for.
type ageHead struct {
	scrypt bool
	work   int
}

// ageHeader looks at the first stanza: a passphrase's is the only one of its
// file.
func (w *work) ageHeader(src seedfile.Source) (head ageHead, err error) {
	file, err := src.Open()
	if err != nil {
		return head, err
	}
	defer file.Close()
	in := &input{ctx: w.ctx, from: file}
	lines := bufio.NewReader(io.LimitReader(dearmorAge(in), headSize))
	version, err1 := lines.ReadString('\n')
	stanza, err2 := lines.ReadString('\n')
	if in.err != nil {
		return head, in.err
	}
	if err := errors.Join(err1, err2); err != nil {
		return head, errDamaged(src.Name(), "is an age file whose header was cut or damaged")
	}
	if strings.TrimSpace(version) != ageMagic+"v1" {
		return head, fault.Errorf(fault.Refused, "%q is an age file of a version that fob does not know", src.Name()).
			WithHint("ask for version 1, which age writes")
	}
	return parseStanza(src.Name(), strings.Fields(stanza))
}

func parseStanza(name string, stanza []string) (head ageHead, err error) {
	if len(stanza) < 2 || stanza[0] != "->" {
		return head, errDamaged(name, "is an age file whose header was cut or damaged")
	}
	if stanza[1] != "scrypt" {
		return head, nil
	}
	head.scrypt = true
	head.work, err = strconv.Atoi(stanza[len(stanza)-1])
	switch {
	case err != nil || head.work < 1:
		return head, errDamaged(name, "is an age file whose header was cut or damaged")
	case head.work > maxScrypt:
		return head, fault.Errorf(fault.Refused, "%q demands scrypt work of 2^%d, the limit is 2^%d", name, head.work, maxScrypt).
			WithHint("ask for a file made with age -p, which takes 2^18")
	}
	return head, nil
}

// dearmorAge takes the armor off, if there is any, and what Windows puts before
// it.
func dearmorAge(r io.Reader) io.Reader {
	in := bufio.NewReader(r)
	head, _ := in.Peek(len(ageMagic)) // an error comes again with the first Read
	if string(head) == ageMagic {
		return in
	}
	if hasPrefix(head, "\ufeff") {
		_, _ = in.Discard(len("\ufeff"))
	}
	return armor.NewReader(in)
}

// openAge decrypts with some identities and spools. The second result says
// whether they were the wrong ones, or the file was damaged.
func (w *work) openAge(src seedfile.Source, ids ...age.Identity) (Spooled, bool, error) {
	file, err := src.Open()
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	in := &input{ctx: w.ctx, from: file}
	plain, err := age.Decrypt(dearmorAge(in), ids...)
	var locked lockedError
	switch {
	case in.err != nil:
		return nil, false, in.err
	case errors.As(err, &locked):
		return nil, false, errMissing(src.Name(), locked.Error(), givePassphrase)
	case isOurs(err): // somebody was asked, and did not answer
		return nil, false, err
	case err != nil:
		return nil, true, nil
	}
	spool, err := w.fill(in, plain, src.Name(), nil)
	if errors.Is(err, errLayer) {
		return nil, true, nil
	}
	return spool, false, err
}

func (w *work) ageByPassphrase(src seedfile.Source, head ageHead) (spool Spooled, err error) {
	fits, tried, err := w.Keys.Unlock(fmt.Sprintf("%q", src.Name()), func(pass []byte) (bool, error) {
		id, err := age.NewScryptIdentity(string(pass))
		if err != nil {
			return false, nil
		}
		id.SetMaxWorkFactor(max(head.work, 1))
		var wrong bool
		spool, wrong, err = w.openAge(src, id)
		return err == nil && !wrong, err
	})
	switch {
	case err != nil:
		return nil, err
	case !tried:
		return nil, errMissing(src.Name(), "encrypted by age with a passphrase", givePassphrase)
	case !fits:
		return nil, errWrong(src.Name())
	}
	return spool, nil
}

func (w *work) ageByIdentity(src seedfile.Source) (Spooled, error) {
	if err := w.Keys.openLockedAges(); err != nil {
		return nil, err
	}
	if len(w.Keys.ages) == 0 {
		what := "encrypted by age to a key"
		if n := len(w.Keys.raw); n > 0 {
			what = fmt.Sprintf("encrypted by age to a key, and no --key-file (%d given) holds an age identity or SSH key that opens", n)
		}
		return nil, errMissing(src.Name(), what, giveKey)
	}
	// Keys that may ask for their passphrase come last.
	ids := slices.Clone(w.Keys.ages)
	slices.SortStableFunc(ids, func(a, b age.Identity) int { return asks(a) - asks(b) })
	spool, wrong, err := w.openAge(src, ids...)
	if wrong {
		return nil, errWrong(src.Name())
	}
	return spool, err
}

func asks(id age.Identity) int {
	if _, ok := id.(*lockedSSH); ok {
		return 1
	}
	return 0
}

// openLockedAges opens identity files that are encrypted with a passphrase. One
// that does not open is left out: another may do.
func (k *Keys) openLockedAges() error {
	locked := k.lockedAges
	k.lockedAges = nil
	for _, l := range locked {
		raw, err := io.ReadAll(dearmorAge(bytes.NewReader(l.data)))
		if err != nil {
			return fault.Errorf(fault.KeyTrouble, "the key file %q is an age file that was cut or damaged", l.name).
				WithHint("take it from where it was made")
		}
		if err := k.openLockedAge(l.name, raw); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keys) openLockedAge(name string, raw []byte) error {
	lines := bytes.SplitN(raw, []byte("\n"), 3)
	if len(lines) < 3 {
		return errDamaged(name, "is an age file whose header was cut or damaged")
	}
	head, err := parseStanza(name, strings.Fields(string(lines[1])))
	if err != nil {
		return err
	}
	if !head.scrypt {
		return fault.Errorf(fault.KeyTrouble, "the key file %q is encrypted to another key", name).
			WithHint("decrypt it in a pipe: --key-file <(age -d -i KEY %s)", name)
	}
	var text []byte
	fits, tried, err := k.Unlock(fmt.Sprintf("the key file %q", name), func(pass []byte) (bool, error) {
		text, err = decryptAge(raw, pass)
		return err == nil, nil
	})
	switch {
	case err != nil:
		return err
	case !tried:
		return fault.Errorf(fault.KeyTrouble, "the key file %q is protected by a passphrase", name).WithHint("%s", givePassphrase)
	case !fits:
		return errWrong(name)
	}
	defer clear(text)
	return k.addAge(name, text)
}

func decryptAge(raw, pass []byte) ([]byte, error) {
	id, err := age.NewScryptIdentity(string(pass))
	if err != nil {
		return nil, err
	}
	id.SetMaxWorkFactor(maxScrypt)
	plain, err := age.Decrypt(bytes.NewReader(raw), id)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}
