package excelrules

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

type sheet struct {
	name, part string
	cells      map[[2]int]string // texts of the cells, by column and row
}

// workbook checks the sheets and names, and then every sheet.
func (c *checker) workbook() {
	c.tableNames, c.tableIDs = map[string]bool{}, map[string]bool{}
	book := c.trees[workbookPart]
	c.order(workbookPart, book, workbookOrder)
	targets := c.related(workbookPart)
	names, ids := map[string]bool{}, map[string]bool{}
	for _, n := range book.all("sheets") {
		s := sheet{name: n.attr("name"), part: targets[n.relation()], cells: map[[2]int]string{}}
		key := strings.ToLower(s.name)
		switch {
		case s.name == "", len(utf16.Encode([]rune(s.name))) > maxName, strings.ContainsAny(s.name, `[]:*?/\`), strings.Trim(s.name, "'") != s.name, key == "history":
			c.no("%q is no name of a sheet", s.name)
		case names[key]:
			c.no("two sheets are named %q", s.name)
		case ids[n.attr("sheetId")] || n.number("sheetId") < 1:
			c.no("sheet %q: the id %s is another's, or none", s.name, n.attr("sheetId"))
		}
		names[key], ids[n.attr("sheetId")] = true, true
		c.sheets = append(c.sheets, s)
	}
	if len(c.sheets) == 0 {
		c.no("there is no sheet")
	}
	c.definedNames(book)
	for i := range c.sheets {
		if tree := c.trees[c.sheets[i].part]; tree != nil {
			c.sheet(&c.sheets[i], tree)
		}
	}
}

func (c *checker) definedNames(book *node) {
	seen := map[string]bool{}
	for _, n := range book.all("definedNames") {
		name, scope := n.attr("name"), n.attr("localSheetId")
		if !strings.HasPrefix(name, "_xlnm.") {
			c.tableNames[strings.ToLower(name)] = true
			if !isName(name) {
				c.no("%q is no name", name)
			}
		}
		key := strings.ToLower(name) + "@" + scope
		if seen[key] {
			c.no("the name %s is defined twice", key)
		}
		seen[key] = true
		if scope != "" && (n.number("localSheetId") < 0 || n.number("localSheetId") >= len(c.sheets)) {
			c.no("the name %s is of sheet %s, which is not there", name, scope)
		}
		if name == "_xlnm.Print_Titles" && !printTitles.MatchString(n.text) {
			c.no("print titles are %q", n.text)
		}
		for _, m := range quotedSheet.FindAllStringSubmatch(n.text, -1) {
			c.knownSheet("the name "+name, m[1])
		}
	}
}

var (
	quotedSheet = regexp.MustCompile(`'((?:[^']|'')+)'!`)
	printTitles = regexp.MustCompile(`^('(?:[^']|'')+'!\$[A-Z]+:\$[A-Z]+)?,?('(?:[^']|'')+'!\$\d+:\$\d+)?$`)
)

func (c *checker) knownSheet(who, name string) {
	if !slices.ContainsFunc(c.sheets, func(s sheet) bool { return s.name == strings.ReplaceAll(name, "''", "'") }) {
		c.no("%s is about sheet %q, which is not there", who, name)
	}
}

// The order of elements (CT_Workbook, CT_Worksheet), which Excel insists on.
var (
	workbookOrder = strings.Fields("fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups externalReferences definedNames calcPr")
	sheetOrder    = strings.Fields("sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios " +
		"autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations hyperlinks printOptions " +
		"pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing " +
		"legacyDrawingHF picture oleObjects controls webPublishItems tableParts extLst")
)

func (c *checker) order(who string, tree *node, order []string) {
	last := -1
	for _, n := range tree.children {
		i := slices.Index(order, n.name)
		switch {
		case i < 0:
			c.no("%s: <%s> is unknown", who, n.name)
		case i < last, i == last && n.name != "conditionalFormatting":
			c.no("%s: <%s> stands behind <%s>", who, n.name, order[last])
		}
		last = max(last, i)
	}
}

func (c *checker) sheet(s *sheet, tree *node) {
	c.order(s.name, tree, sheetOrder)
	c.columns(s, tree)
	c.rows(s, tree)
	c.merged(s, tree)
	for _, n := range tree.all("headerFooter") {
		if len(utf16.Encode([]rune(n.text))) > maxLongName {
			c.no("%s: <%s> is too long", s.name, n.name)
		}
	}
	for _, n := range tree.all("sheetViews") {
		if p := n.child("pane"); p != nil {
			column, row := cellName(p.attr("topLeftCell"))
			if column != max(p.number("xSplit"), 0)+1 || row != max(p.number("ySplit"), 0)+1 || p.attr("state") != "frozen" {
				c.no("%s: the frozen pane begins at %s", s.name, p.attr("topLeftCell"))
			}
		}
	}
	for _, n := range tree.all("ignoredErrors") {
		if _, ok := areaOf(n.attr("sqref")); !ok {
			c.no("%s: errors are ignored in %q", s.name, n.attr("sqref"))
		}
	}
	parts := tree.child("tableParts")
	if parts != nil && parts.number("count") != len(parts.children) {
		c.no("%s: %s tables are announced, %d are there", s.name, parts.attr("count"), len(parts.children))
	}
	targets, used := c.related(s.part), []area(nil)
	for _, n := range tree.all("tableParts") {
		if table := c.trees[targets[n.relation()]]; table != nil {
			used = append(used, c.table(s, path.Base(targets[n.relation()]), table, used))
		}
	}
}

