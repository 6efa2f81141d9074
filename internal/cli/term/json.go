package term

// ReportFileJSON is what a report prints with --xlsx.
type ReportFileJSON struct {
	File    string  `json:"file"`
	Rows    int     `json:"rows"`
	Events  int64   `json:"events"`
	Head    string  `json:"head"`
	Removed *string `json:"removed"` // the sidecar of the file that was replaced, null where there was none
}
