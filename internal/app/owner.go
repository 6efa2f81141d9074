package app

import (
	"cmp"
	"strconv"
)

func userName(uid int) string {
	return cmp.Or(loginName(strconv.Itoa(uid)), "uid "+strconv.Itoa(uid))
}
