package rows

import "fmt"

// Error says that the text itself is at fault. Like all errors of this package
// it holds no field's content. Trouble in reading is passed on as it comes and
// is never an Error.
type Error struct {
	Line   int // where the row begins, from 1
	Msg    string
	Remedy string // what a person can do
}

// Error is "line 17: what is wrong".
func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// Hint is the remedy.
func (e *Error) Hint() string { return e.Remedy }

// Malformed tells rooms that do not know this package that the text is at
// fault, not the disk.
func (e *Error) Malformed() bool { return true }

func errorAt(line int, remedy, format string, args ...any) *Error {
	return &Error{Line: line, Msg: fmt.Sprintf(format, args...), Remedy: remedy}
}
