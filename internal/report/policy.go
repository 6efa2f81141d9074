package report

import "fob/internal/token"

// Setting is one setting of the policy as it holds.
type Setting struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // what holds: what was set, else what is usual
	Usual   string `json:"usual"`
	Set     bool   `json:"set"`
	Meaning string `json:"meaning"`
}

// PolicyOf tells every setting that there is and what holds.
func PolicyOf(r Reader) ([]Setting, error) {
	set, err := r.Policy()
	if err != nil {
		return nil, err
	}
	var all []Setting
	for _, s := range token.Settings() {
		now := Setting{Name: s.Name, Value: s.Usual, Usual: s.Usual, Meaning: s.Meaning}
		if v, ok := set[s.Name]; ok {
			now.Value, now.Set = v, true
		}
		all = append(all, now)
	}
	return all, nil
}
