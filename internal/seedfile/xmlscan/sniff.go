package xmlscan

import (
	"bytes"
	"fmt"
	"strings"

	"fob/internal/pskc"
	"fob/internal/rows"
	"fob/internal/seedfile"
)

// Sniff reports whether a file's root element is that of a format, as far as its
// beginning can tell.
func Sniff(s seedfile.Sample, root, format string) seedfile.Match {
	text, chars := rows.UTF8(bytes.NewReader(s.Data))
	name, ok := pskc.Root(text)
	switch {
	case !ok || !strings.EqualFold(name.Local, root):
		return seedfile.Match{}
	case name.Local != root:
		return seedfile.Match{Why: fmt.Sprintf("its root is <%s>; that of %s is <%s>", name.Local, format, root)}
	case name.Space != "":
		return seedfile.Match{Why: fmt.Sprintf("its root <%s> is in a namespace; %s has none", root, format)}
	case chars.Name != "UTF-8":
		return seedfile.Match{Why: fmt.Sprintf("the file is written in %s; fob reads %s in UTF-8", chars.Name, format)}
	}
	return seedfile.Match{Fits: true, Why: fmt.Sprintf("the root element is <%s>", root)}
}
