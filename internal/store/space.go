package store

import "golang.org/x/sys/unix"

// FreeBytes is the room that is left for this user on the database's disk.
func (s *Store) FreeBytes() (int64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(s.path, &fs); err != nil {
		return 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}
