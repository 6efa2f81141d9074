package damage

import (
	"html"
	"strings"
)

// printed is what a program prints in the place of a value: an object whose fields
// nobody asked for, a variable or a field of a form letter that nothing filled in, a
// word in brackets for what was taken out. Makers print no such serials, and Microsoft
// allows no bracket in a sAMAccountName or a UPN; the names of classes are whole, with
// their points and capitals. A GUID in braces has a dash or a digit first, and is not
// meant. So a healthy file of any length has none.
var printed = Pattern(`^(System\.(Object|String|DBNull|DirectoryServices\.\w+|Collections\.[\w.` + "`" + `]+)(\[.*\])?|Microsoft\.(ActiveDirectory|Graph|Exchange|Online|Open)[\w.]*\.\w+` +
	`|\[object \w+\]|<\w+ object at 0x[0-9a-fA-F]+>|@\{\w+=.*\}|\$(null|_|\{.*\}|\(.*\))(\.\w+)?|\{+ ?[A-Za-z_][A-Za-z_. ]*\}+|%[A-Za-z_]+%|<[%?]=?.*[%?]>|«.*»` +
	`|\[(?i:redacted|hidden|masked|removed|deleted|geschwärzt|entfernt|masqué)\])$`)

// twice is a letter beyond ASCII that was written as UTF-8, read as Windows-1252 and
// written as UTF-8 again: Ã¼ for ü, â€™ for ’. In no language does Ã or Â stand before
// such a sign, nor â before €.
var twice = Pattern("[ÃÂ][\u00a1-\u00bf€‚ƒ„…†‡ˆ‰‹‘’“”•–—˜™›]|â€")

// entity is a sign as web pages write it.
var entity = Pattern(`&(amp|lt|gt|quot|apos|nbsp|[aouAOU]uml|szlig|#\d{2,5}|#x[0-9a-fA-F]{2,4});`)

// spelling is how programs spell what they hand on; empty: none of it. Directories allow
// no & with a ; behind it in a name for a login.
func spelling(text string) string {
	switch {
	case twice().MatchString(text):
		return "was read in the wrong character set (Ã¼ stands for ü); export the list again as UTF-8"
	case !strings.Contains(text, "@") && entity().MatchString(text):
		return "is spelled as in a web page; write " + html.UnescapeString(text)
	}
	return ""
}
