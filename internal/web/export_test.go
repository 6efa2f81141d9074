package web

// Routes is the table of all pages, for the tests.
func Routes() (all []struct {
	Pattern string
	Roles   Role
	Fresh   bool
}) {
	for _, r := range routes() {
		all = append(all, struct {
			Pattern string
			Roles   Role
			Fresh   bool
		}{r.pattern, r.roles, r.fresh})
	}
	return all
}

// ParseConfig reads a configuration out of a text.
var ParseConfig = parseConfig

// Texts is the catalogue, and the templates that use it.
var (
	Texts         = func() (map[string]string, error) { return readTexts(english) }
	TemplateFiles = templateFiles
)

// Actions are the names of what is done with a token.
func Actions() (names []string) {
	for _, a := range actions() {
		names = append(names, a.name)
	}
	return names
}

// Redacted is what the log shows of a text.
var Redacted = redacted

// OwnActions are the names of what people do with their own tokens.
func OwnActions() (names []string) {
	for _, a := range ownActions() {
		names = append(names, a.name)
	}
	return names
}
