package cli

import (
	"time"

	"fob/internal/app"
	"fob/internal/report"
	"fob/internal/trail"
)

// What commands print under --json, where it is not the result of a use case
// itself.

type verifiedJSON struct {
	Events     int64             `json:"events"`
	Head       string            `json:"head"`
	Checkpoint *trail.Checkpoint `json:"checkpoint"`
	OK         bool              `json:"ok"`
	Problems   []string          `json:"problems"`
	Erased     []trail.Erasure   `json:"erased"` // texts that people had the right to have erased
}

type checkpointJSON struct {
	Events int64  `json:"events"`
	Head   string `json:"head"`
	Note   string `json:"note"`
}

type exportedJSON struct {
	File    string  `json:"file"`
	Rows    int     `json:"rows"`
	SHA256  string  `json:"rows_sha256"`
	Events  int64   `json:"events"`
	Head    string  `json:"head"`
	Signed  *string `json:"signed_in"` // the sidecar, null without --sign
	Removed *string `json:"removed"`   // the sidecar of the file that was replaced, null where there was none

	Compared *string         `json:"compared_with"` // in words, null without --compare
	Changes  *report.Changed `json:"changes"`       // null without --compare
}

// reportFileJSON is what a report prints with --xlsx.
type reportFileJSON struct {
	File    string  `json:"file"`
	Rows    int     `json:"rows"`
	Events  int64   `json:"events"`
	Head    string  `json:"head"`
	Removed *string `json:"removed"` // the sidecar of the file that was replaced, null where there was none
}

type verifiedExportJSON struct {
	File       string    `json:"file"`
	Store      string    `json:"store"`
	Made       time.Time `json:"made"`
	Selected   string    `json:"selected"`
	Rows       int       `json:"rows"`
	RowsSHA256 string    `json:"rows_sha256"`
	Events     int64     `json:"events"`
	Head       string    `json:"head"`
	OK         bool      `json:"ok"`
	Problems   []string  `json:"problems"`
}

type doctorJSON struct {
	OK     bool        `json:"ok"`
	Checks []app.Check `json:"checks"`
}

type keysJSON struct {
	Custodians    []app.Custodian `json:"custodians"`
	CheckpointPub string          `json:"checkpoint_pub"`
}

type clockJSON struct {
	Before time.Time `json:"before"`
	Now    time.Time `json:"now"`
}

type versionJSON struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

type errorJSON struct {
	Error string `json:"error"`
	Hint  string `json:"hint"`
	Exit  int    `json:"exit"`
}
