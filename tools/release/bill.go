package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
)

// module is one that is linked, with its licence.
type module struct {
	Path, Version, Licence string
}

// allowed are the licences under which a module may be linked, by words that no other
// has. The texts go into the release as they are.
var allowed = []struct {
	id    string
	words *regexp.Regexp
}{
	{"Apache-2.0", regexp.MustCompile(`(?i)apache license,? version 2\.0|apache license\s+version 2\.0`)},
	{"MPL-2.0", regexp.MustCompile(`(?i)mozilla public license,? version 2\.0`)},
	{"BSD-3-Clause", regexp.MustCompile(`(?is)redistributions in binary form.*(neither the name|the name of .* may not|names? of .* may not)`)},
	{"BSD-2-Clause", regexp.MustCompile(`(?is)redistributions in binary form`)},
	{"ISC", regexp.MustCompile(`(?i)permission to use, copy, modify,? and/or distribute`)},
	{"ISC", regexp.MustCompile(`(?i)permission to use, copy, modify, and distribute this software`)},
	{"MIT", regexp.MustCompile(`(?i)permission is hereby granted, free of charge`)},
}

var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying)[^/]*$`)

// licencesOf gathers the licences of Go's library and of every linked module, and fails
// for one that is not known.
func licencesOf(ctx context.Context, info *debug.BuildInfo, source string) (all []byte, modules []module, err error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, nil, err
	}
	linked := []module{{Path: "std", Version: strings.TrimPrefix(info.GoVersion, "go")}}
	dirs := map[string]string{"std": strings.TrimSpace(string(root))}
	args := []string{"list", "-mod=readonly", "-m", "-f", "{{.Path}}\t{{.Dir}}"}
	for _, dep := range info.Deps {
		if dep.Replace != nil {
			dep = dep.Replace
		}
		linked, args = append(linked, module{Path: dep.Path, Version: dep.Version}), append(args, dep.Path)
	}
	if len(info.Deps) > 0 {
		list := exec.CommandContext(ctx, "go", args...)
		list.Dir = source
		found, err := list.Output()
		if err != nil {
			return nil, nil, fmt.Errorf("go list -m: %w", err)
		}
		for line := range strings.Lines(string(found)) {
			path, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
			dirs[path] = dir
		}
	}
	var b bytes.Buffer
	b.WriteString("What fob is linked with, and under which licence.\n")
	for _, m := range linked {
		texts, err := licenceTexts(dirs[m.Path])
		if err != nil {
			return nil, nil, err
		}
		for _, l := range allowed {
			if m.Licence == "" && slices.ContainsFunc(texts, l.words.Match) {
				m.Licence = l.id
			}
		}
		if m.Licence == "" {
			return nil, nil, fmt.Errorf("%s %s has no licence that is allowed (%d files found)", m.Path, m.Version, len(texts))
		}
		modules = append(modules, m)
		fmt.Fprintf(&b, "\n%s\n%s %s (%s)\n%[1]s\n\n%[5]s\n", strings.Repeat("=", 72), m.Path, m.Version, m.Licence, bytes.TrimSpace(bytes.Join(texts, []byte("\n\n"))))
	}
	return b.Bytes(), modules, nil
}

func licenceTexts(dir string) (texts [][]byte, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if licenceName.MatchString(e.Name()) && e.Type().IsRegular() {
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, err
			}
			texts = append(texts, bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
		}
	}
	return texts, nil
}

// billOf is the list of what a program is made of, in CycloneDX 1.5. It has no serial
// number and no time but the commit's, so that it is the same whenever it is made.
func billOf(r *release, p parts, info *debug.BuildInfo, modules []module) ([]byte, error) {
	type licence struct {
		ID string `json:"id"`
	}
	type licences struct {
		License licence `json:"license"`
	}
	type component struct {
		Type     string     `json:"type"`
		Ref      string     `json:"bom-ref"`
		Name     string     `json:"name"`
		Version  string     `json:"version"`
		PURL     string     `json:"purl,omitempty"`
		Licences []licences `json:"licenses,omitempty"`
	}
	type property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	bill := struct {
		Format   string `json:"bomFormat"`
		Spec     string `json:"specVersion"`
		Version  int    `json:"version"`
		Metadata struct {
			Timestamp  string     `json:"timestamp"`
			Component  component  `json:"component"`
			Properties []property `json:"properties"`
		} `json:"metadata"`
		Components []component `json:"components"`
	}{Format: "CycloneDX", Spec: "1.5", Version: 1}
	bill.Metadata.Timestamp = r.time.Format("2006-01-02T15:04:05Z")
	bill.Metadata.Component = component{Type: "application", Ref: "fob@" + r.version, Name: "fob", Version: r.version}
	bill.Metadata.Properties = []property{{"commit", r.commit}, {"platform", p.system + "/" + p.arch}, {"go", info.GoVersion}}
	for _, m := range modules {
		purl := "pkg:golang/" + m.Path + "@" + m.Version
		bill.Components = append(bill.Components, component{Type: "library", Ref: purl, Name: m.Path, Version: m.Version, PURL: purl, Licences: []licences{{licence{m.Licence}}}})
	}
	text, err := json.MarshalIndent(bill, "", "  ")
	return append(text, '\n'), err
}
