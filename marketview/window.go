package marketview

// position counts the rows of a log. It is never used again.
type position = uint64

// window holds what lies at the positions of a log, from its tail to its head, in
// pages. A page takes memory once something is put there.
type window[T any] struct {
	pages []*[pageLen]T // a power of two of them; nil where nothing lies
	spare *[pageLen]T
}

func (w *window[T]) page(p position) **[pageLen]T {
	return &w.pages[int(p>>pageBits)&(len(w.pages)-1)]
}

// at returns what lies at p, where something was put.
func (w *window[T]) at(p position) *T { return &(*w.page(p))[p%pageLen] }

// extend makes sure that there is a page for p, when the window goes from tail to p at
// least.
func (w *window[T]) extend(tail, p position) {
	for n := len(w.pages); p>>pageBits-tail>>pageBits >= position(n); n = len(w.pages) {
		old := w.pages
		w.pages = make([]*[pageLen]T, max(2*n, 1))
		for i := range old {
			at := tail + position(i)*pageLen
			*w.page(at) = old[int(at>>pageBits)&(n-1)]
		}
	}
	at := w.page(p)
	if *at != nil {
		return
	}
	if *at, w.spare = w.spare, nil; *at == nil {
		*at = new([pageLen]T)
	}
}

// leave forgets the page of p, from which on the window no longer goes.
func (w *window[T]) leave(p position) {
	if len(w.pages) > 0 {
		if at := w.page(p); *at != nil {
			*at, w.spare = nil, *at
		}
	}
}
