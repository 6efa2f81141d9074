package intake

import (
	"fmt"
	"strings"

	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/token"
)

// open counts, field by field, the records that do not say it, and what became
// of that.
type open struct {
	missing  places                      // nobody says it
	perhaps  places                      // nor is it said what type the token is, which decides whether it has the field
	doubts   places                      // the file may mean something else
	defaults places                      // the format's documented default stands for it
	filled   places                      // the operator says it
	replaced places                      // and a default would have said something else
	against  places                      // the file says it, and the operator says something else
	why      [seedfile.FieldT0 + 1]error // of the first that is in doubt
	sound    int                         // records that could be read so far: of others it is not known what they say
}

// places are those of records, by field.
type places [seedfile.FieldT0 + 1]where

// where is how many records are meant, and where the first of them stand.
type where struct {
	n     int
	first []seedfile.Place
}

// namedPlaces is how many places a message names: enough to find what they have in
// common.
const namedPlaces = 5

func (w *where) add(p seedfile.Place) {
	if w.n++; len(w.first) < namedPlaces {
		w.first = append(w.first, p)
	}
}

// these says how many of all records are meant, and if not all that could be read
// which.
func (o *open) these(w where, records int) string {
	text := fmt.Sprintf("%d of %d records", w.n, records)
	if w.n == o.sound {
		return text
	}
	var names []string
	for _, p := range w.first {
		names = append(names, p.String())
	}
	if more := w.n - len(w.first); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return text + " (" + strings.Join(names, ", ") + ")"
}

func (p *places) fields() (set seedfile.FieldSet) {
	for _, f := range seedfile.Fields() {
		if p[f].n > 0 {
			set = set.With(f)
		}
	}
	return set
}

// field is what a front end calls a field.
func field(f seedfile.Field) fault.Field { return fault.Field(f.String()) }

func fieldsOf(set seedfile.FieldSet) (all []fault.Field) {
	for _, f := range seedfile.Fields() {
		if set.Has(f) {
			all = append(all, field(f))
		}
	}
	return all
}

// contradicted are the fields of which the operator says something else than the
// file while there was nothing to fill: every record says it.
func (o *open) contradicted() seedfile.FieldSet { return o.against.fields() &^ o.filled.fields() }

// needs lists what the file leaves open or in doubt, also what depends on the type
// while that is open.
func (o *open) needs() []fault.Field {
	return fieldsOf(o.missing.fields() | o.perhaps.fields() | o.doubts.fields())
}

// lacks says what the file does not say, and of which records, if not of all; empty
// where it says everything.
func (o *open) lacks(records int) string {
	var parts []string
	for _, f := range seedfile.Fields() {
		if w := o.missing[f]; w.n > 0 {
			parts = append(parts, fmt.Sprintf("the %s of %s", f, o.these(w, records)))
		}
	}
	return strings.Join(parts, " and ")
}

// depends says which fields the type decides about; empty: none, or it is known.
func (o *open) depends() (text fault.Text) {
	if o.perhaps[seedfile.FieldPeriod].n > 0 {
		text = fault.Textf("%s if they are %s", fault.Period, token.TOTP)
	}
	if o.perhaps[seedfile.FieldCounter].n > 0 {
		counter := fault.Textf("%s if they are %s", fault.Counter, token.HOTP)
		if text.IsZero() {
			return counter
		}
		return fault.Textf("%s or %s", text, counter)
	}
	return text
}

// missingError asks for all that the file's records need, at once, and counts
// those that are invalid anyway.
func (o *open) missingError(file string, format seedfile.Format, records, invalid int) error {
	lacks := o.lacks(records)
	if lacks == "" {
		return nil
	}
	for _, f := range seedfile.Fields() {
		if why := o.why[f]; why != nil && o.missing[f].n > 0 {
			lacks += fmt.Sprintf(" (%v)", why)
		}
	}
	hint := fault.Textf("say it with %s", o.question(format, records))
	if invalid > 0 {
		hint = fault.Textf("%s; %d of its records are invalid, whatever is said: %s lists them", hint, invalid, fault.Do("inspect"))
	}
	return fault.Errorf(fault.Refused, "%s does not say %s", file, lacks).WithAdvice(hint)
}

