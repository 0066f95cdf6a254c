package admin

import (
	"strconv"
	"strings"

	"github.com/valyala/fasthttp"

	"github.com/seed-7d4c2414/exchange/engine/msg"
)

// prefix is where the routes are.
const prefix = "/x/v1"

// request is what a route is given: the variable parts of its path in their order,
// and the body.
type request struct {
	args []string
	body []byte
}

// route is one thing that can be asked for.
type route struct {
	method   string
	path     string // below prefix; a part that is * matches anything
	bodiless bool
	run      func(a *Admin, q *request) (status int, answer any, err error)
}

// routes are all of them.
func routes() []route {
	const (
		get, post, patch, remove = fasthttp.MethodGet, fasthttp.MethodPost, fasthttp.MethodPatch, fasthttp.MethodDelete
	)
	return []route{
		{post, "/accounts", false, (*Admin).createAccount},
		{get, "/accounts/*", true, (*Admin).account},
		{patch, "/accounts/*", false, (*Admin).changeAccount},
		{post, "/accounts/*/keys", false, (*Admin).addKey},
		{get, "/accounts/*/keys", true, (*Admin).accountKeys},
		{remove, "/keys/*", true, (*Admin).deleteKey},
		{post, "/accounts/*/credit", false, (*Admin).credit},
		{post, "/accounts/*/debit", false, (*Admin).debit},
		{post, "/assets", false, (*Admin).addAsset},
		{post, "/symbols", false, (*Admin).addSymbol},
		{get, "/symbols", true, (*Admin).symbols},
		{get, "/symbols/*", true, (*Admin).symbol},
		{patch, "/symbols/*", false, (*Admin).changeSymbol},
		{post, "/symbols/*/phase", false, (*Admin).setPhase},
		{post, "/symbols/*/uncross", false, (*Admin).uncross},
		{get, "/symbols/*/auction", true, (*Admin).auction},
		{post, "/snapshot", false, (*Admin).snapshot},
		{get, "/status", true, (*Admin).status},
		{post, "/reset", false, (*Admin).reset},
		{post, "/clock", false, (*Admin).advanceClock},
	}
}

// find returns the route of a request, and the variable parts of its path.
func find(ctx *fasthttp.RequestCtx, path string) (*route, []string, error) {
	below, ok := strings.CutPrefix(path, prefix+"/")
	var allowed []string
	all := routes()
	for i := range all {
		args, matches := all[i].match(below)
		switch {
		case !ok || !matches:
		case all[i].method == string(ctx.Method()):
			return &all[i], args, nil
		default:
			allowed = append(allowed, all[i].method)
		}
	}
	if len(allowed) > 0 {
		return nil, nil, notAllowed(ctx, allowed)
	}
	p := &problem{status: fasthttp.StatusNotFound, Code: "UNKNOWN_PATH", Message: "There is nothing here."}
	return nil, nil, p.because(path, prefix)
}

// match reports whether a path is the route's. Names and numbers need no escaping,
// so one that is escaped names nothing.
func (r *route) match(below string) (args []string, ok bool) {
	want, have := strings.Split(r.path[1:], "/"), strings.Split(below, "/")
	if len(want) != len(have) {
		return nil, false
	}
	for i := range want {
		switch {
		case want[i] == "*" && have[i] != "":
			args = append(args, have[i])
		case want[i] != have[i]:
			return nil, false
		}
	}
	return args, true
}

// reads are the methods of what is only read.
func reads() []string { return []string{fasthttp.MethodGet, fasthttp.MethodHead} }

func notAllowed(ctx *fasthttp.RequestCtx, allowed []string) error {
	list := strings.Join(allowed, ", ")
	ctx.Response.Header.Set(fasthttp.HeaderAllow, list)
	p := &problem{status: fasthttp.StatusMethodNotAllowed, Code: "METHOD_NOT_ALLOWED", Message: "This is not done here with this method."}
	return p.because(string(ctx.Method()), list)
}

// accountArg reads the account of a path.
func (q *request) accountArg() (msg.AccountID, error) {
	text := q.args[0]
	id, err := strconv.ParseUint(text, 10, 32)
	if err != nil || text != strconv.FormatUint(id, 10) || id > msg.MaxAccounts {
		return 0, unknown("UNKNOWN_ACCOUNT", "account", text)
	}
	return msg.AccountID(id), nil
}

// symbolArg reads the symbol of a path.
func (q *request) symbolArg() (msg.Name, error) {
	name, err := msg.ParseName(q.args[0])
	if err != nil {
		return name, unknown("UNKNOWN_SYMBOL", "symbol", q.args[0])
	}
	return name, nil
}
