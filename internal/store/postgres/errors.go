package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"fob/internal/fault"
)

// SQLSTATEs that say what a person can do something about.
const (
	uniqueViolation   = "23505"
	serialization     = "40001"
	deadlock          = "40P01"
	lockNotAvailable  = "55P03"
	diskFull          = "53100"
	tooMany           = "53300"
	wrongPassword     = "28P01"
	notAuthorised     = "28000"
	noDatabase        = "3D000"
	noPrivilege       = "42501"
	noTable           = "42P01"
	readOnly          = "25006"
	dataCorrupted     = "XX001"
	indexCorrupted    = "XX002"
	connectionClasses = "08 57" // exceptions of the connection, shutdown of the server
)

// code is the SQLSTATE of an error, "" where the server said nothing.
func code(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// errUnanswered says that a commit was called off before it was answered, or the
// connection ended.
var errUnanswered = errors.New("the commit was not answered")

func (e *engine) IsTaken(err error) bool { return code(err) == uniqueViolation }

// IsUnreadable also holds for what database/sql cannot make of a value.
func (e *engine) IsUnreadable(err error) bool {
	switch c := code(err); c {
	case "":
		return !isLost(err)
	case dataCorrupted, indexCorrupted, noTable, "42703": // a column that is gone
		return true
	default:
		return strings.HasPrefix(c, "22") // a value that does not fit its type
	}
}

// IsLost reports whether the connection ended.
func (e *engine) IsLost(err error) bool { return isLost(err) }

func isLost(err error) bool {
	if c := code(err); c != "" {
		return strings.Contains(connectionClasses, c[:2]) && c != "57014" // a statement that was cancelled
	}
	var network net.Error
	var connect *pgconn.ConnectError
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errUnanswered) || errors.Is(err, driver.ErrBadConn) ||
		err != nil && strings.Contains(err.Error(), "conn closed") // pgx has no value for it
}

// IsAborted reports whether the server ended a transaction only because another one
// was in its way.
func (e *engine) IsAborted(err error) bool {
	return code(err) == serialization || code(err) == deadlock
}

func (e *engine) Explain(err error, doing string) error { return explain(err, doing, e.where) }

// explain words the server's errors and, where a person can do something, the next
// step.
func explain(err error, doing, where string) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	wrap := func(words, hint string) error {
		return fault.Wrap(fault.Internal, oneLine{err}, "%s", words).WithHint("%s", hint)
	}
	var server *pgconn.PgError
	switch c := code(err); c {
	case "":
		if isLost(err) {
			return wrap(where+" cannot be reached", "look whether the server runs and its name and port are right; nothing of this command was stored")
		}
		return err
	case diskFull:
		return wrap("the disk of the server is full; nothing of this command was stored", "make room on the server, then try again")
	case tooMany:
		return wrap(where+" has no connection left", "try again, or raise max_connections on the server")
	case wrongPassword, notAuthorised:
		return wrap(where+" does not let this user in", "put the password into the file that PGPASSFILE names, or look at the server's pg_hba.conf")
	case noDatabase:
		return wrap("there is no database at "+where, "make one with createdb, then the store in it")
	case noPrivilege:
		return wrap("this user of the database may not do that", "grant it the role fob_app; auditors have fob_audit, which only reads")
	case readOnly:
		return wrap(where+" only reads: it is a standby, or this user may not write", "name the primary server")
	case lockNotAvailable:
		return wrap("somebody else is writing to the store, and did not end in time", "try again; pg_stat_activity on the server shows who it is")
	case serialization, deadlock:
		return wrap("others wrote at the same time, again and again", "try again; nothing of this command was stored")
	case dataCorrupted, indexCorrupted:
		return wrap(doing, "the database is damaged: restore a backup on the server")
	default:
		if errors.As(err, &server) && strings.HasPrefix(c, "23") {
			return wrap(doing, "this is a defect of fob: report it with this message; nothing was changed")
		}
		if isLost(err) {
			return wrap(where+" ended the connection", "look whether the server runs; nothing of this command was stored")
		}
	}
	return fault.Wrap(fault.Internal, err, "%s", doing)
}

// oneLine is an error of the driver, which tells of several servers in a line each.
type oneLine struct{ error }

func (e oneLine) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }
func (e oneLine) Unwrap() error { return e.error }
