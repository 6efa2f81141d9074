package cli

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// promised is what a command promises to scripts: what --json prints, and
// which exit codes it has beside 0, 1, 2 and 130, which all have.
type promised struct {
	json  any // a value of the type that is printed; a slice for an array; nil: --json is refused
	exits []int
}

// promise is one of a command's.
func promise(json any, exits ...int) promised { return promised{json, exits} }

// eitherOf is for a command that prints another object when it was refused.
type eitherOf struct{ done, refused any }

func either(done, refused any) eitherOf { return eitherOf{done, refused} }

// oneOrWith is for a command that prints something else with a flag.
type oneOrWith struct {
	one  any
	flag string
	with any
}

func also(one any, flag string, with any) oneOrWith { return oneOrWith{one, flag, with} }

// rowsOrFile is for a report, which prints what it found, or with --xlsx what it wrote.
type rowsOrFile struct{ rows any }

func filed(rows any) rowsOrFile { return rowsOrFile{rows} }

// declare puts the promises of every command into its help.
func declare(cmd *cobra.Command, promises map[string]promised) {
	for _, c := range cmd.Commands() {
		declare(c, promises)
	}
	if d, ok := promises[cmd.CommandPath()]; ok {
		cmd.Long = strings.TrimLeft(cmd.Long+"\n\n"+d.help(), "\n")
	}
}

func (d promised) help() string {
	codes := []int{exitDone, exitFailed, exitUsage}
	codes = append(append(codes, d.exits...), exitInterrupted)
	texts := make([]string, len(codes))
	for i, c := range codes {
		texts[i] = strconv.Itoa(c)
	}
	prints := "--json is refused: it never asks, and this command has to."
	if d.json != nil {
		prints = "--json prints " + printedHelp(d.json)
	}
	if e, ok := d.json.(eitherOf); ok {
		prints = "--json prints " + printedHelp(e.done) + "\nFor a refused code it prints " + printedHelp(e.refused)
	}
	if a, ok := d.json.(oneOrWith); ok {
		prints = "--json prints " + printedHelp(a.one) + "\nWith " + a.flag + " it prints " + printedHelp(a.with)
	}
	if f, ok := d.json.(rowsOrFile); ok {
		prints = "--json prints " + printedHelp(f.rows) + "\nWith --xlsx it prints " + printedHelp(reportFileJSON{})
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
	for _, f := range jsonFields(t) {
		if f.optional {
			f.name, optional = "["+f.name+"]", " (in brackets: only where there is one)"
		}
		words = append(words, f.name)
	}
	return what + optional + ":\n" + wrap(words)
}

// jsonField is a field as it is printed; an optional one is left out where it is
// empty.
type jsonField struct {
	name     string
	optional bool
}

// jsonFields lists the fields that are printed of a type, in order.
func jsonFields(t reflect.Type) (fields []jsonField) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			fields = append(fields, jsonFields(f.Type)...)
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
