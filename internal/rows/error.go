package rows

import "fmt"

// Error says that the text itself is at fault. Like all errors of this package
// it holds no field's content. Trouble in reading is passed on as it comes and
// is never an Error.
type Error struct {
	Line   int    // where the row begins, from 1; 0: the whole file is at fault
	Sheet  string // that the row stands in; empty: the file is a text, or a workbook as a whole
	Msg    string
	Remedy string // what a person can do
	Err    error  // for errors.Is; nil: nothing more to tell
}

// Error is "line 17: what is wrong".
func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return e.Msg
	case e.Sheet != "":
		return fmt.Sprintf("sheet %q, row %d: %s", e.Sheet, e.Line, e.Msg)
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
}

// Unwrap gives the cause, where there is one.
func (e *Error) Unwrap() error { return e.Err }

// Hint is the remedy.
func (e *Error) Hint() string { return e.Remedy }

// Malformed tells rooms that do not know this package that the text is at
// fault, not the disk.
func (e *Error) Malformed() bool { return true }

func errorAt(line int, remedy, format string, args ...any) *Error {
	return &Error{Line: line, Msg: fmt.Sprintf(format, args...), Remedy: remedy}
}
