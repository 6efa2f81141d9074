package seeds

import (
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/cli/term"
	"fob/internal/fault"
	"fob/internal/seedfile"
)

// tableOptions are the flags that say how a table is written, where fob cannot
// find it out.
type tableOptions struct {
	columns, delimiter, sheet string
	skipRows                  int
}

func (o *tableOptions) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.columns, "columns", "", "`MAP` of columns, by number or header: serial=2,seed=3")
	f.StringVar(&o.delimiter, "delimiter", "", "`SIGN` between columns: comma, semicolon, tab, space, or another")
	f.StringVar(&o.sheet, "sheet", "", "`NAME` of the workbook's sheet to read")
	f.IntVar(&o.skipRows, "skip-rows", 0, "skip `N` lines or rows before the table")
}

// into puts the flags into the options of the reader.
func (o *tableOptions) into(to *seedfile.Options) (err error) {
	if o.skipRows < 0 {
		return fault.Errorf(fault.Usage, "--skip-rows %d: a number of lines is 0 or more", o.skipRows)
	}
	to.Columns, to.SkipRows, to.Sheet = o.columns, o.skipRows, o.sheet
	to.Delimiter, err = parseDelimiter(o.delimiter)
	return err
}

var delimiters = map[string]byte{"": 0, "comma": ',', "semicolon": ';', "tab": '\t', `\t`: '\t', "space": ' '}

func parseDelimiter(s string) (byte, error) {
	if d, known := delimiters[strings.ToLower(s)]; known {
		return d, nil
	}
	if len(s) == 1 && strings.Contains(",;\t |:!#$%&*+/=?@^_~-.\\", s) {
		return s[0], nil
	}
	return 0, fault.Errorf(fault.Usage, "--delimiter %q: comma, semicolon, tab, space or one sign that is no letter, digit or quote", term.Clean(s))
}
