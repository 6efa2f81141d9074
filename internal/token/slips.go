package token

// Slips lists the serial keys one slip of the finger away: a digit or letter
// exchanged, two neighbours swapped, one left out, one too many, a leading zero
// more or less. It serves "near it" suggestions only.
func (s Serial) Slips() []string {
	key := s.Key()
	if len(key) > MaxSerialLen {
		return nil // no serial is near it, and the list grows with its square
	}
	const typed = "0123456789"
	seen := map[string]bool{key: true}
	var all []string
	add := func(k string) {
		if k != "" && len(k) <= MaxSerialLen && !seen[k] {
			seen[k] = true
			all = append(all, k)
		}
	}
	for i := range len(key) {
		add(key[:i] + key[i+1:])
		if i+1 < len(key) {
			add(key[:i] + key[i+1:i+2] + key[i:i+1] + key[i+2:])
		}
		for _, r := range typed {
			add(key[:i] + string(r) + key[i+1:])
			add(key[:i] + string(r) + key[i:])
		}
	}
	for _, r := range typed {
		add(key + string(r))
	}
	return all
}
