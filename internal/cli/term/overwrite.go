package term

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"fob/internal/fault"
)

// MayReplace asks before a file that is there is replaced. The signature beside it
// goes with it: either a new one replaces it, or it would not be that of the new
// file, and is removed once that is in place.
func (r *Run) MayReplace(ctx context.Context, x *ExportFile, yes bool) error {
	file, err := occupied(x.Path)
	if err != nil {
		return err
	}
	signature, err := occupied(x.Path + SidecarEnding)
	if err != nil && x.Sign != nil {
		return err
	}
	if signature != "" && x.Sign == nil {
		x.Stale = new(x.Path + SidecarEnding)
	}
	switch {
	case file == "" && signature == "":
		return nil
	case signature == "":
		return r.Confirm(ctx, yes, file+" is there already: replace it")
	case file == "" && x.Sign != nil:
		return r.Confirm(ctx, yes, signature+" is there already: replace it")
	case file == "":
		return r.Confirm(ctx, yes, signature+" is there already, and is no signature of the new "+x.Path+": remove it")
	case x.Sign != nil:
		return r.Confirm(ctx, yes, file+" and "+signature+" are there already: replace them")
	}
	return r.Confirm(ctx, yes, file+" is there already: replace it, and remove its signature "+signature)
}

// occupied names the file that a new one of this path would replace, empty for
// none. A link is replaced itself: what it leads to stays. What is no file, and what
// leads to none, is refused.
func occupied(path string) (name string, err error) {
	entry, err := os.Lstat(path)
	if err != nil {
		return "", nil // making it tells what is wrong
	}
	file, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fault.Errorf(fault.Usage, "%s is no regular file: it is a link that leads to none", path).WithHint("name another file")
	case file.IsDir():
		return "", IsFolder(path)
	case !file.Mode().IsRegular():
		return "", fault.Errorf(fault.Usage, "%s is no regular file", path).WithHint("name another file")
	case entry.Mode()&fs.ModeSymlink != 0:
		return path + " (a link)", nil
	}
	return path, nil
}

func IsFolder(path string) *fault.Error {
	return fault.Errorf(fault.Usage, "%s is a folder", path).WithHint("name a file in it, or another")
}

// dropStale removes the signature of a file that was replaced.
func (x ExportFile) dropStale() error {
	if x.Stale == nil {
		return nil
	}
	if err := os.Remove(*x.Stale); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Internal, Cause(err), "%s is the new file, but %s, which is not its signature, cannot be removed", x.Path, *x.Stale).
			WithHint("remove it")
	}
	return nil
}

// SayDropped tells of it.
func (r *Run) SayDropped(x ExportFile) {
	if x.Stale != nil {
		r.Say("%s was removed: it was no signature of this file", *x.Stale)
	}
}
