// Command release makes what is published of fob: for each platform an archive with the
// program, manual pages, completions and licences, and a list of what is linked (SBOM,
// CycloneDX); Debian packages; SHA256SUMS, and a signature of it.
//
//	go run ./tools/release -version v1.0.0 -key release.key
//
// Everything is built twice, from two copies of the commit in folders of different names,
// the second time with an empty build cache, and compared byte by byte: a release is
// what anybody gets who builds the commit with the same Go. Times are the commit's.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// platforms are those that are released. On Windows fob reads stores, and writes none.
const platforms = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,freebsd/amd64,freebsd/arm64,windows/amd64,windows/arm64"

// release is one run.
type release struct {
	version, out, key string
	trial             bool
	platforms         []string
	commit            string
	time              time.Time // the commit's
}

func main() {
	var r release
	flag.StringVar(&r.version, "version", "", "the tag that is released, such as v1.0.0")
	flag.StringVar(&r.out, "out", "build/release", "folder to write into; it must not exist")
	flag.StringVar(&r.key, "key", "", "file with the key that signs SHA256SUMS; none: no signature")
	flag.BoolVar(&r.trial, "trial", false, "release a commit that has no tag, to see whether it could be")
	list := flag.String("platforms", platforms, "what to build for")
	newKey := flag.String("new-key", "", "make a signing key in this new file, print its public half, and end")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r.platforms = strings.Split(*list, ",")
	err := error(nil)
	if *newKey != "" {
		err = makeKey(*newKey)
	} else {
		err = r.make(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// make builds the release twice and keeps it if both are the same.
func (r *release) make(ctx context.Context) error {
	if err := r.check(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(r.out), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(r.out, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "fob-release-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	second := filepath.Join(work, "another", "and-longer", "path", "out")
	if err := os.MkdirAll(second, 0o755); err != nil {
		return err
	}
	if err := r.build(ctx, filepath.Join(work, "a"), r.out, ""); err != nil {
		return err
	}
	if err := r.build(ctx, filepath.Join(filepath.Dir(second), "source"), second, filepath.Join(work, "cache")); err != nil {
		return err
	}
	files, err := same(r.out, second)
	if err != nil {
		return err
	}
	if err := r.sums(files); err != nil {
		return err
	}
	fmt.Printf("%s: %d files of %s, built twice and the same\n", r.out, len(files), r.version)
	return nil
}

// check refuses what could not be built again: changes that no commit has, a tag that
// names another commit.
func (r *release) check(ctx context.Context) (err error) {
	if r.commit, err = git(ctx, "rev-parse", "HEAD"); err != nil {
		return err
	}
	stamp, err := git(ctx, "log", "-1", "--format=%ct")
	if err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return err
	}
	r.time = time.Unix(seconds, 0).UTC()
	if r.trial {
		if r.version == "" {
			r.version = "v0.0.0-" + r.commit[:12]
		}
		return nil
	}
	if r.version == "" {
		return errors.New("-version is missing, such as v1.0.0")
	}
	if changed, err := git(ctx, "status", "--porcelain"); err != nil || changed != "" {
		return errors.Join(err, fmt.Errorf("the tree has changes that are not committed:\n%s", changed))
	}
	tags, err := git(ctx, "tag", "--points-at", "HEAD")
	if err != nil || !strings.Contains("\n"+tags+"\n", "\n"+r.version+"\n") {
		return errors.Join(err, fmt.Errorf("HEAD has no tag %s", r.version))
	}
	return nil
}

// build makes all files of a release in out, from a copy of the commit in source. An
// empty cache is the usual one.
func (r *release) build(ctx context.Context, source, out, cache string) error {
	if err := os.MkdirAll(source, 0o755); err != nil {
		return err
	}
	archive := exec.CommandContext(ctx, "git", "archive", r.commit)
	unpack := exec.CommandContext(ctx, "tar", "-x", "-C", source)
	var err error
	if unpack.Stdin, err = archive.StdoutPipe(); err != nil {
		return err
	}
	if err := errors.Join(unpack.Start(), archive.Run(), unpack.Wait()); err != nil {
		return fmt.Errorf("copying the commit: %w", err)
	}
	env := append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly -trimpath", "GOAMD64=v1", "GOARM64=v8.0", "GOWORK=off")
	if cache != "" {
		env = append(env, "GOCACHE="+cache)
	}
	share := filepath.Join(source, "build", "share")
	if err := run(ctx, source, env, "go", "run", "./tools/docs", "-out", share, "-version", r.version, "-date", r.time.Format(time.DateOnly)); err != nil {
		return err
	}
	for _, platform := range r.platforms {
		system, arch, ok := strings.Cut(platform, "/")
		if !ok {
			return fmt.Errorf("platform %q: write it as linux/amd64", platform)
		}
		program := filepath.Join(source, "build", system+"-"+arch, "fob")
		if system == "windows" {
			program += ".exe"
		}
		if err := run(ctx, source, append(env, "GOOS="+system, "GOARCH="+arch), "go", "build", "-buildvcs=false",
			"-ldflags", "-s -w -buildid= -X fob/internal/cli/term.released="+r.version, "-o", program, "./cmd/fob"); err != nil {
			return err
		}
		if err := r.pack(ctx, parts{system, arch, program, share, filepath.Join(source, "README.md"), source}, out); err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
		fmt.Printf("%s is built\n", platform)
	}
	return nil
}

func run(ctx context.Context, dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return nil
}

func git(ctx context.Context, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, "git", args...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// same compares two folders, file by file.
func same(a, b string) (names []string, err error) {
	first, err := os.ReadDir(a)
	if err != nil {
		return nil, err
	}
	second, err := os.ReadDir(b)
	if err != nil || len(first) != len(second) {
		return nil, errors.Join(err, fmt.Errorf("%d files were built, then %d", len(first), len(second)))
	}
	for _, e := range first {
		one, err := os.ReadFile(filepath.Join(a, e.Name()))
		if err != nil {
			return nil, err
		}
		other, err := os.ReadFile(filepath.Join(b, e.Name()))
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(one, other) {
			return nil, fmt.Errorf("%s is another when it is built again", e.Name())
		}
		names = append(names, e.Name())
	}
	return names, nil
}
