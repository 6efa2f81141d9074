package app

import (
	"fob/internal/seedfile"
	"fob/internal/seedfile/detect"
)

// FindFormat gives the format of that name, or finds it from the content when
// no name is given; why tells by what.
func FindFormat(src seedfile.Source, name string) (f seedfile.Format, why string, err error) {
	if name == "" {
		return detect.Detect(src)
	}
	f, err = detect.ByName(name)
	return f, "named with --format", err
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
