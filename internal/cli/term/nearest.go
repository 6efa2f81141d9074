package term

import "strings"

// Nearest returns those of the names that are the fewest typing errors away from
// a word, or begin with it. A short word allows one only.
func Nearest(word string, names []string) (found []string) {
	word = strings.ToLower(word)
	least := min(2, len(word)/2)
	for _, name := range names {
		far := typingErrors(word, name)
		if strings.HasPrefix(name, word) && len(word) > 1 {
			far = min(far, 1)
		}
		if far < least {
			found, least = nil, far
		}
		if far == least {
			found = append(found, name)
		}
	}
	return found
}

// typingErrors counts the letters to insert, leave out, change or exchange with their
// neighbour that make one word of another.
func typingErrors(from, to string) int {
	rows := make([][]int, len(from)+1)
	for i := range rows {
		rows[i] = make([]int, len(to)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			change := rows[i-1][j-1]
			if from[i-1] != to[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(from)][len(to)]
}
