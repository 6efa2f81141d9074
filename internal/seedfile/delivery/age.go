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
func (w *work) age(src seedfile.Source, at wrapping) error {
	in, err := w.read(src)
	if err != nil {
		return err
	}
	defer in.Close()
	work, err := ageWork(src.Name(), in)
	switch {
	case in.err != nil:
		return in.err
	case err != nil:
		return err
	}
	var spool Spooled
	layer := "age"
	if work > 0 {
		layer = "age (passphrase)"
		err = w.Keys.unlock(fmt.Sprintf("%q", src.Name()), src.Name(), "encrypted by age with a passphrase", func(pass []byte) (bool, error) {
			id, err := age.NewScryptIdentity(string(pass))
			if err != nil {
				return false, nil
			}
			id.SetMaxWorkFactor(work)
			spool, err = w.openAge(src, id)
			return opens(err)
		})
	} else {
		spool, err = w.ageByIdentity(src)
	}
	if err != nil {
		return err
	}
	return w.inside(spool, at.within(layer))
}

// ageWork reads who an age file is for (age-encryption.org/v1): the work factor of
// a passphrase, whose stanza is the only one of its file, or 0 for keys.
func ageWork(name string, r io.Reader) (int, error) {
	damaged := errDamaged(name, "is an age file whose header was cut or damaged")
	lines := bufio.NewReader(io.LimitReader(dearmorAge(r), headSize))
	version, _ := lines.ReadString('\n') // an error comes again
	line, err := lines.ReadString('\n')
	stanza := strings.Fields(line)
	switch {
	case err != nil:
		return 0, damaged
	case strings.TrimSpace(version) != ageMagic+"v1":
		return 0, fault.Errorf(fault.Refused, "%q is an age file of a version that fob does not know", name).
			WithHint("ask for version 1, which age writes")
	case len(stanza) < 2 || stanza[0] != "->":
		return 0, damaged
	case stanza[1] != "scrypt":
		return 0, nil
	}
	work, err := strconv.Atoi(stanza[len(stanza)-1])
	switch {
	case err != nil || work < 1:
		return 0, damaged
	case work > maxScrypt:
		return 0, fault.Errorf(fault.Refused, "%q demands scrypt work of 2^%d, the limit is 2^%d", name, work, maxScrypt).
			WithHint("ask for a file made with age -p, which takes 2^18")
	}
	return work, nil
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

// openAge decrypts with some identities and spools. The error is errLayer where
// they were the wrong ones, or the file was damaged.
func (w *work) openAge(src seedfile.Source, ids ...age.Identity) (Spooled, error) {
	in, err := w.read(src)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	plain, err := age.Decrypt(dearmorAge(in), ids...)
	var locked lockedError
	switch {
	case in.err != nil:
		return nil, in.err
	case errors.As(err, &locked):
		return nil, errMissing(src.Name(), locked.Error(), givePassphrase)
	case isOurs(err): // somebody was asked, and did not answer
		return nil, err
	case err != nil:
		return nil, errLayer
	}
	return w.fill(in, plain, src.Name(), 0)
}

func (w *work) ageByIdentity(src seedfile.Source) (Spooled, error) {
	if err := w.Keys.openLockedAges(); err != nil {
		return nil, err
	}
	if len(w.Keys.ages) == 0 {
		what := fault.Textf("encrypted by age to a key")
		if n := len(w.Keys.raw); n > 0 {
			what = fault.Textf("encrypted by age to a key, and no %s (%d given) holds an age identity or SSH key that opens", fault.KeyFile, n)
		}
		return nil, errMissing(src.Name(), what, giveKey)
	}
	// Keys that may ask for their passphrase come last.
	ids := slices.Clone(w.Keys.ages)
	slices.SortStableFunc(ids, func(a, b age.Identity) int { return asks(a) - asks(b) })
	spool, err := w.openAge(src, ids...)
	if errors.Is(err, errLayer) {
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

// openLockedAges opens identity files that are encrypted with a passphrase.
func (k *Keys) openLockedAges() error {
	locked := k.lockedAges
	k.lockedAges = nil
	for _, l := range locked {
		raw, err := io.ReadAll(dearmorAge(bytes.NewReader(l.data)))
		if err != nil {
			return fault.Errorf(fault.KeyTrouble, "the key file %q is an age file that was cut or damaged", l.name).
				WithHint("take it from where it was made")
		}
		work, err := ageWork(l.name, bytes.NewReader(raw))
		if err != nil {
			return err
		}
		if work == 0 {
			return fault.Errorf(fault.KeyTrouble, "the key file %q is encrypted to another key", l.name).
				WithHint("decrypt it in a pipe: %s <(age -d -i KEY %s)", fault.KeyFile, l.name)
		}
		var text []byte
		fits, tried, err := k.Unlock(fmt.Sprintf("the key file %q", l.name), func(pass []byte) (bool, error) {
			text, err = decryptAge(raw, pass)
			return err == nil, nil
		})
		switch {
		case err != nil:
			return err
		case !tried:
			return fault.Errorf(fault.KeyTrouble, "the key file %q is protected by a passphrase", l.name).WithAdvice(givePassphrase)
		case !fits:
			return errWrong(l.name)
		}
		err = k.addAge(l.name, text)
		clear(text)
		if err != nil {
			return err
		}
	}
	return nil
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
