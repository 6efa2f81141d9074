package custody

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"fob/internal/fault"
)

// maxKeyFile bounds a key file in bytes: an identity has 74, an SSH key of
// 16,384 bits 13,000; beyond is some other file, given by mistake.
const maxKeyFile = 64 << 10

// Private halves are for their owner alone; a folder made for them as well.
const (
	keyFileMode   = 0o600
	keyFolderMode = 0o700
)

// WriteKeyFile makes a key file that did not exist, mode 0600, in a folder
// that is made if missing, mode 0700, and returns when both are on the disk:
// with the only identity every token of its store would be lost. A failed write
// leaves no file. The caller clears content. Errors: NotAllowed when there is
// something at path, Internal when the disk or the permissions are against it.
func WriteKeyFile(path string, content []byte) error {
	folder := filepath.Dir(path)
	_, err := os.Stat(folder)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(folder, keyFolderMode); err != nil {
		return fault.Wrap(fault.Internal, err, "the folder for the key file %s cannot be made", path)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, keyFileMode)
	if errors.Is(err, fs.ErrExist) {
		return InTheWay(path)
	}
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the key file %s cannot be made", path)
	}
	if err := fill(f, content); err != nil {
		_ = os.Remove(path)
		return fault.Wrap(fault.Internal, err, "the key file %s cannot be written", path)
	}
	if err := syncFolders(folder, made); err != nil {
		_ = os.Remove(path)
		return fault.Wrap(fault.Internal, err, "the folder of the key file %s cannot be written", path)
	}
	return nil
}

func fill(f *os.File, content []byte) error {
	_, err := f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncFolders makes the name of a new file last, and that of its folder if it
// is new too. Windows has no such call and needs none.
func syncFolders(folder string, made bool) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	if made {
		if err := syncFolder(filepath.Dir(folder)); err != nil {
			return err
		}
	}
	return syncFolder(folder)
}

func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// keyFile says what kind of key file is being read, for messages.
type keyFile struct {
	noun    string
	missing fault.Text
	public  bool // others may read it
}

var (
	identityFile   = keyFile{noun: "identity file", missing: fault.Textf("name it with %s; %s makes one with a new store", anotherIdentity, fault.Do("init"))}
	checkpointFile = keyFile{noun: "checkpoint key", missing: fault.Textf("%s put it beside the identity file as checkpoint.key; restore it from there or from your backup of the keys", fault.Do("init"))}
)

// read returns a key file's bytes, which the caller clears. A regular file must
// be its owner's alone, under one name, and no link; pipes (a FIFO, /dev/fd/N, a
// shell's <(command)) belong to who opened them. What was opened
// is what is checked, so that nobody can exchange it in between.
func (k keyFile) read(path string) ([]byte, error) {
	if path == "" {
		return nil, fault.Errorf(fault.KeyTrouble, "no %s was named", k.noun).WithAdvice(k.missing)
	}
	flags := os.O_RDONLY | noFollow
	if IsDescriptor(path) {
		flags = os.O_RDONLY
	}
	f, err := os.OpenFile(path, flags, 0)
	if isLink(err) {
		return nil, fault.Errorf(fault.KeyTrouble, "%s is a symbolic link and no %s: anyone who can change the link could have another file read", path, k.noun).
			WithHint("name the file that it leads to")
	}
	if err != nil {
		return nil, k.openError(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "the %s %s cannot be read", k.noun, path)
	}
	if err := k.checkMode(path, info.Mode()); err != nil {
		return nil, err
	}
	if names := namesOf(info); info.Mode().IsRegular() && names > 1 && !k.public {
		return nil, fault.Errorf(fault.KeyTrouble, "the %s %s has %d names (hard links): it lies in another place too", k.noun, path, names).
			WithHint("find the other names with find -samefile %s, and remove them; after an init that was killed, %s does it", path, fault.Do("init"))
	}
	return k.readAll(path, f)
}

// IsDescriptor reports whether a path names an open file of this process.
func IsDescriptor(path string) bool {
	return path == "/dev/stdin" || strings.HasPrefix(path, "/dev/fd/") || strings.HasPrefix(path, "/proc/self/fd/")
}

func isMissing(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}

func (k keyFile) openError(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Errorf(fault.KeyTrouble, "there is no %s at %s", k.noun, path).WithAdvice(k.missing)
	case errors.Is(err, fs.ErrPermission):
		return fault.Errorf(fault.KeyTrouble, "you may not read the %s %s", k.noun, path).
			WithHint("run the command as the user who owns it, or use a key of your own")
	}
	return fault.Wrap(fault.KeyTrouble, err, "the %s %s cannot be opened", k.noun, path).WithAdvice(k.missing)
}

func (k keyFile) checkMode(path string, mode fs.FileMode) error {
	switch {
	case mode.IsDir():
		return fault.Errorf(fault.KeyTrouble, "%s is a folder and no %s", path, k.noun).WithHint("name the file in it")
	case mode&fs.ModeNamedPipe != 0:
		return nil
	case !mode.IsRegular():
		return fault.Errorf(fault.KeyTrouble, "%s is neither a file nor a pipe", path).WithAdvice(k.missing)
	case k.public && mode.Perm()&0o022 != 0:
		return fault.Errorf(fault.KeyTrouble, "%s may be written by other users (mode %04o)", path, mode.Perm()).
			WithHint("chmod 644 %s; is the %s still the right one?", path, k.noun)
	case k.public:
	case runtime.GOOS != "windows" && mode.Perm()&0o077 != 0:
		return fault.Errorf(fault.KeyTrouble, "the %s %s is open to other users (mode %04o)", k.noun, path, mode.Perm()).
			WithHint("chmod 600 %s; if others may have read it, replace the key", path)
	}
	return nil
}

func (k keyFile) readAll(path string, r io.Reader) ([]byte, error) {
	buf := make([]byte, maxKeyFile+1)
	n, err := readWhole(r, buf)
	if err == nil {
		return buf[:n], nil
	}
	clear(buf)
	if errors.Is(err, errLong) {
		return nil, fault.Errorf(fault.KeyTrouble, "%s is no %s: it has more than %d bytes", path, k.noun, maxKeyFile).
			WithAdvice(k.missing)
	}
	return nil, fault.Wrap(fault.Internal, err, "the %s %s cannot be read", k.noun, path)
}

// KeepApart refuses a key file in the folder of the database: anyone who copies
// that folder, a backup for one, would hold the seeds in the open. Symbolic
// links are followed. The error is of kind NotAllowed.
func KeepApart(keyPath, dbPath string) error {
	key, err := realFolder(keyPath)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the folder of %s cannot be found", keyPath)
	}
	db, err := realFolder(dbPath)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "the folder of %s cannot be found", dbPath)
	}
	if key == db {
		return fault.Errorf(fault.NotAllowed, "the key file %s would lie in the database's folder %s", keyPath, db).
			WithHint("keep them apart, so that a copy of that folder holds no open seeds: %s", anotherIdentity)
	}
	return nil
}

// realFolder is the folder in which path lies, or would lie, once links are
// followed as far as the path exists.
func realFolder(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for at := abs; ; at = filepath.Dir(at) {
		real, err := filepath.EvalSymlinks(at)
		if err == nil {
			return filepath.Dir(filepath.Join(real, rest)), nil
		}
		if at == filepath.Dir(at) {
			return "", err
		}
		rest = filepath.Join(filepath.Base(at), rest)
	}
}
