package otp

import (
	"testing"
	"time"

	"fob/internal/token"
)

// The policy's usual windows are the widest that are searched.
func TestUsualWindows(t *testing.T) {
	if token.UsualOneCode != OneCodeSeconds*time.Second || token.UsualTwoCodes != TwoCodeMost*time.Second {
		t.Errorf("the policy has %v and %v", token.UsualOneCode, token.UsualTwoCodes)
	}
}
