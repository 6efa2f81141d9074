package sheet

import (
	"io"
	"sync"
)

// behind writes on another core, a little behind anyone who writes to it. Pieces are
// copied, so they should be large. An error comes out at the next Write or at
// Close.
type behind struct {
	pieces, free chan []byte
	done         sync.WaitGroup
	err          error // once done
	failed       chan struct{}
}

func newBehind(w io.Writer) *behind {
	b := &behind{pieces: make(chan []byte, 2), free: make(chan []byte, 4), failed: make(chan struct{})}
	b.done.Go(func() {
		for piece := range b.pieces {
			if b.err == nil {
				if _, b.err = w.Write(piece); b.err != nil {
					close(b.failed)
				}
			}
			select {
			case b.free <- piece[:0]:
			default:
			}
		}
	})
	return b
}

func (b *behind) Write(p []byte) (int, error) {
	select {
	case <-b.failed:
		return 0, b.err
	default:
	}
	var piece []byte
	select {
	case piece = <-b.free:
	default:
	}
	b.pieces <- append(piece, p...)
	return len(p), nil
}

func (b *behind) Close() error {
	close(b.pieces)
	b.done.Wait()
	return b.err
}
