package authenex

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"fob/internal/rows"
)

// The statements that a dump may have beside its INSERTs: those that change no
// rows, and those that may only while there are none.
var (
	harmless = []string{"USE", "SET", "GO", "BEGIN", "START", "COMMIT", "LOCK", "UNLOCK", "PRINT"}
	before   = []string{"CREATE", "ALTER", "DROP", "TRUNCATE", "DELETE"}
)

// changing are words that would do something to the rows, were the statement run
// that they stand in.
var changing = []string{"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "SELECT", "EXEC", "EXECUTE", "CALL", "LOAD", "COPY"}

func among(l lexeme, words []string) bool {
	return l.kind == word && slices.Contains(words, strings.ToUpper(string(l.text)))
}

// statement reads one statement up to the values of an INSERT INTO OTP, or as a
// whole; io.EOF behind the last.
func (r *reader) statement() error {
	l, err := r.in.next()
	switch {
	case err != nil:
		return err
	case l.kind == ends:
		return r.end()
	}
	r.unclosed = false
	switch {
	case l.is(';'):
		r.closed = true
		return nil
	case l.says("INSERT"):
		return r.insert()
	case among(l, harmless), among(l, before) && r.records == 0:
		return r.skip()
	case among(l, before):
		return r.in.refuse("%s behind the tokens: fob does not know what it does to them", strings.ToUpper(string(l.text)))
	}
	return r.in.refuse("a statement that fob does not know; it reads INSERT INTO OTP, and runs nothing")
}

// end judges the file as a whole.
func (r *reader) end() error {
	switch {
	case r.records == 0:
		return r.in.refuse("the file has no INSERT INTO OTP")
	case r.unclosed && r.closed:
		return r.in.refuse("the file seems cut off: its last statement has no semicolon, and others do")
	}
	return io.EOF
}

// skip passes over a statement: to its semicolon, or to a line that begins with
// another.
func (r *reader) skip() error {
	depth := 0
	for {
		l, err := r.in.next()
		starts := l.first && depth == 0 && (l.says("INSERT") || among(l, harmless) || among(l, before))
		switch {
		case err != nil:
			return err
		case l.kind == ends, starts:
			r.in.back(l)
			return nil
		case l.is(';') && depth == 0:
			r.closed = true
			return nil
		case l.is('('):
			depth++
		case l.is(')'):
			depth--
		case depth == 0 && among(l, changing):
			return r.in.refuse("%s inside another statement: fob does not know what it does to the tokens", strings.ToUpper(string(l.text)))
		}
	}
}

// insert reads INSERT INTO OTP (columns) VALUES.
func (r *reader) insert() error {
	if err := r.expect("INTO"); err != nil {
		return err
	}
	name, l, err := r.name()
	if err != nil {
		return err
	}
	if !bytes.EqualFold(name, []byte("OTP")) {
		r.others++
		r.in.back(l)
		return r.skip()
	}
	if !l.is('(') {
		return r.in.refuse("INSERT INTO OTP names no columns: which of them is the seed?")
	}
	if err := r.columnNames(l.line); err != nil {
		return err
	}
	if err := r.expect("VALUES"); err != nil {
		return err
	}
	r.inside, r.in.strict = true, true
	return nil
}

func (r *reader) expect(keyword string) error {
	l, err := r.in.next()
	if err == nil && l.kind == ends {
		err = r.cutOff()
	}
	if err == nil && !l.says(keyword) {
		err = r.in.refuse("an INSERT of another form than INSERT INTO OTP (columns) VALUES (values)")
	}
	return err
}

func (r *reader) cutOff() error { return r.in.refuse("the file is cut off inside an INSERT") }

// name reads the name of a table, of which the last part counts, and the lexeme
// behind it.
func (r *reader) name() (name []byte, after lexeme, err error) {
	for {
		l, err := r.in.next()
		switch {
		case err != nil:
			return nil, l, err
		case l.kind == ends:
			return nil, l, r.cutOff()
		case l.kind != word && l.kind != quoted:
			return nil, l, r.in.refuse("an INSERT into something that is no table")
		}
		name = l.text
		if l, err = r.in.next(); err != nil || !l.is('.') {
			return name, l, err
		}
	}
}

// columnNames reads the names of columns up to their closing parenthesis.
func (r *reader) columnNames(line int) error {
	names := rows.Row{Line: line}
	for {
		l, err := r.in.next()
		switch {
		case err != nil:
			return err
		case l.kind == ends:
			return r.cutOff()
		case l.kind != word && l.kind != quoted:
			return r.in.refuse("the list of columns holds something that is no name")
		case len(names.Fields) == maxColumns:
			return r.in.refuse("more than %d columns", maxColumns)
		}
		names.Fields = append(names.Fields, l.text)
		more, err := r.comma()
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if err := r.table.Head(names); err != nil {
		return err
	}
	r.ignored = r.table.Columns.IgnoredNote(Name)
	return nil
}

// comma reads what stands behind a part of a list: a comma, or its end.
func (r *reader) comma() (more bool, err error) {
	l, err := r.in.next()
	switch {
	case err != nil:
		return false, err
	case l.kind == ends:
		return false, r.cutOff()
	case !l.is(',') && !l.is(')'):
		return false, r.in.refuse("a list holds something that is neither a quoted text nor a number: fob computes nothing")
	}
	return l.is(','), nil
}

// values reads the values of one row, and what follows them.
func (r *reader) values() (rows.Row, error) {
	l, err := r.in.next()
	switch {
	case err != nil:
		return rows.Row{}, err
	case l.kind == ends:
		return rows.Row{}, r.cutOff()
	case !l.is('('):
		return rows.Row{}, r.in.refuse("VALUES holds something that is no row in parentheses")
	}
	row := rows.Row{Line: l.line}
	for more := true; more; {
		l, err := r.in.next()
		switch {
		case err != nil:
			return rows.Row{}, err
		case l.kind == ends:
			return rows.Row{}, r.cutOff()
		case l.says("NULL"):
			l.text = nil
		case l.kind != text && l.kind != number:
			return rows.Row{}, r.in.refuse("a value that is neither a quoted text nor a number: fob computes nothing")
		case len(row.Fields) == maxColumns:
			return rows.Row{}, r.in.refuse("more than %d values", maxColumns)
		}
		row.Fields = append(row.Fields, l.text)
		if more, err = r.comma(); err != nil {
			return rows.Row{}, err
		}
	}
	return row, r.behind()
}

// behind reads what follows a row: a comma and another one, or the end of the
// statement, which may have no semicolon before the next line.
func (r *reader) behind() error {
	r.in.strict = false
	l, err := r.in.next()
	switch {
	case err != nil:
		return err
	case l.is(','):
		r.in.strict = true
		return nil
	case l.is(';'):
		r.closed, r.inside, r.unclosed = true, false, false
		return nil
	case l.kind == ends || l.kind == word && l.first:
		r.inside, r.unclosed = false, true
		r.in.back(l)
		return nil
	}
	return r.in.refuse("something behind the values of an INSERT that fob does not know")
}