func (c *checker) columns(s *sheet, tree *node) {
	last := 0
	for _, n := range tree.all("cols") {
		from, to := n.number("min"), n.number("max")
		width, err := strconv.ParseFloat(n.attr("width"), 64)
		if from <= last || to < from || to > maxColumns || err != nil || width < 0 || width > maxLongName {
			c.no("%s: columns %s to %s, %s wide", s.name, n.attr("min"), n.attr("max"), n.attr("width"))
		}
		c.style(s, n.attr("style"))
		last = to
	}
}

func (c *checker) style(s *sheet, id string) {
	if id == "" {
		return
	}
	if i, err := strconv.Atoi(id); err != nil || i < 0 || i >= c.styleCount {
		c.no("%s: there is no style %s", s.name, id)
	}
}

// rows demands that rows and cells ascend, and what a cell holds.
func (c *checker) rows(s *sheet, tree *node) {
	last := 0
	for _, r := range tree.all("sheetData") {
		row := r.number("r")
		if row <= last || row > maxRows {
			c.no("%s: row %s stands behind row %d", s.name, r.attr("r"), last)
		}
		last = row
		before := 0
		for _, cell := range r.children {
			column, own := cellName(cell.attr("r"))
			if own != row || column <= before {
				c.no("%s: cell %q stands in row %d behind column %d", s.name, cell.attr("r"), row, before)
			}
			before = column
			c.style(s, cell.attr("s"))
			c.cell(s, cell, column, row)
		}
	}
}

func (c *checker) cell(s *sheet, cell *node, column, row int) {
	at := s.name + "!" + cell.attr("r")
	if cell.child("f") != nil {
		c.no("%s holds a formula", at)
	}
	value := ""
	if v := cell.child("v"); v != nil {
		value = v.text
	}
	text := ""
	switch t := cell.attr("t"); t {
	case "inlineStr":
		for _, n := range cell.all("is") {
			text += n.text
		}
	case "s":
		strs := c.trees["xl/sharedStrings.xml"]
		i, err := strconv.Atoi(value)
		if strs == nil || err != nil || i < 0 || i >= len(strs.children) {
			c.no("%s: there is no shared string %s", at, value)
			return
		}
		strs.children[i].walk(func(n *node) { text += n.text })
	case "b":
		if value != "0" && value != "1" {
			c.no("%s is neither true nor false but %q", at, value)
		}
	case "", "n":
		if _, err := strconv.ParseFloat(value, 64); value != "" && err != nil {
			c.no("%s is no number but %q", at, value)
		}
	default:
		c.no("%s is of type %q", at, t)
	}
	if len(utf16.Encode([]rune(text))) > maxText {
		c.no("%s has more than %d characters", at, maxText)
	}
	s.cells[[2]int{column, row}] = text
}

func (c *checker) merged(s *sheet, tree *node) {
	var areas []area
	for _, n := range tree.all("mergeCells") {
		a, ok := areaOf(n.attr("ref"))
		if !ok || a.left == a.right && a.top == a.bottom || slices.ContainsFunc(areas, a.meets) {
			c.no("%s: the cells %s are merged", s.name, n.attr("ref"))
		}
		areas = append(areas, a)
	}
}

// table demands unique ids and names, and that its columns are those of the header
// cells, to the letter.
func (c *checker) table(s *sheet, part string, t *node, others []area) area {
	for _, name := range []string{t.attr("displayName"), t.attr("name")} {
		if !isName(name) {
			c.no("%s: %q is no name of a table", part, name)
		}
	}
	name := strings.ToLower(t.attr("displayName"))
	if c.tableNames[name] {
		c.no("%s: the name %q is another's", part, name)
	}
	if c.tableIDs[t.attr("id")] || t.number("id") < 1 {
		c.no("%s: the id %s is another's, or none", part, t.attr("id"))
	}
	c.tableNames[name], c.tableIDs[t.attr("id")] = true, true
	a, ok := areaOf(t.attr("ref"))
	if !ok || a.bottom == a.top || slices.ContainsFunc(others, a.meets) {
		c.no("%s: it is over %s", part, t.attr("ref"))
	}
	if f := t.child("autoFilter"); f == nil || f.attr("ref") != t.attr("ref") {
		c.no("%s: it has no filter, or another range", part)
	}
	columns := t.child("tableColumns")
	if columns == nil || columns.number("count") != len(columns.children) || len(columns.children) != a.right-a.left+1 {
		c.no("%s: its columns are not as many as it says", part)
		return a
	}
	names, ids := map[string]bool{}, map[string]bool{}
	for i, n := range columns.children {
		title, key := n.attr("name"), strings.ToLower(n.attr("name"))
		if title == "" || names[key] || ids[n.attr("id")] || n.number("id") < 1 || len(utf16.Encode([]rune(title))) > maxLongName {
			c.no("%s: column %d is named %q, its id is %s", part, i+1, title, n.attr("id"))
		}
		names[key], ids[n.attr("id")] = true, true
		if head := s.cells[[2]int{a.left + i, a.top}]; head != title {
			c.no("%s: column %d is named %q, its cell %q", part, i+1, title, head)
		}
	}
	return a
}

var (
	nameForm  = regexp.MustCompile(`^[\p{L}_\\][\p{L}\p{N}_.\\]*$`)
	r1c1      = regexp.MustCompile(`^(?i:r|c|r\d*c\d*)$`)
	cellWords = regexp.MustCompile(`^(?i:[a-z]{1,3}\d+)$`)
)

// isName reports whether a table or a range may be called so: not what could be a cell.
func isName(name string) bool {
	return len(name) <= maxLongName && nameForm.MatchString(name) && !r1c1.MatchString(name) && !cellWords.MatchString(name)
}
