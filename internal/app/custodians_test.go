package app_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/request"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// as is the configuration of another custodian: an identity of their own, and the
// public half beside it.
func (w *world) as(identity string) app.Config {
	w.t.Helper()
	dir := filepath.Join(w.t.TempDir(), "other")
	w.must(os.Mkdir(dir, 0o700))
	_, pub, err := w.config.Keys(bg)
	w.must(err)
	w.must(os.WriteFile(filepath.Join(dir, "checkpoint.pub"), []byte(pub+"\n"), 0o644))
	c := w.config
	c.Identity = filepath.Join(dir, "id.txt")
	w.must(os.WriteFile(c.Identity, []byte(identity), 0o600))
	return c
}

// opens reports whether a custodian can open a seed.
func opens(c app.Config) error {
	d, done, err := c.Desk(bg)
	if err != nil {
		return err
	}
	defer done()
	_, err = d.Keys(bg)
	return err
}

func TestCustodians(t *testing.T) {
	w := aLife(t)
	id, err := age.GenerateX25519Identity()
	w.must(err)
	eva := w.as(id.String())
	if err := opens(eva); fault.KindOf(err) != fault.KeyTrouble {
		t.Fatalf("before: %v", err)
	}
	words := desk.Words{Reason: "deputy"}
	done, err := w.config.AddCustodian(bg, id.Recipient().String(), false, words)
	if err != nil || len(done.Custodians) != 2 || done.Generation != 2 {
		t.Fatalf("%+v, %v", done, err)
	}
	w.must(opens(eva))
	w.must(opens(w.config))
	w.verified()
	refuses := func(what string, err error, kind fault.Kind, words string) {
		t.Helper()
		if fault.KindOf(err) != kind || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = w.config.AddCustodian(bg, id.Recipient().String(), false, words)
	refuses("twice", err, fault.NotAllowed, "is a custodian already")
	_, err = w.config.AddCustodian(bg, "age1nonsense", false, words)
	refuses("damaged", err, fault.Usage, "damaged")
	_, err = eva.AddCustodian(bg, id.Recipient().String(), false, words)
	refuses("without the checkpoint key", err, fault.KeyTrouble, "there is no checkpoint key")
	_, err = w.config.RemoveCustodian(bg, "age1q", words)
	refuses("too short", err, fault.NotAllowed, "no custodian has this recipient")

	mine := done.Custodians[0].Recipient
	if mine == id.Recipient().String() {
		mine = done.Custodians[1].Recipient
	}
	done, err = w.config.RemoveCustodian(bg, mine[:20], words)
	if err != nil || len(done.Custodians) != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	refuses("the removed one", opens(w.config), fault.KeyTrouble, "does not open this store")
	w.must(opens(eva))
	_, err = w.config.RemoveCustodian(bg, id.Recipient().String(), words)
	refuses("the last one", err, fault.NotAllowed, "last custodian")
	w.verified()
}

// TestOnlyCustodian has a store go over to post-quantum recipients, which age mixes with
// no others.
func TestOnlyCustodian(t *testing.T) {
	w := aLife(t)
	id, err := age.GenerateHybridIdentity()
	w.must(err)
	to := id.Recipient().String()
	_, err = w.config.AddCustodian(bg, to, false, desk.Words{})
	if fault.KindOf(err) != fault.NotAllowed || !strings.Contains(err.Error(), "cannot be mixed") {
		t.Errorf("beside another: %v", err)
	}
	_, err = w.config.AddCustodian(bg, to, true, desk.Words{})
	if fault.KindOf(err) != fault.KeyTrouble || !strings.Contains(err.Error(), "has to open what is encrypted to the only custodian") {
		t.Errorf("nobody can open it: %v", err)
	}
	w.must(opens(w.config))
	old, err := os.ReadFile(w.config.Identity)
	w.must(err)
	w.must(os.WriteFile(w.config.Identity, []byte(string(old)+id.String()+"\n"), 0o600))
	done, err := w.config.AddCustodian(bg, to, true, desk.Words{})
	if err != nil || len(done.Custodians) != 1 || done.Custodians[0].Kind != "hybrid" {
		t.Fatalf("%+v, %v", done, err)
	}
	w.must(opens(w.as(id.String())))
	if opens(w.as(string(old))) == nil {
		t.Error("who went opens the keys")
	}
	w.verified()
}

// TestOnlyTakesOthersAway guards the removal alone.
func TestOnlyTakesOthersAway(t *testing.T) {
	w := emptyStore(t)
	d, end, err := w.config.Desk(bg)
	w.must(err)
	_, err = d.SetPolicy(bg, map[string]string{"second-person": "key-remove"}, desk.Words{Approver: "Eva"})
	w.must(err)
	w.must(end())
	id, err := age.GenerateX25519Identity()
	w.must(err)
	var needed *request.Needed
	if _, err := w.config.AddCustodian(bg, id.Recipient().String(), true, desk.Words{}); !errors.As(err, &needed) || needed.Order.Guard != token.GuardKeyRemove {
		t.Errorf("the others go without a second person: %v", err)
	}
	_, err = w.config.AddCustodian(bg, id.Recipient().String(), false, desk.Words{})
	w.must(err)
	w.sound()
}

func TestPaperIdentity(t *testing.T) {
	w := aLife(t)
	var paper string
	_, err := w.config.AddPaper(bg, desk.Words{}, func(identity []byte) error {
		paper = string(identity)
		return fault.Errorf(fault.NotAllowed, "not written down")
	})
	if fault.KindOf(err) != fault.NotAllowed || opens(w.as(paper)) == nil {
		t.Errorf("not written down: %v", err)
	}
	_, err = w.config.AddPaper(bg, desk.Words{}, func(identity []byte) error { paper = string(identity); return nil })
	w.must(err)
	w.must(opens(w.as(paper)))
	w.verified()
}

// same holds the seed of a token, as the store opens it, against the generated one.
func (w *world) same(c app.Config, i uint64) {
	w.t.Helper()
	d, done, err := c.Desk(bg)
	w.must(err)
	defer done()
	keys, err := d.Keys(bg)
	w.must(err)
	w.must(d.Store.View(bg, func(r desk.Reader) error {
		tok, err := r.Token(serial(i))
		w.must(err)
		seed, err := desk.OpenSeed(r, keys, tok.ID, tok.Serial)
		w.must(err)
		p := token.Params{Type: token.TOTP, Hash: token.SHA1, Digits: 6, Period: 30}
		got, err := otp.At(p, seed, 1000)
		w.must(err)
		if want, err := otp.At(p, token.NewSeed(gen.SeedFor(i, token.SHA1)), 1000); err != nil || got != want {
			w.t.Errorf("token %d has another seed", i)
		}
		return nil
	}))
}

func TestRotate(t *testing.T) {
	w := aLife(t)
	// Somebody works all the time, with the keys of before.
	d, done, err := w.config.Desk(bg)
	w.must(err)
	before, err := d.Keys(bg)
	w.must(err)
	res, err := w.config.Rotate(bg, desk.Words{Reason: "a custodian left"}, func(int, int) {})
	if err != nil || res.Resumed || res.Key != 3 || res.Seeds < 30 || res.Generation != 3 {
		t.Fatalf("%+v, %v", res, err)
	}
	w.must(d.Store.View(bg, func(r desk.Reader) error {
		tok, err := r.Token(serial(0))
		w.must(err)
		seed, err := desk.OpenSeed(r, before, tok.ID, tok.Serial) // opens the keys again
		w.must(err)
		seed.Clear()
		return nil
	}))
	w.must(done())
	w.same(w.config, 0)
	w.sound()
	again, err := w.config.Rotate(bg, desk.Words{}, func(int, int) {})
	if err != nil || again.Key != 4 || again.Seeds != res.Seeds {
		t.Errorf("%+v, %v", again, err)
	}
	w.sound()
}

// sound demands that verify and doctor, which opens every seed, find nothing.
func (w *world) sound() {
	w.t.Helper()
	w.verified()
	checks, err := w.config.Doctor(bg, true, func(int, int) {})
	w.must(err)
	for _, c := range checks {
		for _, f := range c.Findings {
			w.t.Errorf("%s: %s", c.Name, f.Problem)
		}
	}
}

// A rotation that is broken off leaves both keys, every seed opens, others work on,
// and the next one finishes it.
func TestRotationBrokenOff(t *testing.T) {
	w := emptyStore(t)
	d, done, err := w.config.Desk(bg)
	w.must(err)
	w.store(d, "oath-csv", gen.Plan{N: 5000, First: 0, Serials: 2600412300001})
	ctx, cancel := context.WithCancel(bg)
	_, err = w.config.Rotate(ctx, desk.Words{}, func(int, int) { cancel() }) // after the first slice
	if fault.KindOf(err) != fault.Interrupted || !strings.Contains(err.Error(), "broken off") {
		t.Fatalf("%v", err)
	}
	w.verified()
	for _, i := range []uint64{0, 1999, 2000, 4999} {
		w.same(w.config, i)
	}
	w.must(done())
	res, err := w.config.Rotate(bg, desk.Words{}, func(int, int) {})
	if err != nil || !res.Resumed || res.Key != 3 || res.Seeds >= 5000 || res.Seeds == 0 {
		t.Errorf("%+v, %v", res, err)
	}
	w.sound()
}

// Identities that age-keygen and ssh-keygen made.
func TestCustodiansOfOtherPrograms(t *testing.T) {
	w := aLife(t)
	dir := t.TempDir()
	made := func(file, name string, args ...string) (private, public string) {
		t.Helper()
		program, err := exec.LookPath(name)
		if err != nil && os.Getenv("FOB_NO_PEERS") == "1" {
			t.Skip(name + " is missing and FOB_NO_PEERS=1: not compared")
		}
		w.must(err)
		if out, err := exec.Command(program, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
		content, err := os.ReadFile(file)
		w.must(err)
		if half, err := os.ReadFile(file + ".pub"); err == nil {
			return string(content), string(half)
		}
		_, after, _ := strings.Cut(string(content), "public key: ")
		public, _, _ = strings.Cut(after, "\n")
		return string(content), public
	}
	ageFile, edFile, rsaFile := filepath.Join(dir, "age"), filepath.Join(dir, "ed"), filepath.Join(dir, "rsa")
	for file, call := range map[string][]string{
		ageFile: {"age-keygen", "-o", ageFile},
		edFile:  {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "eva@laptop", "-f", edFile},
		rsaFile: {"ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", rsaFile},
	} {
		private, public := made(file, call[0], call[1:]...)
		_, err := w.config.AddCustodian(bg, strings.TrimSpace(public), false, desk.Words{})
		w.must(err)
		if err := opens(w.as(private)); err != nil {
			t.Errorf("%v: %v", call, err)
		}
	}
	w.verified()
}

// Where the policy says so, a change of custodians and a rotation wait for a second
// person.
func TestGuardedKeys(t *testing.T) {
	w := emptyStore(t)
	d, done, err := w.config.Desk(bg)
	w.must(err)
	_, err = d.SetPolicy(bg, map[string]string{"second-person": "rotate,key-add,key-remove"}, desk.Words{Approver: "Eva"})
	w.must(err)
	w.must(done())
	var needed *request.Needed
	if _, err := w.config.Rotate(bg, desk.Words{}, func(int, int) {}); !errors.As(err, &needed) {
		t.Errorf("rotate: %v", err)
	}
	id, err := age.GenerateX25519Identity()
	w.must(err)
	if _, err := w.config.AddCustodian(bg, id.Recipient().String(), false, desk.Words{}); !errors.As(err, &needed) {
		t.Errorf("add: %v", err)
	}
	if _, err := w.config.AddPaper(bg, desk.Words{}, func([]byte) error { t.Error("shown"); return nil }); !errors.As(err, &needed) {
		t.Errorf("paper: %v", err)
	}
	w.sound()
}
