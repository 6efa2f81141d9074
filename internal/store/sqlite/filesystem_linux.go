package sqlite

import "golang.org/x/sys/unix"

func filesystemType(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(uint32(s.Type)), nil //nolint:unconvert // the width differs between architectures
}
