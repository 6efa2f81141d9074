// Package excelrules holds a workbook to the rules of ECMA-376 that Excel is strict
// about, and that other readers let pass: a workbook that breaks one is "repaired"
// by Excel, with a message that frightens anyone who opens it.
package excelrules

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"
)

// Check gives every rule that a workbook breaks, in words; none: it keeps them all.
func Check(book []byte) []string {
	c := &checker{parts: map[string][]byte{}, trees: map[string]*node{}}
	if err := c.unpack(book); err != nil {
		return []string{err.Error()}
	}
	for _, name := range c.names {
		if strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".rels") {
			c.parse(name)
		}
	}
	if c.trees[workbookPart] == nil {
		return append(c.broken, "there is no "+workbookPart)
	}
	c.contentTypes()
	c.relations()
	c.styles()
	c.workbook()
	c.charts()
	c.properties()
	return c.broken
}

const (
	typesPart    = "[Content_Types].xml"
	workbookPart = "xl/workbook.xml"
)

type checker struct {
	names  []string // of the parts, in their order
	parts  map[string][]byte
	trees  map[string]*node
	broken []string

	styleCount int
	sheets     []sheet
	tableNames map[string]bool // and defined names, in lower case
	tableIDs   map[string]bool
}

func (c *checker) no(format string, args ...any) {
	c.broken = append(c.broken, fmt.Sprintf(format, args...))
}

// unpack reads the archive: parts are named once, in ASCII, and compressed with
// DEFLATE or not at all.
func (c *checker) unpack(book []byte) error {
	z, err := zip.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, f := range z.File {
		switch key := strings.ToLower(f.Name); {
		case i == 0 && f.Name != typesPart:
			c.no("the first part is %s", f.Name)
		case seen[key]:
			c.no("%s is there twice", f.Name)
		case f.Method != zip.Store && f.Method != zip.Deflate:
			c.no("%s is compressed by method %d", f.Name, f.Method)
		case strings.ContainsAny(f.Name, `\:`) || path.Clean("/"+f.Name) != "/"+f.Name:
			c.no("%q is no name of a part", f.Name)
		default:
			seen[key] = true
		}
		r, err := f.Open()
		if err != nil {
			return err
		}
		data, err := io.ReadAll(r)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		c.names = append(c.names, f.Name)
		c.parts[f.Name] = data
	}
	return nil
}

// parse demands well-formed XML in UTF-8, without a DTD.
func (c *checker) parse(name string) {
	data := c.parts[name]
	if !utf8.Valid(data) {
		c.no("%s is no UTF-8", name)
	}
	tree, err := parse(data)
	if err != nil {
		c.no("%s: %v", name, err)
		return
	}
	c.trees[name] = tree
}

// contentTypes demands that every part has one type, and that the list names no
// part that is not there.
func (c *checker) contentTypes() {
	list := c.trees[typesPart]
	if list == nil {
		c.no("there is no %s", typesPart)
		return
	}
	byEnding, byName := map[string]string{}, map[string]string{}
	for _, n := range list.children {
		key, to := strings.ToLower(n.attr("Extension")), byEnding
		if n.name == "Override" {
			key, to = strings.TrimPrefix(n.attr("PartName"), "/"), byName
			if c.parts[key] == nil {
				c.no("%s names %s, which is not there", typesPart, key)
			}
		}
		if to[key] != "" {
			c.no("%s names %s twice", typesPart, key)
		}
		to[key] = n.attr("ContentType")
	}
	for _, name := range c.names {
		kind := byName[name]
		if kind == "" {
			kind = byEnding[strings.TrimPrefix(path.Ext(name), ".")]
		}
		if kind == "" && name != typesPart {
			c.no("%s has no type", name)
		}
		for _, known := range partTypes {
			if ok, _ := path.Match(known[0], name); ok && kind != known[1] {
				c.no("%s has the type %s", name, kind)
			}
		}
	}
}

const office = "application/vnd.openxmlformats-officedocument."

var partTypes = [][2]string{
	{workbookPart, office + "spreadsheetml.sheet.main+xml"},
	{"xl/worksheets/*.xml", office + "spreadsheetml.worksheet+xml"},
	{"xl/tables/*.xml", office + "spreadsheetml.table+xml"},
	{"xl/styles.xml", office + "spreadsheetml.styles+xml"},
	{"xl/sharedStrings.xml", office + "spreadsheetml.sharedStrings+xml"},
	{"xl/drawings/*.xml", office + "drawing+xml"},
	{"xl/charts/chart*.xml", office + "drawingml.chart+xml"},
	{"xl/theme/*.xml", office + "theme+xml"},
	{"docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"},
	{"docProps/app.xml", office + "extended-properties+xml"},
	{"*/*.rels", "application/vnd.openxmlformats-package.relationships+xml"},
	{"*/*/*.rels", "application/vnd.openxmlformats-package.relationships+xml"},
}

// relations demands ids that are there once, targets that are there, and that every
// id which a part uses is one of its relations.
func (c *checker) relations() {
	for _, name := range c.names {
		if path.Ext(name) != ".xml" || name == typesPart {
			continue
		}
		known := c.related(name)
		if tree := c.trees[name]; tree != nil {
			tree.walk(func(n *node) {
				for _, a := range n.attrs {
					if a.Name.Space == relSpace && known[a.Value] == "" {
						c.no("%s uses the relation %s, which it has not", name, a.Value)
					}
				}
			})
		}
	}
	for _, name := range c.names {
		if of, found := strings.CutSuffix(name, ".rels"); found {
			source := path.Join(path.Dir(path.Dir(of)), path.Base(of))
			if path.Base(of) != "" && of != "_rels/" && c.parts[source] == nil {
				c.no("%s is of no part", name)
			}
			c.targets(name)
		}
	}
}

const relSpace = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

// related gives the targets of a part's relations by their ids.
func (c *checker) related(part string) map[string]string {
	targets := map[string]string{}
	rels := c.trees[path.Join(path.Dir(part), "_rels", path.Base(part)+".rels")]
	if rels == nil {
		return targets
	}
	for _, r := range rels.children {
		target := r.attr("Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(path.Dir(part), target)
		}
		targets[r.attr("Id")] = strings.TrimPrefix(target, "/")
	}
	return targets
}

func (c *checker) targets(name string) {
	tree := c.trees[name]
	if tree == nil {
		return
	}
	base, ids := path.Dir(path.Dir(name)), map[string]bool{}
	for _, r := range tree.children {
		id, target := r.attr("Id"), r.attr("Target")
		if ids[id] {
			c.no("%s has the id %s twice", name, id)
		}
		ids[id] = true
		if r.attr("TargetMode") == "External" {
			c.no("%s points outside, at %s", name, target)
			continue
		}
		if !strings.HasPrefix(target, "/") {
			target = path.Join(base, target)
		}
		if c.parts[strings.TrimPrefix(target, "/")] == nil {
			c.no("%s points at %s, which is not there", name, target)
		}
	}
}

// properties demands dates as W3C writes them.
func (c *checker) properties() {
	core := c.trees["docProps/core.xml"]
	if core == nil {
		c.no("there is no docProps/core.xml")
		return
	}
	for _, n := range core.children {
		if (n.name == "created" || n.name == "modified") && !w3cDate.MatchString(n.text) {
			c.no("docProps/core.xml: %s is %q", n.name, n.text)
		}
	}
}
