package excelrules

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

var w3cDate = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)

// node is an element of a part.
type node struct {
	name     string
	attrs    []xml.Attr
	children []*node
	text     string
}

func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// relation is the id of a relation.
func (n *node) relation() string {
	for _, a := range n.attrs {
		if a.Name.Space == relSpace {
			return a.Value
		}
	}
	return ""
}

// number reads an attribute; -1 if it is not.
func (n *node) number(name string) int {
	i, err := strconv.Atoi(n.attr(name))
	if err != nil {
		return -1
	}
	return i
}

func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// all are the children of a child.
func (n *node) all(name string) []*node {
	if c := n.child(name); c != nil {
		return c.children
	}
	return nil
}

func (n *node) walk(visit func(*node)) {
	visit(n)
	for _, c := range n.children {
		c.walk(visit)
	}
}

func parse(data []byte) (*node, error) {
	in := xml.NewDecoder(bytes.NewReader(data))
	top := &node{}
	open := []*node{top}
	for {
		t, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		last := open[len(open)-1]
		switch t := t.(type) {
		case xml.StartElement:
			n := &node{name: t.Name.Local, attrs: t.Copy().Attr}
			if twice := repeated(n.attrs); twice != "" {
				return nil, fmt.Errorf("<%s> has %s twice", n.name, twice)
			}
			last.children = append(last.children, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			last.text += string(t)
		case xml.Directive:
			return nil, errors.New("it has a DTD")
		}
	}
	if len(top.children) != 1 || strings.TrimSpace(top.text) != "" {
		return nil, errors.New("it is not one element")
	}
	return top.children[0], nil
}

// repeated names an attribute that is there twice, which Go's decoder lets pass.
func repeated(attrs []xml.Attr) string {
	seen := map[xml.Name]bool{}
	for _, a := range attrs {
		if seen[a.Name] {
			return a.Name.Local
		}
		seen[a.Name] = true
	}
	return ""
}

// cellName is the place of a cell; zeros for what is no cell.
func cellName(name string) (column, row int) {
	letters := strings.TrimRight(name, "0123456789")
	row, err := strconv.Atoi(name[len(letters):])
	if err != nil || letters == "" || len(letters) > 3 || name[len(letters)] == '0' {
		return 0, 0
	}
	for _, l := range letters {
		if l < 'A' || l > 'Z' {
			return 0, 0
		}
		column = column*26 + int(l-'A') + 1
	}
	if column > maxColumns || row > maxRows {
		return 0, 0
	}
	return column, row
}

// area is a range of cells.
type area struct{ left, top, right, bottom int }

func areaOf(ref string) (a area, ok bool) {
	from, to, found := strings.Cut(ref, ":")
	if !found {
		to = from
	}
	a.left, a.top = cellName(from)
	a.right, a.bottom = cellName(to)
	return a, a.left > 0 && a.right >= a.left && a.bottom >= a.top && a.top > 0
}

func (a area) meets(b area) bool {
	return a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom
}

// Limits of a sheet (Excel specifications and limits).
const (
	maxColumns  = 16_384
	maxRows     = 1_048_576
	maxText     = 32_767 // UTF-16 units in a cell
	maxName     = 31     // of a sheet
	maxLongName = 255    // of a table, a column, a name; a footer; a width
)
