package sqlite

import (
	"fob/internal/fault"
)

// Filesystems on which SQLite's write-ahead log is unsafe: its shared memory
// works on one host only, and their locks are not to be trusted.
var networkFilesystems = map[int64]string{
	0x6969:     "NFS",
	0xff534d42: "CIFS",
	0xfe534d42: "SMB",
	0x517b:     "SMB",
	0x65735546: "FUSE",
	0x01021997: "9p",
	0x5346414f: "AFS",
	0x00c36400: "Ceph",
}

// statfs can be replaced by tests, which have no network filesystem at hand.
var statfs = filesystemType

func checkFilesystem(dir string) error {
	magic, err := statfs(dir)
	if err != nil {
		return fault.Wrap(fault.Internal, err, "looking at the filesystem of %s", dir)
	}
	if name, bad := networkFilesystems[magic]; bad {
		return fault.Errorf(fault.Internal, "%s is on a network filesystem (%s), where the database's locks are not reliable", dir, name).
			WithHint("keep the store on a disk of this computer")
	}
	return nil
}

// checkWritable says plainly what SQLite would say at the first write.
func checkWritable(path string) error {
	if err := mayWrite(path); err != nil {
		return fault.Wrap(fault.Internal, err, "the store %s cannot be written", path).
			WithHint("a read-only copy is enough to list, show, export and verify")
	}
	return nil
}
