package delivery

import (
	"context"
	"errors"
	"io"

	"fob/internal/fault"
	"fob/internal/seedfile"
)

// input counts what a layer takes from its file, and keeps the error that
// reading met: a decoder in between would call it its own.
type input struct {
	ctx  context.Context
	from io.Reader
	n    int64
	err  error
}

func (i *input) Read(p []byte) (int, error) {
	if i.err == nil {
		i.err = i.ctx.Err()
	}
	if i.err != nil {
		return 0, i.err
	}
	n, err := i.from.Read(p)
	i.n += int64(n)
	if err != nil && err != io.EOF {
		i.err = seedfile.ReadError(err)
		err = i.err
	}
	return n, err
}

// output measures what comes out of a layer. It keeps the layer's own error,
// which reports whether the layer or the spool failed, and the limit's.
type output struct {
	w     *work
	name  string
	from  io.Reader
	taken func() int64 // bytes that the layer took for it
	n     int64
	limit error
	err   error
}

func (o *output) Read(p []byte) (int, error) {
	n, err := o.from.Read(p)
	o.n += int64(n)
	if o.limit = o.check(); o.limit != nil {
		return 0, o.limit
	}
	if err != nil && err != io.EOF {
		// Wrapped, since whoever fills a buffer takes a bare io.ErrUnexpectedEOF
		// for the end.
		o.err = err
		err = errors.Join(errLayer, err)
	}
	return n, err
}

func (o *output) check() error {
	switch {
	case o.w.total+o.n > MaxTotal:
		return fault.Errorf(fault.Refused, "%q unpacks to more than %d GiB", o.name, MaxTotal>>30).
			WithHint("is this a delivery of seeds? A larger one has to come in parts")
	case o.n > FreeSize && o.n > MaxRatio*o.taken():
		return fault.Errorf(fault.Refused, "%q unpacks to more than %d times its size, as bombs do and seeds never", o.name, MaxRatio).
			WithHint("ask the supplier what this is")
	}
	return nil
}

// errLayer is what fill returns when the layer failed, not the spool.
var errLayer = errors.New("the layer does not open")

// fill spools what a layer gives. An error of the file below, of a limit or of
// the spool is final and comes as it is; one of the layer itself as errLayer
// round it.
func (w *work) fill(in *input, from io.Reader, name string, taken func() int64) (Spooled, error) {
	if taken == nil {
		taken = func() int64 { return in.n }
	}
	out := &output{w: w, name: name, from: from, taken: taken}
	spool, err := w.Spool(out, name)
	if failed := errors.Join(out.limit, out.err); err == nil && failed != nil {
		err = errors.Join(failed, spool.Close())
	}
	switch {
	case err == nil:
		w.total += out.n
		return spool, nil
	case in != nil && in.err != nil:
		return nil, in.err
	case out.limit != nil:
		return nil, out.limit
	case out.err != nil:
		return nil, errors.Join(errLayer, out.err)
	case out.n == 0:
		return nil, fault.Errorf(fault.Refused, "%q holds nothing", name).WithHint("fetch the delivery again")
	}
	return nil, err
}
