package excelrules

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// styles demands that what a style of a cell refers to is there.
func (c *checker) styles() {
	tree := c.trees["xl/styles.xml"]
	if tree == nil {
		c.no("there is no xl/styles.xml")
		return
	}
	formats := map[int]bool{}
	for _, n := range tree.all("numFmts") {
		if id := n.number("numFmtId"); id < 164 || formats[id] || n.attr("formatCode") == "" {
			c.no("styles: the format %s is built in, or there twice, or empty", n.attr("numFmtId"))
		}
		formats[n.number("numFmtId")] = true
	}
	for _, list := range tree.children {
		if n, err := strconv.Atoi(list.attr("count")); err == nil && n != len(list.children) && list.name != "extLst" {
			c.no("styles: %d of %s are announced, %d are there", n, list.name, len(list.children))
		}
	}
	fills := tree.all("fills")
	if len(fills) < 2 || fills[0].children[0].attr("patternType") != "none" || fills[1].children[0].attr("patternType") != "gray125" {
		c.no("styles: the first two fills are not those that Excel puts there")
	}
	parents := len(tree.all("cellStyleXfs"))
	for i, n := range tree.all("cellXfs") {
		id := n.number("numFmtId")
		if n.number("fontId") >= len(tree.all("fonts")) || n.number("fillId") >= len(fills) || n.number("borderId") >= len(tree.all("borders")) ||
			id >= 164 && !formats[id] || n.number("xfId") >= parents {
			c.no("styles: style %d refers to what is not there", i)
		}
	}
	c.styleCount = len(tree.all("cellXfs"))
}

var chartRange = regexp.MustCompile(`^'((?:[^']|'')+)'!(\$[A-Z]+\$\d+(?::\$[A-Z]+\$\d+)?)$`)

// charts demands that they show cells that are there, and that their axes cross.
func (c *checker) charts() {
	for _, name := range c.names {
		tree := c.trees[name]
		if ok, _ := path.Match("xl/charts/chart*.xml", name); !ok || tree == nil {
			continue
		}
		axes, crossed := map[string]bool{}, []string(nil)
		tree.walk(func(n *node) {
			switch n.name {
			case "f":
				m := chartRange.FindStringSubmatch(n.text)
				if m == nil {
					c.no("%s shows %q", name, n.text)
					return
				}
				c.knownSheet(name, m[1])
				if _, ok := areaOf(strings.ReplaceAll(m[2], "$", "")); !ok {
					c.no("%s shows %q", name, n.text)
				}
			case "catAx", "valAx":
				axes[n.child("axId").attr("val")] = true
				crossed = append(crossed, n.child("crossAx").attr("val"))
			}
		})
		for _, id := range crossed {
			if !axes[id] {
				c.no("%s: an axis crosses %s, which is not there", name, id)
			}
		}
	}
}
