package term

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// Promised is what a command promises to scripts: what --json prints, and
// which exit codes it has beside 0, 1, 2 and 130, which all have.
type Promised struct {
	JSON  any // a value of the type that is printed; a slice for an array; nil: --json is refused
	exits []int
}

// Promise is one of a command's.
func Promise(json any, exits ...int) Promised { return Promised{json, exits} }

// EitherOf is for a command that prints another object when it was refused.
type EitherOf struct{ Done, Refused any }

func Either(done, refused any) EitherOf { return EitherOf{done, refused} }

// OneOrWith is for a command that prints something else with a flag.
type OneOrWith struct {
	One  any
	flag string
	With any
}

func Also(one any, flag string, with any) OneOrWith { return OneOrWith{one, flag, with} }

// RowsOrFile is for a report, which prints what it found, or with --xlsx what it wrote.
type RowsOrFile struct{ Rows any }

func Filed(rows any) RowsOrFile { return RowsOrFile{rows} }

// Declare puts the promises of every command into its help.
func Declare(cmd *cobra.Command, promises map[string]Promised) {
	for _, c := range cmd.Commands() {
		Declare(c, promises)
	}
	if d, ok := promises[cmd.CommandPath()]; ok {
		cmd.Long = strings.TrimLeft(cmd.Long+"\n\n"+d.help(), "\n")
	}
}

func (d Promised) help() string {
	codes := []int{ExitDone, ExitFailed, ExitUsage}
	codes = append(append(codes, d.exits...), ExitInterrupted)
	texts := make([]string, len(codes))
	for i, c := range codes {
		texts[i] = strconv.Itoa(c)
	}
	prints := "--json is refused: it never asks, and this command has to."
	if d.JSON != nil {
		prints = "--json prints " + printedHelp(d.JSON)
	}
	if e, ok := d.JSON.(EitherOf); ok {
		prints = "--json prints " + printedHelp(e.Done) + "\nFor a refused code it prints " + printedHelp(e.Refused)
	}
	if a, ok := d.JSON.(OneOrWith); ok {
		prints = "--json prints " + printedHelp(a.One) + "\nWith " + a.flag + " it prints " + printedHelp(a.With)
	}
	if f, ok := d.JSON.(RowsOrFile); ok {
		prints = "--json prints " + printedHelp(f.Rows) + "\nWith --xlsx it prints " + printedHelp(ReportFileJSON{})
	}
	return fmt.Sprintf("%s\nExit codes: %s (`fob help exit-codes`)", prints, strings.Join(texts, ", "))
}

// printedHelp tells the fields of a printed value.
func printedHelp(v any) string {
	t, what := reflect.TypeOf(v), "an object"
	if t.Kind() == reflect.Slice {
		t, what = t.Elem(), "an array of objects"
	}
	var words []string
	optional := ""
	for _, f := range JsonFields(t) {
		if f.Optional {
			f.Name, optional = "["+f.Name+"]", " (in brackets: only where there is one)"
		}
		words = append(words, f.Name)
	}
	return what + optional + ":\n" + wrap(words)
}

// jsonField is a field as it is printed; an optional one is left out where it is
// empty.
type jsonField struct {
	Name     string
	Optional bool
}

// JsonFields lists the fields that are printed of a type, in order.
func JsonFields(t reflect.Type) (fields []jsonField) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			fields = append(fields, JsonFields(f.Type)...)
		case name != "" && name != "-":
			fields = append(fields, jsonField{name, strings.HasPrefix(options, "omit")})
		}
	}
	return fields
}

// wrap sets words into indented lines for a terminal of 80 columns.
func wrap(words []string) string {
	var b strings.Builder
	width := 80
	for i, w := range words {
		if i < len(words)-1 {
			w += ","
		}
		if width+1+len(w) > 76 {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(" ")
			width = 1
		}
		b.WriteString(" " + w)
		width += 1 + len(w)
	}
	return b.String()
}
