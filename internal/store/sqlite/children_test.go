package sqlite

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/store/storetest"
	"fob/internal/token"
)

// childVar names what a process started from this test binary is to do.
const childVar = "FOB_STORE_TEST_CHILD"

var children = map[string]func(args []string) error{
	"read": childRead, "write": childWrite, "count": childCount, "load": childLoad, "hold": childHold,
}

func child(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childVar+"="+name)
	return cmd
}

// runChild gives what a child printed, and its error text as an error.
func runChild(name string, args ...string) (string, error) {
	cmd := child(name, args...)
	var out, trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &trouble
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%w: %s", err, trouble.String())
	}
	return out.String(), nil
}

// becomeNobody gives up root, whom no permission stops.
func becomeNobody() error {
	if os.Getuid() != 0 {
		return nil
	}
	const nobody = 65534
	if err := syscall.Setgroups(nil); err != nil {
		return err
	}
	if err := syscall.Setgid(nobody); err != nil {
		return err
	}
	return syscall.Setuid(nobody)
}

// childRead prints the serials of a store, as nobody.
func childRead(args []string) error {
	if err := becomeNobody(); err != nil {
		return err
	}
	s, err := OpenReadOnly(bg, args[0])
	if err != nil {
		return hinted(err)
	}
	defer s.Close()
	return s.Snapshot(bg, func(q report.Reader) error {
		for t, err := range q.Tokens(report.Filter{}) {
			if err != nil {
				return err
			}
			fmt.Println(t.Serial)
		}
		return nil
	})
}

// childWrite opens a store for writing and writes, as nobody.
func childWrite(args []string) error {
	if err := becomeNobody(); err != nil {
		return err
	}
	s, err := Open(bg, args[0])
	if err != nil {
		return hinted(err)
	}
	defer s.Close()
	return hinted(storetest.Write(s, func(q storetest.Tx) error { return q.Append(testEvent(s.ID(), token.CmdCheck)) }))
}

func hinted(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w\n%s", err, fault.HintOf(err))
}

// childCount counts a token's failures up, so many times, with an event each.
func childCount(args []string) error {
	n, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	s, err := Open(bg, args[0])
	if err != nil {
		return err
	}
	defer s.Close()
	for range n {
		if err := storetest.CountUp(s, token.Serial(args[1])); err != nil {
			return err
		}
	}
	return nil
}

// childLoad begins a load, says which, and waits to be killed.
func childLoad(args []string) error {
	s, err := Open(bg, args[0])
	if err != nil {
		return err
	}
	b := newBatch("killed.csv")
	if b.UUID, err = uuid.Parse(args[1]); err != nil {
		return err
	}
	release, err := s.HoldLoad(b.UUID)
	if err != nil {
		return err
	}
	defer release() // also keeps the lock from being collected
	if err := storetest.Write(s, func(q storetest.Tx) error { _, err := storetest.Fill(q, b, strings.Split(args[2], ",")...); return err }); err != nil {
		return err
	}
	fmt.Println("loading")
	time.Sleep(time.Hour) // a select without cases is a deadlock, where no goroutine is left
	return nil
}

func TestTwoProcessesWriteAtOnce(t *testing.T) {
	const each = 60
	path := newPath(t)
	s := openStore(t, path)
	addBatch(t, s, newBatch("a"), "S1")
	commands := []*exec.Cmd{child("count", path, "S1", strconv.Itoa(each)), child("count", path, "s1", strconv.Itoa(each))}
	for _, c := range commands {
		c.Stderr = os.Stderr
		must(t, c.Start())
	}
	for range each {
		must(t, storetest.CountUp(s, "S1"))
	}
	for _, c := range commands {
		must(t, c.Wait())
	}
	must(t, s.View(bg, func(q desk.Reader) error {
		tok, err := q.Token("S1")
		if tok.Failures != 3*each {
			t.Errorf("%d failures were counted, not %d", tok.Failures, 3*each)
		}
		return err
	}))
	if r, err := s.Verify(bg, nil); err != nil || r.Events != 1+3*each {
		t.Errorf("%d events, %v", r.Events, err)
	}
}

func TestSweep(t *testing.T) {
	path := newPath(t)
	s := openStore(t, path)
	addBatch(t, s, newBatch("done.csv"), "S1")
	release, err := s.HoldLoad(uuid.New()) // of no interest to the sweep
	must(t, err)
	defer release()
	id := uuid.New()
	loader := child("load", path, id.String(), strings.Join(numbered("L", 0, 300), ","))
	loader.Stderr = os.Stderr
	out, err := loader.StdoutPipe()
	must(t, err)
	must(t, loader.Start())
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "loading\n" {
		t.Fatalf("the loader says %q, %v", line, err)
	}
	for _, query := range loadTables {
		if n := number(t, s, query); n < 1 {
			t.Errorf("%s: %d while loading", query, n)
		}
	}
	must(t, s.SweepLoads(bg))
	if n := number(t, s, loadTables[0]); n != 300 {
		t.Errorf("the rows of a living loader: %d are left", n)
	}
	if _, err := s.HoldLoad(id); fault.KindOf(err) != fault.Internal {
		t.Errorf("a second loader of one batch: %v", err)
	}
	must(t, loader.Process.Kill())
	_ = loader.Wait() // it was killed
	must(t, s.SweepLoads(bg))
	for _, query := range loadTables {
		if n := number(t, s, query); n != 0 {
			t.Errorf("%s: %d after the sweep", query, n)
		}
	}
	if _, err := os.Lstat(s.Engine.(*engine).loadPath(id)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the loader's lock file is left: %v", err)
	}
	if n := number(t, s, `SELECT COUNT(*) FROM token`); n != 1 {
		t.Errorf("the store holds %d tokens", n)
	}
	addBatch(t, s, newBatch("again.csv"), numbered("L", 0, 300)...)
}

var loadTables = []string{
	`SELECT COUNT(*) FROM token WHERE serial_key LIKE 'L%'`,
	`SELECT COUNT(*) FROM batch WHERE loading = 1`,
	`SELECT COUNT(*) - 1 FROM fingerprint`,
}

// childHold says that it has its turn, and keeps it until it is killed.
func childHold(args []string) error {
	s, err := Open(bg, args[0])
	if err != nil {
		return err
	}
	return storetest.Write(s, func(storetest.Tx) error {
		fmt.Println("held")
		time.Sleep(time.Hour)
		return nil
	})
}
