// Package seedfile says what a seed file is to fob: a Source that can be
// opened twice, a Reader that gives its records one by one, typed problems
// with their place, and limits. Each family of formats is a package below this
// one that implements Reader and declares itself as a Format; detect knows
// them all.
//
// A Reader reports what the file says and nothing else: it invents no type, no
// period and no encoding. What its format fixes once and for all (TOTP in the
// CSV of Entra) the file says by being of that format. What it leaves open is
// settled for the whole file by the import (package inventory), from the
// format's documented defaults and the operator's flags.
package seedfile
