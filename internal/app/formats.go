package app

import (
	"fob/internal/seedfile"
	"fob/internal/seedfile/columns"
	"fob/internal/seedfile/detect"
	"fob/internal/seedfile/xlsx"
	"fob/internal/token"
)

// FindFormat gives the format of that name, or finds it from the content when
// no name is given; why tells by what. Columns that are named leave nothing to
// find.
func FindFormat(src seedfile.Source, name string, o seedfile.Options) (f seedfile.Format, why string, err error) {
	switch {
	case o.Columns != "" && name != "" && name != columns.Name && name != xlsx.Name:
		return f, "", token.Errorf(token.Usage, "--columns is for --format %s, not for %s, whose columns are known", columns.Name, name)
	case name == "" && o.Columns == "":
		return detect.Detect(src, o)
	}
	return detect.Named(src, name, o)
}

// Formats lists the formats that fob reads.
func Formats() []seedfile.Format { return detect.Formats() }

// FormatNames lists what --format takes.
func FormatNames() []string {
	var names []string
	for _, f := range detect.Formats() {
		names = append(names, f.Name)
	}
	return names
}