// question is what is to be said of what is missing or in doubt.
func (o *open) question(format seedfile.Format, records int) fault.Text {
	missing := o.missing.fields()
	text := fault.Textf("%s", fieldsOf(missing))
	if depends := o.depends(); !depends.IsZero() {
		text = fault.Textf("%s, and with %s", text, depends)
	}
	if more := fieldsOf(o.doubts.fields() &^ missing); len(more) > 0 {
		widest := where{}
		for _, w := range o.doubts {
			if w.n > widest.n {
				widest = w
			}
		}
		text = fault.Textf("%s; and with %s, which is in doubt in %s", text, more, o.these(widest, records))
	}
	if o.partly(&o.defaults) {
		text = fault.Textf("%s; what the file says of its other records stays", text)
	}
	for _, f := range seedfile.Fields() { // what is said counts for all records that do not say it
		if w := o.defaults[f]; w.n > 0 && o.missing[f].n > 0 {
			text = fault.Textf("%s; %s also replaces %s, for %s, where the file does not say it either: if it is not meant for those, import them from a file of their own",
				text, field(f), defaultOf(format, f), o.these(w, records))
		}
	}
	return text
}

func defaultOf(format seedfile.Format, f seedfile.Field) string {
	return fmt.Sprintf("%v, the default of %s", format.Default(f), format.Rules())
}

// partly reports whether something is lacking in only some of the records that could
// be read, not counting those where something else fills it.
func (o *open) partly(filled *places) bool {
	for f, w := range o.missing {
		if w.n > 0 && w.n+filled[f].n < o.sound {
			return true
		}
	}
	return false
}

// remarks are for inspect: what its list of needs does not say.
func (o *open) remarks(records int) (remarks []fault.Text) {
	if o.partly(new(places)) {
		remarks = append(remarks, fault.Textf("the file does not say %s", o.lacks(records)))
	}
	if depends := o.depends(); !depends.IsZero() {
		remarks = append(remarks, fault.Textf("what the tokens are decides what else is needed: %s", depends))
	}
	return remarks
}

// inferred says where the values came from that the file does not give.
func (o *open) inferred(req Import, records int) (remarks []fault.Text) {
	for _, f := range seedfile.Fields() {
		if w := o.defaults[f]; w.n > 0 {
			remarks = append(remarks, fault.Textf("%s %v: the default of %s, for %s", f, req.Format.Default(f), req.Format.Rules(), o.these(w, records)))
		}
		w := o.filled[f]
		instead := ""
		if w.n == o.replaced[f].n {
			instead = " in place of " + defaultOf(req.Format, f)
		}
		if w.n > 0 && (instead != "" || w.n < o.sound) {
			remarks = append(remarks, fault.Textf("%s %v: %s says so%s, for %s", f, req.Fill.value(f), field(f), instead, o.these(w, records)))
		}
	}
	return remarks
}

// kept warns where what the operator says filled gaps, and the file says something
// else of other records, which keep it, and where it was demanded for some and
// replaced the default of others.
func (o *open) kept(req Import, records int) (warnings []fault.Text) {
	for _, f := range seedfile.Fields() {
		if w := o.replaced[f]; w.n > 0 && w.n < o.filled[f].n {
			warnings = append(warnings, fault.Textf("%s %v was taken in place of %s, for %s", field(f), req.Fill.value(f), defaultOf(req.Format, f), o.these(w, records)))
		}
		if w := o.against[f]; w.n > 0 && o.filled[f].n > 0 {
			warnings = append(warnings, fault.Textf("%s %v was not taken for %s, which the file gives another %s", field(f), req.Fill.value(f), o.these(w, records), f))
		}
	}
	return warnings
}

// value is what the operator says of a field.
func (f Fill) value(field seedfile.Field) any {
	return seedfile.Format{Defaults: f.Params, Counter: f.Counter}.Default(field)
}
