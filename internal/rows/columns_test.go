package rows

import (
	"bytes"
	"strings"
	"testing"
)

type fruit int

const (
	apple fruit = iota
	pear
	plum
)

var fruits = Names[fruit]{"apple": apple, "pear": pear, "birne": pear, "plum": plum}

func fields(text string) [][]byte { return bytes.Split([]byte(text), []byte(",")) }

func TestColumns(t *testing.T) {
	c := fruits.Of(fields("Pear,colour,,APPLE,x"))
	if c.Known != 2 || c.At(pear) != 1 || c.At(apple) != 4 || c.Has(plum) {
		t.Error(c)
	}
	if note := c.IgnoredNote("fruit"); !strings.HasSuffix(note, "mean nothing to fruit: \"colour\" (2), \"x\" (5)") {
		t.Error(note)
	}
	row := fields(" p ,b,c,a")
	if string(c.Field(row, pear)) != "p" || string(c.Field(row, apple)) != "a" || c.Field(row, plum) != nil || c.Field(row[:3], apple) != nil {
		t.Error("fields")
	}
}

func TestColumnsTwice(t *testing.T) {
	header := fields("plum,pear,x,Birne,plum")
	col, first, second, found := fruits.Twice(fruits.Of(header), header)
	if col != pear || first != 2 || second != 4 || !found {
		t.Error(col, first, second, found)
	}
	if _, _, _, found := fruits.Twice(fruits.Of(header[:3]), header[:3]); found {
		t.Error("nothing is there twice")
	}
}

func TestInOrder(t *testing.T) {
	c := InOrder(pear, plum)
	if c.At(pear) != 1 || c.At(plum) != 2 || c.Has(apple) || c.IgnoredNote("") != "" {
		t.Error(c)
	}
}
