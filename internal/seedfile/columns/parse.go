package columns

import (
	"strconv"
	"strings"

	"fob/internal/fault"
	"fob/internal/rows"
	"fob/internal/seedfile/table"
)

// mapping is what --columns says.
type mapping []choice

// choice says where one column is found.
type choice struct {
	column table.Column
	number int    // from 1; 0: by name
	name   string // as rows.Name gives it
}

const usage = "write it like serial=2,seed=3,type=Art: serial and seed, and what else the file has of " +
	"type, digits, hash, counter, period, t0, manufacturer, model, account; ignore= names a column that means none of these"

// ignore is what --columns calls a column that is not to be read.
const ignore = "ignore"

// parse reads the flag.
func parse(text string) (mapping, error) {
	if strings.TrimSpace(text) == "" {
		return nil, wrong("the format %s needs --columns", Name)
	}
	var m mapping
	has := map[table.Column]bool{}
	for part := range strings.SplitSeq(text, ",") {
		c, err := parseChoice(part)
		if err != nil {
			return nil, err
		}
		if has[c.column] && c.column != table.Other {
			return nil, wrong("--columns names the %s twice", c.column)
		}
		has[c.column] = true
		m = append(m, c)
	}
	for _, c := range []table.Column{table.Serial, table.Seed} {
		if !has[c] {
			return nil, wrong("--columns does not say which column is the %s", c)
		}
	}
	return m, nil
}

func parseChoice(part string) (c choice, err error) {
	key, where, _ := strings.Cut(part, "=")
	where = strings.TrimSpace(where)
	known := rows.Name([]byte(key)) == ignore
	if c.column = table.Other; !known {
		c.column, known = table.Names()[rows.Name([]byte(key))]
	}
	if !known {
		return c, wrong("--columns: %q is nothing that a token has", strings.TrimSpace(key))
	}
	n, err := strconv.Atoi(where)
	switch {
	case err == nil && n >= 1 && n <= rows.MaxColumns:
		c.number = n
	case err == nil:
		return c, wrong("--columns: there is no column %d; they count from 1 to %d", n, rows.MaxColumns)
	default:
		if c.name = rows.Name([]byte(where)); c.name == "" {
			return c, wrong("--columns: %s= has neither a number nor a name behind it", strings.TrimSpace(key))
		}
	}
	return c, nil
}

func wrong(format string, args ...any) error {
	return fault.Errorf(fault.Usage, format, args...).WithHint(usage)
}
