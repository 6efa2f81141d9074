package stock

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/stocktake"
	"fob/internal/token"
)

// session are the labels of a stocktake on the terminal, and the file that keeps
// them. It is a list that `fob stocktake FILE` reads as well.
type session struct {
	file *os.File // nil: nobody asked for one
	line int
}

// maxSession bounds what is taken up again.
const maxSession = 64 << 20

// openSession makes the file, or takes up the labels that it holds. A last line
// without end was cut by whatever interrupted it, and was never answered: it goes.
func openSession(path, place string) (s *session, before []stocktake.Scan, err error) {
	s = &session{}
	if path == "" {
		return s, nil, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if s.file, err = term.NewFile("--session", path); err == nil {
			err = s.put(stocktake.SessionMark + place)
		}
		return s, nil, err
	}
	if err != nil {
		return s, nil, fault.Wrap(fault.Internal, term.Cause(err), "--session %s cannot be opened", path)
	}
	s.file = file
	if before, err = s.takeUp(place); err != nil {
		file.Close()
	}
	return s, before, err
}

func (s *session) takeUp(place string) ([]stocktake.Scan, error) {
	text, err := io.ReadAll(io.LimitReader(s.file, maxSession))
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "reading %s", s.file.Name())
	}
	whole := text[:bytes.LastIndexByte(text, '\n')+1]
	scans, err := stocktake.ReadScans(bytes.NewReader(whole))
	switch {
	case err != nil || scans.Of == "":
		return nil, fault.Errorf(fault.Refused, "--session %s: the file is not the session of a stocktake; nothing was changed", s.file.Name()).
			WithHint("name a new file, or leave --session out and name the file itself")
	case token.LocationKey(scans.Of) != token.LocationKey(place):
		return nil, otherSession(s.file.Name(), scans.Of, place)
	}
	if err := s.file.Truncate(int64(len(whole))); err != nil {
		return nil, fault.Wrap(fault.Internal, err, "writing %s", s.file.Name())
	}
	s.line = bytes.Count(whole, []byte("\n"))
	return scans.All, nil
}

func otherSession(path, of, place string) error {
	return fault.Errorf(fault.NotAllowed, "%s is the stocktake of %s, not of %s; nothing was changed", path, of, place).
		WithHint("--location says which place it is; another place is another file")
}

// add keeps a label before it is answered.
func (s *session) add(label string) (stocktake.Scan, error) {
	scan := stocktake.Scan{Reading: token.ReadScan(label)}
	if scan.Reading.Secret {
		label = scan.Reading.Text
	}
	s.line++
	scan.Line = s.line
	return scan, s.put(strings.ReplaceAll(strings.ToValidUTF8(strings.TrimLeft(label, "#"), "?"), "\x00", ""))
}

func (s *session) put(line string) error {
	if s.file == nil {
		return nil
	}
	_, err := s.file.WriteString(line + "\n")
	if err = errors.Join(err, s.file.Sync()); err != nil {
		return fault.Wrap(fault.Internal, err, "writing %s", s.file.Name())
	}
	return nil
}

func (s *session) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// countTerminal reads the reader on the terminal until somebody says done. What
// interrupts it comes beside what was counted until then.
func countTerminal(ctx context.Context, r *term.Run, o *stocktakeOptions, place string) (s *stocktake.Result, interrupted, err error) {
	if r.JSON {
		return nil, nil, fault.Errorf(fault.Usage, "--json never asks, and no file of scans was named").WithHint("name the file, - for standard input")
	}
	t, err := term.OpenTerminal("no file of scans was named", "name the file, - for standard input")
	if err != nil {
		return nil, nil, err
	}
	defer t.Close()
	kept, before, err := openSession(o.session, place)
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = cmp.Or(err, kept.close()) }()
	c := &conversationCount{root: r, t: t, kept: kept, count: stocktake.NewCount(place, term.Wording{})}
	if err := c.begin(ctx, before, place); err != nil {
		return nil, nil, err
	}
	for err == nil && interrupted == nil && !c.done {
		interrupted, err = c.next(ctx)
	}
	if err != nil {
		return nil, nil, err
	}
	if interrupted != nil {
		interrupted = c.stopped(o)
	}
	err = r.WithReports(context.WithoutCancel(ctx), func(reader report.Reader) error {
		s, err = c.count.Finish(reader)
		return err
	})
	return s, interrupted, err
}

// conversationCount is a stocktake on the terminal.
type conversationCount struct {
	root   *term.Run
	t      *term.Terminal
	kept   *session
	count  *stocktake.Count
	labels int
	done   bool
}

func (c *conversationCount) begin(ctx context.Context, before []stocktake.Scan, place string) error {
	c.labels = len(before)
	if c.labels > 0 {
		c.t.Say("%s of before taken up.", term.Count(c.labels, "label"))
	}
	c.t.Say("Scan what is in %s. \"done\" ends it.", place)
	return c.root.WithReports(ctx, func(reader report.Reader) error {
		_, err := c.count.Add(reader, before)
		return err
	})
}

// next asks for a label and answers it. A reader that is set to send tabs sends
// several before somebody presses Enter.
func (c *conversationCount) next(ctx context.Context) (interrupted, err error) {
	line, err := c.t.Ask(ctx, fmt.Sprintf("%d", c.labels+1))
	if err != nil {
		return err, nil
	}
	for label := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == '\t' }) {
		switch label = strings.TrimSpace(label); {
		case label == "":
			continue
		case strings.EqualFold(label, "done"):
			c.done = true
			return nil, nil
		}
		scan, err := c.kept.add(label)
		if err != nil {
			return nil, err
		}
		c.labels++
		if err := c.answer(ctx, scan); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (c *conversationCount) answer(ctx context.Context, scan stocktake.Scan) error {
	return c.root.WithReports(ctx, func(reader report.Reader) error {
		all, err := c.count.Add(reader, []stocktake.Scan{scan})
		if err != nil {
			return err
		}
		word, right := answerWords(all[0])
		if c.t.Say("%s", word); !right {
			fmt.Fprint(c.t.Tty, "\a")
		}
		return nil
	})
}

func answerWords(f *stocktake.Found) (word string, right bool) {
	switch {
	case f.Finding == stocktake.Right:
		return "ok", true
	case f.Finding == stocktake.Again:
		return "again", true
	case f.Finding == stocktake.Unknown:
		word = "unknown"
	case f.Finding == stocktake.Misplaced && f.State != token.Assigned:
		word = "elsewhere"
	default:
		word = string(f.State)
	}
	return strings.ToUpper(word) + ": " + f.Todo(), false
}

// stopped tells what became of the labels.
func (c *conversationCount) stopped(o *stocktakeOptions) error {
	err := fault.Errorf(fault.Interrupted, "the stocktake was interrupted after %s; nothing was changed", term.Count(c.labels, "label"))
	if o.session == "" {
		return err.WithHint("above is what they say; with --session FILE they are kept, and the next call goes on")
	}
	return err.WithHint("they are kept in %s: the same command goes on", o.session)
}
