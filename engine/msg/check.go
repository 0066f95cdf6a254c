package msg

import (
	"errors"
	"fmt"
)

// Check reports whether c can be journalled: its kind is known, enumerations
// are in range and names are names. It is asked once, where a command enters;
// whether the command may be carried out is for the engine to decide.
func (c *Command) Check() error {
	switch {
	case c.Kind == 0 || c.Kind > maxKind:
		return fmt.Errorf("kind: %d is unknown", c.Kind)
	case c.Side > Sell:
		return fmt.Errorf("side: %d is unknown", c.Side)
	case c.Type > maxOrderType:
		return fmt.Errorf("type: %d is unknown", c.Type)
	case c.TIF > maxTimeInForce:
		return fmt.Errorf("time in force: %d is unknown", c.TIF)
	case c.STP > maxPrevention:
		return fmt.Errorf("self-trade prevention: %d is unknown", c.STP)
	case c.Mode > maxReplaceMode:
		return fmt.Errorf("cancel-replace mode: %d is unknown", c.Mode)
	case c.Type == Market && c.Price != 0:
		return errors.New("price: a market order has none")
	}
	if (c.Kind == AddSymbol || c.Kind == AlterSymbol) != (c.Spec != nil) {
		return fmt.Errorf("symbol: %v must describe one if and only if it adds or alters one", c.Kind)
	}
	if c.Spec != nil && !c.Spec.Name.Valid() {
		return fmt.Errorf("symbol name: %w", errNameChars)
	}
	for _, n := range [...]*Name{&c.Name, &c.OrigName, &c.CancelName} {
		if !n.IsZero() && !n.Valid() {
			return fmt.Errorf("name: %w", errNameChars)
		}
	}
	return nil
}
