package api

import (
	"strings"
	"testing"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// TestRefusalsExhaustive walks all reasons that the engine has: each is told as what
// it is, or is one that cannot be met here.
func TestRefusalsExhaustive(t *testing.T) {
	unmet := map[msg.Reason]string{
		msg.UnknownKind:    "the kinds are known",
		msg.UnknownAsset:   "of assets, symbols and money",
		msg.InvalidAmount:  "of money",
		msg.InvalidStatus:  "of accounts",
		msg.InvalidPhase:   "of symbols",
		msg.InvalidRate:    "of accounts",
		msg.InvalidScale:   "of assets",
		msg.InvalidSymbol:  "of symbols",
		msg.FixedField:     "of symbols",
		msg.TransferNotNew: "of money",
		msg.NameTaken:      "of assets and symbols",
		msg.TooMany:        "of assets, symbols and accounts",
		msg.NotInAuction:   "of symbols",
		msg.RestOfIOC:      "an expiry",
		msg.UnfilledFOK:    "an expiry",
		msg.OutOfMakers:    "an expiry",
	}
	reasons := 0
	for r := range msg.Reason(255) {
		if r == msg.NoReason || strings.HasPrefix(r.String(), "reason(") {
			continue // no reason has this number
		}
		reasons++
		_, exempt := unmet[r]
		told := refusalOf(r)
		if (told.err == ErrInternal) != exempt {
			t.Errorf("%v is told as %+v, and is exempt: %v", r, told, exempt)
		}
		for what, refused := range map[int]*Error{-2010: RefusedOrder(r), -2011: RefusedCancel(r), -2038: RefusedAmend(r)} {
			switch {
			case exempt && refused != ErrInternal:
				t.Errorf("%v is told as %v", r, refused)
			case told.text != "" && (refused.Code != what || refused.Text != told.text):
				t.Errorf("%v is told as %v, want %d %s", r, refused, what, told.text)
			case told.filter != "" && !strings.HasSuffix(refused.Text, "Filter failure: "+told.filter):
				t.Errorf("%v is told as %v, want filter %s", r, refused, told.filter)
			case refused.Status < 400 || refused.Status > 599:
				t.Errorf("%v has status %d", r, refused.Status)
			}
		}
	}
	if reasons < len(unmet)+20 {
		t.Errorf("only %d reasons were met", reasons)
	}
	if got := refusalOf(255); got.err != ErrInternal {
		t.Errorf("an unknown reason is told as %+v", got)
	}
}

// TestNames pins that every value of the enumerations has its name.
func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		strings.Join(sideNames[:], " "):       "BUY SELL",
		strings.Join(typeNames[:], " "):       "LIMIT MARKET LIMIT_MAKER",
		strings.Join(tifNames[:], " "):        "GTC IOC FOK",
		strings.Join(preventionNames[:], " "): "NONE EXPIRE_TAKER EXPIRE_MAKER EXPIRE_BOTH DECREMENT",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
