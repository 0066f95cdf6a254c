package api

import "net/http"

// Lists of orders are not taken. What asks for those that there are finds none,
// which clients do that use no lists; what places or changes one is refused.

const textNoOCO = "OCO orders are not supported for this symbol"

// listMethods are the methods of lists of orders.
func listMethods() []Method {
	const list = "/api/v3/orderList"
	unsupported := func(name, verb, path string, s Security) Method {
		return Method{Name: name, Verb: verb, Path: path, Security: s, Weight: weighs(1), Run: (*API).noLists}
	}
	return []Method{
		{
			Name: "openOrderLists.status", Verb: http.MethodGet, Path: "/api/v3/openOrderList", Security: Read, Weight: weighs(6),
			Run: (*API).nothing,
		},
		{
			Name: "allOrderLists", Verb: http.MethodGet, Path: "/api/v3/allOrderList", Security: Read, Weight: weighs(20),
			Params: append([]Spec{{Name: paramFromID, Kind: ID}}, spanSpecs()...), Run: (*API).allOrderLists,
		},
		{
			Name: "orderList.place", Verb: http.MethodPost, Path: "/api/v3/order/oco", Security: Trade, Weight: weighs(1),
			Params: []Spec{oneSymbol()}, Run: (*API).placeOCO,
		},
		{
			Name: "orderList.place.oco", Verb: http.MethodPost, Path: list + "/oco", Security: Trade, Weight: weighs(1),
			Params: []Spec{oneSymbol()}, Run: (*API).placeOCO,
		},
		unsupported("orderList.place.oto", http.MethodPost, list+"/oto", Trade),
		unsupported("orderList.place.otoco", http.MethodPost, list+"/otoco", Trade),
		unsupported("orderList.cancel", http.MethodDelete, list, Trade),
		unsupported("orderList.status", http.MethodGet, list, Read),
	}
}

// nothing answers with an empty list.
func (a *API) nothing(c *Call) error {
	c.Out = append(c.Out, "[]"...)
	return nil
}

// allOrderLists answers with no list. It refuses what would be refused if there
// were any.
func (a *API) allOrderLists(c *Call) error {
	_, refused := c.shortSpan()
	switch {
	case c.Params.Has(paramFromID) && (c.Params.Has(paramStartTime) || c.Params.Has(paramEndTime)):
		return ErrOptional
	case refused != nil:
		return refused
	}
	return a.nothing(c)
}

// placeOCO refuses a pair of orders of which one cancels the other.
func (a *API) placeOCO(*Call) error { return OrderError(textNoOCO) }

// noLists refuses what can be done with lists of orders only.
func (a *API) noLists(*Call) error { return ErrUnsupported }
