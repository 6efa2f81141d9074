package desk

import (
	"context"
	"fmt"
	"time"

	"fob/internal/fault"
	"fob/internal/otp"
	"fob/internal/request"
	"fob/internal/token"
	"fob/internal/trail"
)

const (
	// batchSample is how many tokens of a batch the median of first drifts is
	// taken over, and rateSample how many that of rates: more would make a bind
	// slower as the store grows and tell nothing new. Of 200 rates 10 ppm apart the
	// median is right to 0.9 ppm, which at a rate's own noise is nothing.
	batchSample = 1000
	rateSample  = 200
	// OutlookAhead is what an outlook looks ahead where nobody says.
	OutlookAhead = 90 * 24 * time.Hour
	// suspects is how many tokens in a row, of how many batches, must miss their
	// predictions alike before it is this computer's clock that is doubted.
	suspects, suspectBatches = 5, 2
)

// ClockReader knows what was observed of the tokens' clocks, and of this computer's.
type ClockReader interface {
	Observations(tokenID int64) ([]token.Observation, error)
	// FirstDrifts returns the first observed drift, in seconds, of the tokens of a
	// batch that were observed last, at most limit of them.
	FirstDrifts(batchID int64, limit int) ([]float64, error)
	// BatchRates returns the rates, in ppm, of the tokens of a batch whose
	// observations span 90 days, at most limit of them, those observed last.
	BatchRates(batchID int64, limit int) ([]float64, error)
	// LastSeen returns the tokens that were observed last, the newest first.
	LastSeen(limit int) ([]token.Token, error)
	// NewestEvent is the latest time of any event since the clock was last
	// corrected.
	NewestEvent() (time.Time, error)
	// RestoredAt is when a backup was restored last; zero: never.
	RestoredAt() (time.Time, error)
}

// ClockWriter records what was observed.
type ClockWriter interface {
	AddObservation(t token.Token, o token.Observation) error
	// AcceptClock makes now the time that NewestEvent returns.
	AcceptClock(now time.Time) error
}

// Clock is what is known of a token's clock after its codes were accepted, and
// what that promises. Its JSON names are kept for good.
type Clock struct {
	Observations int        `json:"observations"`
	RatePPM      *float64   `json:"rate_ppm"`       // as measured; null: not measured, which takes 30 days
	NoisePPM     *float64   `json:"rate_noise_ppm"` // one standard deviation of the measurement
	UsedPPM      float64    `json:"rate_used_ppm"`  // what predictions go by: weighed against the batch's rate, and bounded
	Jumps        int        `json:"jumps"`
	JumpedAt     *time.Time `json:"jumped_at"`  // when the newest jump was seen
	SinceJump    int        `json:"since_jump"` // observations that count: those from the newest jump on, or all
	Flags        []otp.Flag `json:"flags"`

	At           time.Time `json:"at"` // the date that the next four are for
	DriftSeconds float64   `json:"expected_drift_seconds"`
	HalfWidth    float64   `json:"half_width_seconds"`
	Steps        int       `json:"one_code_steps"` // that one code is searched in then
	TwoCodes     bool      `json:"two_codes"`      // one code may well not do then

	// ResyncBy is when one code ceases to do; null: the clock was never recorded.
	ResyncBy *time.Time `json:"resync_by"`
}

// predict gathers what is known of a token's clock, and where it stands now.
func predict(r ClockReader, t token.Token, now time.Time) (otp.Prediction, otp.History, error) {
	h, err := historyOf(r, t)
	if err != nil || t.Profile.Type != token.TOTP {
		return otp.Prediction{}, h, err
	}
	return h.Predict(t.Profile.Period, now), h, nil
}

// historyOf reads what its batch says of a token's clock as well: of one that was
// never observed where it stands, of others how fast it runs.
func historyOf(r ClockReader, t token.Token) (h otp.History, err error) {
	h = otp.History{Manufactured: t.Manufactured, Imported: t.ImportedAt}
	if t.Profile.Type != token.TOTP {
		return h, nil
	}
	if h.Observations, err = r.Observations(t.ID); err != nil {
		return h, err
	}
	err = batchHistory(r, t, &h)
	return h, err
}

func batchHistory(r ClockReader, t token.Token, h *otp.History) (err error) {
	if len(h.Observations) == 0 {
		h.BatchFirst, err = r.FirstDrifts(t.BatchID, batchSample)
		return err
	}
	rates, err := r.BatchRates(t.BatchID, rateSample)
	h.PriorPPM = otp.BatchRate(rates)
	return err
}

