package store

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"fob/internal/desk"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/token"
)

// childVar names what a process started from this test binary is to do.
const childVar = "FOB_STORE_TEST_CHILD"

var children = map[string]func(args []string) error{
	"read": childRead, "write": childWrite, "count": childCount, "load": childLoad,
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
	return s.snapshot(bg, func(q *queries) error {
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
	return hinted(s.update(bg, func(q *queries) error { return q.Append(testEvent(s.id, token.CmdCheck)) }))
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
		if err := countUp(s, token.Serial(args[1])); err != nil {
			return err
		}
	}
	return nil
}

func countUp(s *Store, serial token.Serial) error {
	return s.Update(bg, func(tx desk.Tx) error {
		t, err := tx.Token(serial)
		if err != nil {
			return err
		}
		t.Failures++
		if err := tx.SaveToken(t); err != nil {
			return err
		}
		return tx.Append(testEvent(s.id, token.CmdCheck))
	})
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
	if _, err := s.HoldLoad(b.UUID); err != nil {
		return err
	}
	if err := s.update(bg, func(q *queries) error { _, err := fill(q, b, strings.Split(args[2], ",")...); return err }); err != nil {
		return err
	}
	fmt.Println("loading")
	select {}
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
		must(t, countUp(s, "S1"))
	}
	for _, c := range commands {
		must(t, c.Wait())
	}
	s.mustRead(t, func(q *queries) error {
		tok, err := q.Token("S1")
		if err != nil || tok.Failures != 3*each {
			t.Errorf("%d failures were counted, not %d; %v", tok.Failures, 3*each, err)
		}
		if head, err := q.Head(); err != nil || head.Seq != 1+3*each {
			t.Errorf("the trail has %d events, not %d; %v", head.Seq, 1+3*each, err)
		}
		return nil
	})
	verifyTrail(t, s)
}
