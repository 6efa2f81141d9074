package trail

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"fob/internal/token"
)

// A request is a command that waits for a second person. What it is for lies beside
// its event as a text, since it may name people. The table of requests says no more
// than which events are about which request: what they say counts, not the table.

// RequestDetail is what the event of a new request carries.
type RequestDetail struct {
	For  token.Command `json:"for"`
	Ends time.Time     `json:"ends"` // unless it was carried out before
}

// RequestRow is a request as the table has it: the numbers of events.
type RequestRow struct {
	Number  int
	Made    int64
	Decided int64 // the newest that approved or denied it; 0: none
	Ended   int64 // it was denied, withdrawn or carried out; 0: none
}

// RequestDetailOf reads the detail of the event of a request.
func RequestDetailOf(e *Event) (d RequestDetail, err error) { return d, e.decode(&d) }

// Decides and EndsRequest report what an event does to the request that it is about.
func (e *Event) Decides() bool {
	return e.Command == token.CmdRequestApprove || e.Command == token.CmdRequestDeny
}

// EndsRequest reports whether a request is over with the event.
func (e *Event) EndsRequest() bool {
	return e.Command == token.CmdRequestDeny || e.Command == token.CmdRequestWithdraw || e.Request != 0
}

// RequestNumber is the request that an event is about; 0: none.
func (e *Event) RequestNumber() (int, error) {
	if e.Object.Kind != KindRequest {
		return e.Request, nil
	}
	n, err := strconv.Atoi(e.Object.ID)
	if err != nil || n < 1 || e.Object.ID != strconv.Itoa(n) || e.Request != 0 {
		return 0, fmt.Errorf("%q is no number of a request", e.Object.ID)
	}
	return n, nil
}

type keptRequest struct {
	RequestRow
	RequestDetail
	by       token.Operator
	approved bool
	seen     bool
}

// runSlack is how much later than its end a request may be seen carried out: the end
// is looked at as a command begins.
const runSlack = time.Hour

// request applies an event that makes a request, or decides or withdraws it.
func (f *Fold) request(e *Event) error {
	n, err := e.RequestNumber()
	if err != nil {
		return err
	}
	if e.Command == token.CmdRequest {
		r := keptRequest{RequestRow: RequestRow{Number: n, Made: e.Seq}, by: e.Operator}
		if n != len(f.asked)+1 && !f.part {
			return fmt.Errorf("it is request %d, where request %d was due", n, len(f.asked)+1)
		}
		if err := e.decode(&r.RequestDetail); err != nil {
			return err
		}
		f.asked = append(f.asked, r)
		return nil
	}
	if f.part {
		return nil
	}
	r, err := f.requestNumbered(n)
	if err != nil {
		return err
	}
	mine := r.by.SamePerson(e.Operator)
	switch {
	case r.Ended != 0:
		err = fmt.Errorf("request %d was over with event %d", n, r.Ended)
	case e.Command == token.CmdRequestWithdraw && !mine:
		err = fmt.Errorf("request %d is withdrawn by somebody who did not make it", n)
	case e.Command != token.CmdRequestWithdraw && mine:
		err = fmt.Errorf("request %d is decided by who made it", n)
	case e.Command == token.CmdRequestApprove && (r.approved || e.Time.After(r.Ends)):
		err = fmt.Errorf("request %d is approved twice, or after its end", n)
	}
	r.approved = e.Command == token.CmdRequestApprove
	r.note(e)
	return err
}

// requestRun applies an event that carries a request out. One request may take
// several events, of which the first counts.
func (f *Fold) requestRun(e *Event) error {
	if f.part {
		return nil
	}
	if e.Object.Kind == KindRequest {
		return errors.New("it is about a request and carries one out")
	}
	r, err := f.requestNumbered(e.Request)
	if err != nil {
		return err
	}
	switch {
	case !r.approved:
		err = fmt.Errorf("it carries out request %d, which nobody had approved", e.Request)
	case r.by.Kind != e.Operator.Kind || r.by.ID != e.Operator.ID:
		err = fmt.Errorf("it carries out request %d, which is of another person", e.Request)
	case r.Ended == 0 && e.Command != r.For:
		err = fmt.Errorf("it carries out request %d, which was for %s", e.Request, r.For)
	case r.Ended == 0 && e.Time.After(r.Ends.Add(runSlack)):
		err = fmt.Errorf("it carries out request %d after its end", e.Request)
	}
	r.note(e)
	return err
}

func (f *Fold) requestNumbered(n int) (*keptRequest, error) {
	if n < 1 || n > len(f.asked) {
		return nil, fmt.Errorf("there is no request %d before it", n)
	}
	return &f.asked[n-1], nil
}

func (r *keptRequest) note(e *Event) {
	if e.Decides() {
		r.Decided = e.Seq
	}
	if e.EndsRequest() && r.Ended == 0 {
		r.Ended = e.Seq
	}
}

func (v *verification) compareRequests(t Tables) error {
	for row, err := range t.RequestRows() {
		if err != nil {
			return err
		}
		if row.Number < 1 || row.Number > len(v.fold.asked) {
			v.Problemf("request %d: the trail does not know it", row.Number)
			continue
		}
		told := &v.fold.asked[row.Number-1]
		told.seen = true
		differences(&v.Report, "request "+strconv.Itoa(row.Number), row, told.RequestRow)
	}
	for _, r := range v.fold.asked {
		if !r.seen {
			v.Problemf("request %d is gone, the trail has events of it", r.Number)
		}
	}
	return nil
}
