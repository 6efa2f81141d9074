package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What a row of a bulk insert costs beside SQLite's own work is its values, so this
// file spares them: statements of many rows go to the driver past database/sql,
// which checks, converts and locks for each value; what all rows share stands in
// the statement; and SQLite counts up ids that rise by one, for one that is given
// costs a search.
//
// rowsPerStatement is how many rows one INSERT carries: measured, more gain
// nothing.
const rowsPerStatement = 100

// insertRows inserts rows of values that drivers know: int64, string, []byte, nil.
func insertRows(ctx context.Context, conn *sql.Conn, table string, columns []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if counts, err := countsUp(ctx, conn, table, columns, rows); err != nil {
		return err
	} else if counts && len(rows) > 1 {
		if err := insertRows(ctx, conn, table, columns, rows[:1]); err != nil {
			return err
		}
		columns, rows = columns[1:], rows[1:]
		for i := range rows {
			rows[i] = rows[i][1:]
		}
	}
	var names, values []string
	var own []int // columns whose values differ
	for c, name := range columns {
		value, shared := literal(rows, c)
		if !shared {
			own = append(own, c)
		}
		if value != "NULL" {
			names, values = append(names, name), append(values, value)
		}
	}
	head := fmt.Sprintf("INSERT INTO %s (%s) VALUES ", table, strings.Join(names, ", "))
	tuple := "(" + strings.Join(values, ",") + ")"
	return conn.Raw(func(c any) error {
		var full driver.Stmt
		for chunk := range slices.Chunk(rows, rowsPerStatement) {
			s := full
			if s == nil || len(chunk) < rowsPerStatement {
				var err error
				if s, err = c.(driver.Conn).Prepare(head + strings.Repeat(tuple+",", len(chunk)-1) + tuple); err != nil {
					return err
				}
				defer s.Close()
				full = s // a shorter one is the last
			}
			args := make([]driver.NamedValue, 0, len(chunk)*len(own))
			for _, row := range chunk {
				for _, c := range own {
					args = append(args, driver.NamedValue{Ordinal: len(args) + 1, Value: row[c]})
				}
			}
			// A statement is short: that the context ended is seen before the next one.
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, err := s.(driver.StmtExecContext).ExecContext(context.Background(), args); err != nil {
				return err
			}
		}
		return nil
	})
}

// literal is what stands for a column in the statement: a number or NULL that all
// rows share, else a parameter.
func literal(rows [][]any, column int) (text string, shared bool) {
	first, isInt := rows[0][column].(int64)
	for _, row := range rows {
		n, is := row[column].(int64)
		if is != isInt || n != first || !is && row[column] != nil {
			return "?", false
		}
	}
	if isInt {
		return strconv.FormatInt(first, 10), true
	}
	return "NULL", true
}

// countsUp reports whether the first column is an id that SQLite would count up by
// itself from that of the first row.
func countsUp(ctx context.Context, conn *sql.Conn, table string, columns []string, rows [][]any) (is bool, err error) {
	if columns[0] != "id" {
		return false, nil
	}
	first := rows[0][0].(int64)
	for i, row := range rows {
		if row[0].(int64) != first+int64(i) {
			return false, nil
		}
	}
	err = conn.QueryRowContext(ctx, fmt.Sprintf("SELECT NOT EXISTS (SELECT 1 FROM %s WHERE id >= $1)", table), first).Scan(&is)
	return is, err
}
