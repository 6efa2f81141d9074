package app_test

import (
	"context"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"testing"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/intake"
	"fob/internal/people"
	"fob/internal/seedfile"
	"fob/internal/store"
	"fob/internal/token"
	"fob/tools/seedgen/gen"
)

// Names may pass on in a ring, an account that somebody typed may turn out to be the
// new name of another, and the trail still rebuilds whose every token is.
func TestRenamesInARing(t *testing.T) {
	w := emptyStore(t)
	d, done, err := w.config.Desk(context.Background())
	w.must(err)
	w.importFile(d, "../../testdata/seedfiles/delivery.csv")
	take := func(text string) people.Reconciled {
		t.Helper()
		l, err := people.ReadList("people.csv", strings.NewReader(text), people.ListOptions{})
		w.must(err)
		res, err := registry(d).Reconcile(context.Background(), people.Reconcile{List: l, AtLeast: 0, Store: true})
		w.must(err)
		return res
	}
	take("login,id\nanna,1\nben,2\ncleo,3\n")
	for i, account := range []token.Account{"anna", "ben", "cleo"} {
		w.move(d, uint64(i), token.CmdAssign, token.Assigned, account)
	}
	_, err = d.Move(context.Background(), desk.Change{Serial: serial(3), By: token.CmdAssign, To: token.Assigned, NewAccount: true,
		Words: desk.Words{Account: "Dora"}})
	w.must(err)
	if res := take("login,id\nben,1\nanna,2\ndora,3\n"); res.Renamed != 3 || res.Left != 0 {
		t.Errorf("%+v", res)
	}
	w.whose(d, "ben", "anna", "dora", "dora")
	w.move(d, 4, token.CmdAssign, token.Assigned, "anna") // who was ben
	take("login,id\nanna,1\nben,2\ndora,3\n")
	w.whose(d, "anna", "ben", "dora", "dora", "ben")
	w.must(done())
	if r, err := w.config.VerifyTrail(context.Background(), nil); err != nil || !r.OK() {
		t.Errorf("%v %q", err, r.Problems)
	}
}

// whose demands that tokens 0, 1, 2… are these accounts'.
func (w *world) whose(d *desk.Desk, accounts ...string) {
	w.t.Helper()
	var got []string
	for i := range accounts {
		w.must(d.Store.View(context.Background(), func(r desk.Reader) error {
			tok, err := r.Token(serial(uint64(i)))
			got = append(got, tok.Account.Key())
			return err
		}))
	}
	if fmt.Sprint(got) != fmt.Sprint(accounts) {
		w.t.Errorf("the tokens are %v's, not %v's", got, accounts)
	}
}

// A list may be there before any token: a file of several slices that gives tokens
// to somebody whom it does not have is refused all the same.
func TestLargeFileForNobody(t *testing.T) {
	w := emptyStore(t)
	d, done, err := w.config.Desk(context.Background())
	w.must(err)
	defer func() { w.must(done()) }()
	l, err := people.ReadList("people.csv", strings.NewReader("login\nanna\n"), people.ListOptions{})
	w.must(err)
	_, err = registry(d).Reconcile(context.Background(), people.Reconcile{List: l, Store: true})
	w.must(err)
	src := filed{"upn,serial number,secret key,time interval,manufacturer,model\n"}
	for i := range intake.SliceSize + 9 {
		account := ""
		switch i {
		case 3:
			account = "anna"
		case intake.SliceSize + 5:
			account = "nobody"
		}
		src.text += fmt.Sprintf("%s,X%06d,%s,30,ACME,c200\n", account, i, base32.StdEncoding.EncodeToString(gen.SeedFor(uint64(i), token.SHA1)))
	}
	f, _, err := app.FindFormat(src, "", seedfile.Options{})
	w.must(err)
	req := intake.Import{Source: src, Format: f}
	res, err := intakeOf(d).Import(context.Background(), req)
	if fault.KindOf(err) != fault.Refused || res.Stored || len(res.Rejects) != 1 || !strings.Contains(res.Rejects[0].Reason.String(), "there is no account nobody on the list") {
		t.Errorf("%v, stored %v, %+v", err, res.Stored, res.Rejects)
	}
	req.NewAccount = true
	if res, err = intakeOf(d).Import(context.Background(), req); err != nil || res.Assigned != 2 {
		t.Errorf("%v, %d assigned", err, res.Assigned)
	}
}

// filed is a file in memory.
type filed struct{ text string }

func (f filed) Name() string                 { return "people.csv" }
func (f filed) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(f.text)), nil }

// registry is where people are known, on the store of a desk.
func registry(d *desk.Desk) *people.Registry {
	return &people.Registry{Store: store.For[people.Reader, people.Tx]{Store: d.Store.(*store.Store)}, Desk: d}
}
