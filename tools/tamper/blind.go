package main

// blind are the columns whose change nobody finds in the database, each with the
// reason: they say nothing of any token, event or person.
var blind = map[string]string{
	"goose_db_version.id":         "the migration tool's own book-keeping; the schema version is user_version",
	"goose_db_version.version_id": "as above",
	"goose_db_version.is_applied": "as above",
	"goose_db_version.tstamp":     "as above",
	"sqlite_sequence.name":        "SQLite's own, for goose_db_version",
	"sqlite_sequence.seq":         "as above",
	"binding.id":                  "a number that only orders",
	"observation.id":              "a number that only orders",
	"fingerprint.nth":             "a number that only keeps two seeds apart that share a fingerprint by chance",
	"state.code":                  "found where states are numbered otherwise; a gap behind the last is nothing",
}

// lookups are tables whose rows say something only where a token has them: imports
// that were broken off and corrections leave some that none has.
var lookups = map[string]string{"profile": "profile_id", "location": "location_id"}
