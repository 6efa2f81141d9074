package seedfile

// features are what the characters of a seed's text have in common.
type features struct {
	chars        int // without blanks and padding
	upper, lower bool
	padded       bool
	beyondHex    bool // a character that hex has in neither case
	beyondBase32 bool
	illegal      bool // a character that base64 has not either
}

// look gathers the features of a text.
func look(text []byte) features {
	var f features
	for _, c := range text {
		switch base64Digits.value[c] {
		case blank:
			continue
		case padding:
			f.padded = true
			continue
		case illegal:
			f.illegal = true
		}
		f.chars++
		f.upper = f.upper || c >= 'A' && c <= 'Z'
		f.lower = f.lower || c >= 'a' && c <= 'z'
		f.beyondHex = f.beyondHex || hexDigits.value[c] == illegal
		f.beyondBase32 = f.beyondBase32 || base32Digits.value[c] == illegal
	}
	return f
}

// class is the narrowest alphabet in a single letter case. Hex has no padding.
func (f features) class() class {
	mixed := f.upper && f.lower
	switch {
	case f.illegal:
		return noClass
	case !mixed && !f.beyondHex && !f.padded:
		return hexClass
	case !mixed && !f.beyondBase32:
		return base32Class
	}
	return base64Class
}

// surelyBase64 reports whether neither hex nor base32, in mixed case, could be
// written like this.
func (f features) surelyBase64() bool {
	return !f.illegal && f.upper && f.lower && f.beyondHex && f.beyondBase32
}
