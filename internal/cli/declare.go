package cli

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"fob/internal/app"
	"fob/internal/desk"
	"fob/internal/intake"
	"fob/internal/people"
	"fob/internal/report"
	"fob/internal/trail"
)

// declaration is what a command promises to scripts: what --json prints, and
// which exit codes it has beside 0, 1, 2 and 130, which all have.
type declaration struct {
	json  any // a value of the type that is printed; a slice for an array; nil: --json is refused
	exits []int
}

// either is for a command that prints another object when it was refused.
type either struct{ done, refused any }

// also is for a command that prints something else with a flag.
type also struct {
	one  any
	flag string
	with any
}

// filed is for a report, which prints what it found, or with --xlsx what it wrote.
type filed struct{ rows any }

// declarations are those of every command that does something. Help shows them,
// and a test fails for a command that has none.
var declarations = map[string]declaration{
	"fob init":              {app.Founded{}, []int{exitNotAllowed}},
	"fob inspect":           {intake.Inspected{}, []int{exitRefused, exitKey}},
	"fob import":            {[]intake.Imported{}, []int{exitRefused, exitNotAllowed, exitKey}},
	"fob batch list":        {[]report.Batch{}, nil},
	"fob batch show":        {report.Batch{}, []int{exitNotFound}},
	"fob list":              {also{[]report.Token{}, "--by-location", []report.Place{}}, []int{exitNotFound, exitIntegrity}},
	"fob show":              {report.Token{}, []int{exitNotFound}},
	"fob bind":              {also{desk.Outcome{}, "--from", []desk.Answered{}}, []int{exitRefused, exitCode, exitNotFound, exitNotAllowed, exitLocked, exitKey, exitIntegrity}},
	"fob check":             {desk.Outcome{}, []int{exitRefused, exitCode, exitNotFound, exitNotAllowed, exitLocked, exitKey, exitIntegrity}},
	"fob resync":            {desk.Outcome{}, []int{exitRefused, exitCode, exitNotFound, exitNotAllowed, exitLocked, exitKey, exitIntegrity}},
	"fob unbind":            {either{report.Token{}, desk.Outcome{}}, []int{exitRefused, exitCode, exitNotFound, exitNotAllowed, exitLocked, exitKey, exitIntegrity}},
	"fob unlock":            {report.Token{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob identify":          {[]desk.Identified{}, []int{exitCode, exitNotFound, exitNotAllowed, exitKey, exitIntegrity}},
	"fob assign":            {also{report.Token{}, "--from", []assignedJSON{}}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob unassign":          {report.Token{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob found":             {report.Token{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob release":           {report.Token{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob suspend":           {report.Token{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob resume":            {report.Token{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob replace":           {replacedJSON{}, []int{exitRefused, exitCode, exitNotFound, exitNotAllowed, exitLocked, exitKey, exitIntegrity}},
	"fob lost":              {report.Token{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob quarantine":        {[]report.Token{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob retire":            {[]report.Token{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob batch quarantine":  {intake.Swept{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob batch release":     {intake.Swept{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob batch withdraw":    {intake.WithdrawnBatch{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob batch correct":     {intake.Corrected{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob move":              {desk.Relocated{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob stocktake":         {report.Stocktake{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob location list":     {[]report.Place{}, nil},
	"fob virtual":           {nil, []int{exitRefused, exitCode, exitNotFound, exitNotAllowed, exitKey, exitIntegrity}},
	"fob policy show":       {[]report.Setting{}, nil},
	"fob policy set":        {[]trail.PolicyChange{}, []int{exitRefused, exitNotAllowed}},
	"fob account import":    {people.Reconciled{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob account list":      {[]report.Account{}, nil},
	"fob account show":      {report.AccountDetail{}, []int{exitNotFound}},
	"fob reconcile":         {people.Reconciled{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob account erase":     {people.Erased{}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob clock accept":      {clockJSON{}, []int{exitRefused, exitNotAllowed}},
	"fob export":            {exportedJSON{}, []int{exitRefused, exitNotAllowed, exitKey, exitIntegrity}},
	"fob verify-export":     {verifiedExportJSON{}, []int{exitRefused, exitKey, exitIntegrity}},
	"fob report drift":      {filed{report.Drift{}}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob report expiring":   {filed{[]report.Expiring{}}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob report exceptions": {filed{[]report.Exception{}}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob report lockouts":   {filed{[]report.Lockout{}}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob report batches":    {filed{[]report.Reconciliation{}}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob report unverified": {filed{[]report.Unverified{}}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob report leavers":    {filed{[]report.Leaver{}}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob report losses":     {filed{[]report.Loss{}}, []int{exitRefused, exitNotFound, exitNotAllowed}},
	"fob report activity":   {filed{[]report.Activity{}}, []int{exitRefused, exitNotAllowed}},
	"fob report overrides":  {filed{[]report.OverrideEvent{}}, []int{exitRefused, exitNotAllowed}},
	"fob report changes":    {filed{[]report.Change{}}, []int{exitRefused, exitNotAllowed, exitKey, exitIntegrity}},
	"fob audit log":         {[]report.Event{}, []int{exitIntegrity}},
	"fob audit verify":      {verifiedJSON{}, []int{exitRefused, exitKey, exitIntegrity}},
	"fob audit checkpoint":  {checkpointJSON{}, []int{exitNotAllowed, exitKey}},
	"fob doctor":            {doctorJSON{}, []int{exitIntegrity}},
	"fob key list":          {keysJSON{}, nil},
	"fob version":           {versionJSON{}, nil},
}

// declare puts the promises of every command into its help.
func declare(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		declare(c)
	}
	if d, ok := declarations[cmd.CommandPath()]; ok {
		cmd.Long = strings.TrimLeft(cmd.Long+"\n\n"+d.help(), "\n")
	}
}

func (d declaration) help() string {
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
	if e, ok := d.json.(either); ok {
		prints = "--json prints " + printedHelp(e.done) + "\nFor a refused code it prints " + printedHelp(e.refused)
	}
	if a, ok := d.json.(also); ok {
		prints = "--json prints " + printedHelp(a.one) + "\nWith " + a.flag + " it prints " + printedHelp(a.with)
	}
	if f, ok := d.json.(filed); ok {
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
