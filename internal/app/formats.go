package app

import (
	"fob/internal/fault"
	"fob/internal/seedfile"
	"fob/internal/seedfile/columns"
	"fob/internal/seedfile/detect"
	"fob/internal/seedfile/xlsx"
)

// FindFormat returns the format of that name, or finds it from the content when
// no name is given; why tells by what. Columns that are named leave nothing to
// find.
func FindFormat(src seedfile.Source, name string, o seedfile.Options) (f seedfile.Format, why string, err error) {
	pass, err := seedfile.OpenPass(src)
	if err != nil {
		return f, "", err
	}
	defer pass.Close()
	switch {
	case o.Columns != "" && name != "" && name != columns.Name && name != xlsx.Name:
		return f, "", fault.Errorf(fault.Usage, "%s is for %s, not for %s, whose columns are known", fault.Columns, fault.Format.Is(columns.Name), name)
	case name == "" && o.Columns == "":
		f, why, err = detect.Detect(pass, o)
	default:
		f, why, err = detect.Named(pass, name, o)
	}
	if err == nil && !f.Signs && o.Keys != nil && o.Keys.Certificate() != nil {
		err = fault.Errorf(fault.Refused, "%q is in the format %s, which has no signatures by certificate, and %s demands one", src.Name(), f.Name, fault.SignedBy).
			WithHint("ask the supplier what is signed: an OpenPGP delivery is verified by their public key")
	}
	return f, why, err
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