// outlook is what the record promises, the accepted codes included where they were
// recorded.
func (a *attempt) outlook() *Clock {
	at := a.req.Ahead
	if at.IsZero() {
		at = a.now.Add(OutlookAhead)
	}
	o := a.history.Outlook(a.token.Profile.Params, capsOf(a.policy), at)
	c := &Clock{Observations: len(a.history.Observations), UsedPPM: o.Clock.RatePPM, Jumps: o.Clock.Jumps,
		SinceJump: o.Clock.Used, Flags: append([]otp.Flag{}, o.Clock.Flags...),
		At: at.UTC(), DriftSeconds: o.Centre, HalfWidth: o.HalfWidth, Steps: o.Steps, TwoCodes: o.Two}
	if o.Clock.Fitted {
		c.RatePPM, c.NoisePPM = &o.Clock.FitPPM, &o.Clock.NoisePPM
	}
	if o.Clock.Jumps > 0 {
		at := o.Clock.LastJump.UTC()
		c.JumpedAt = &at
	}
	if o.Observed {
		by := o.OneCodeUntil.UTC()
		c.ResyncBy = &by
	}
	return c
}

// suspect warns where the newest tokens all say that it is this computer's clock
// which is wrong. While this token's clock is where it was expected, nothing is.
func (a *attempt) suspect(r ClockReader) error {
	own := otp.Miss{Seconds: a.result.Drift - a.prediction.Centre, HalfWidth: a.prediction.HalfWidth}
	if a.token.Profile.Type != token.TOTP || !own.Outside() {
		return nil
	}
	last, err := r.LastSeen(suspects)
	if err != nil || len(last) < suspects {
		return err
	}
	batches := map[int64]bool{}
	var misses []otp.Miss
	for _, t := range last {
		m, err := missOf(r, t)
		if err != nil {
			return err
		}
		misses, batches[t.BatchID] = append(misses, m), true
	}
	if by, same := otp.SameMiss(misses); same && len(batches) >= suspectBatches {
		a.warnings = append(a.warnings, hostWarning(by))
	}
	return nil
}

// missOf is by how much the newest observation of a token missed what was predicted
// before it.
func missOf(r ClockReader, t token.Token) (otp.Miss, error) {
	all, err := r.Observations(t.ID)
	if err != nil || len(all) == 0 {
		return otp.Miss{}, err
	}
	h := otp.History{Observations: all[:len(all)-1], Manufactured: t.Manufactured, Imported: t.ImportedAt}
	if err := batchHistory(r, t, &h); err != nil {
		return otp.Miss{}, err
	}
	h.Observations = all
	m, _ := h.MissOf(t.Profile.Period)
	return m, nil
}

// hostWarning: a token that seems slow is a computer that is fast.
func hostWarning(miss float64) string {
	way := "fast"
	if miss > 0 {
		way = "slow"
	}
	by := roughly(time.Duration(max(miss, -miss) * float64(time.Second)))
	return fmt.Sprintf("the last %d tokens, of several batches, are all off by the same %s: this computer's clock is likelier to be %s than they are wrong, now or when they were seen before; is time synchronisation running?", suspects, by, way)
}

// ClockToAccept returns the newest time, and refuses while AcceptClock would: a
// person should not be asked for nothing.
func (d *Desk) ClockToAccept(ctx context.Context) (newest time.Time, err error) {
	err = d.Store.View(ctx, func(r Reader) error {
		newest, err = newestAhead(r, d.Now())
		return err
	})
	return newest, err
}

// newestAhead is the time of the newest event, if that is yet to come.
func newestAhead(r ClockReader, now time.Time) (newest time.Time, err error) {
	if newest, err = r.NewestEvent(); err == nil && !newest.After(now) {
		err = fault.Errorf(fault.NotAllowed, "this computer's clock is not behind the newest event (%s); there is nothing to accept", newest.Format(time.RFC3339))
	}
	return newest, err
}

// AcceptClock records that this computer's clock is right now and was wrong when
// the newest events were written. It returns what the newest time was.
func (d *Desk) AcceptClock(ctx context.Context, w Words) (newest time.Time, err error) {
	err = d.Store.Update(ctx, func(tx Tx) error {
		if newest, err = newestAhead(tx, d.Now()); err != nil {
			return err
		}
		w, err := d.Allow(tx, request.Order{Guard: token.GuardClock, By: token.CmdClockAccept, Always: true,
			Effect: "take this computer's clock for right, though the newest event is of " + newest.Format(time.RFC3339),
			State:  newest.Format(time.RFC3339Nano)}, w)
		if err != nil {
			return err
		}
		e, err := d.Author().StoreEvent(token.CmdClockAccept, w)
		if err != nil {
			return err
		}
		if err := trail.Record(tx, e, trail.ClockDetail{Newest: newest, Accepted: e.Time.Time}); err != nil {
			return err
		}
		return tx.AcceptClock(e.Time.Time)
	})
	return newest, err
}
