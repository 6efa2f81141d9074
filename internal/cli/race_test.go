//go:build race

package cli

import "regexp"

// scripted are the scripts that run under the race detector: those whose commands do
// several things at once. The others do one after the other, and all of them would take
// a quarter of an hour.
var scripted = regexp.MustCompile(`^(bulk|conversation|doctor|export|export-asof|hostile|identify|import|import-folder|key|provision|reports|serve|stocktake|verify-export|workbook)$`)
