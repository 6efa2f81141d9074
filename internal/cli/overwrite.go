package cli

import (
	"context"
	"errors"
	"fob/internal/fault"
	"io/fs"
	"os"
)

// mayReplace asks before a file that is there is replaced. The signature beside it
// goes with it: either a new one replaces it, or it would not be that of the new
// file, and is removed once that is in place.
func (r *root) mayReplace(ctx context.Context, x *exportFile, yes bool) error {
	file, err := occupied(x.path)
	if err != nil {
		return err
	}
	signature, err := occupied(x.path + sidecarEnding)
	if err != nil && x.sign != nil {
		return err
	}
	if signature != "" && x.sign == nil {
		x.stale = new(x.path + sidecarEnding)
	}
	switch {
	case file == "" && signature == "":
		return nil
	case signature == "":
		return r.confirm(ctx, yes, file+" is there already: replace it")
	case file == "" && x.sign != nil:
		return r.confirm(ctx, yes, signature+" is there already: replace it")
	case file == "":
		return r.confirm(ctx, yes, signature+" is there already, and is no signature of the new "+x.path+": remove it")
	case x.sign != nil:
		return r.confirm(ctx, yes, file+" and "+signature+" are there already: replace them")
	}
	return r.confirm(ctx, yes, file+" is there already: replace it, and remove its signature "+signature)
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
		return "", isFolder(path)
	case !file.Mode().IsRegular():
		return "", fault.Errorf(fault.Usage, "%s is no regular file", path).WithHint("name another file")
	case entry.Mode()&fs.ModeSymlink != 0:
		return path + " (a link)", nil
	}
	return path, nil
}

func isFolder(path string) *fault.Error {
	return fault.Errorf(fault.Usage, "%s is a folder", path).WithHint("name a file in it, or another")
}

// dropStale removes the signature of a file that was replaced.
func (x exportFile) dropStale() error {
	if x.stale == nil {
		return nil
	}
	if err := os.Remove(*x.stale); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Wrap(fault.Internal, cause(err), "%s is the new file, but %s, which is not its signature, cannot be removed", x.path, *x.stale).
			WithHint("remove it")
	}
	return nil
}

// sayDropped tells of it.
func (r *root) sayDropped(x exportFile) {
	if x.stale != nil {
		r.say("%s was removed: it was no signature of this file", *x.stale)
	}
}
