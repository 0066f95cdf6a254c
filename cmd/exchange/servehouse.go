package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/seed-7d4c2414/exchange/engine/msg"
	"github.com/seed-7d4c2414/exchange/engine/pipeline"
	"github.com/seed-7d4c2414/exchange/gateway"
	"github.com/seed-7d4c2414/exchange/gateway/admin"
	"github.com/seed-7d4c2414/exchange/gateway/api"
	"github.com/seed-7d4c2414/exchange/gateway/auth"
	"github.com/seed-7d4c2414/exchange/gateway/rest"
	"github.com/seed-7d4c2414/exchange/gateway/stream"
	"github.com/seed-7d4c2414/exchange/gateway/wsapi"
	"github.com/seed-7d4c2414/exchange/journal/vfs"
	"github.com/seed-7d4c2414/exchange/snapshot"
)

// house is a running exchange with the edge that stands in front of it. A reset
// puts another one in its place.
type house struct {
	live    *live
	api     *api.API
	rest    *rest.REST
	sockets *wsapi.Carrier
	listen  *wsapi.ListenKeys
	hub     *stream.Hub
	admin   *admin.Admin

	leave  context.CancelFunc // ends what runs in the house
	inside sync.WaitGroup
}

// openHouse recovers the exchange of the data directory, makes the default markets
// if it is an empty one, and puts the edge in front of it.
func (s *server) openHouse() (*house, error) {
	l, err := startLive(&liveOptions{pipeline: s.pipelineOptions(), limits: s.settings.history, clock: s.clock})
	if err != nil {
		return nil, wayOut(err)
	}
	if err := s.noBallast(); err != nil {
		return nil, errors.Join(err, l.pipeline.Stop())
	}
	h := &house{live: l}
	users := wsapi.NewUserData()
	h.listen = wsapi.NewListenKeys(wsapi.ListenKeyOptions{
		Users: users, Keys: s.auth.Keys(), Now: l.Now, Most: s.settings.listenKeys, Life: s.settings.listenKeyLife,
	})
	a := api.New(api.Options{Exchange: l, Auth: s.auth, Wall: wall, Limits: s.settings.api, ListenKeys: h.listen, Busy: s.busy(l), Answers: s.gateway.Answers()})
	h.api, h.rest = a, rest.New(a)
	h.sockets = wsapi.New(wsapi.Options{
		API: a, Keys: s.auth.Keys(), Users: users, Now: l.Now, Log: s.log, Limits: s.settings.requests,
	})
	h.hub = stream.New(stream.Options{Exchange: l, Limits: s.settings.edge, Wall: wall, Private: h.listen})
	h.admin = admin.New(admin.Options{Exchange: l, Keys: keys{s.auth.Keys(), h}, Operations: operations{s, h}, Token: s.token})
	l.follow("metrics", s.metrics)
	l.follow("stream", h.hub)
	l.follow("userdata", users)
	l.follow("limits", a)

	ctx, leave := context.WithCancel(context.Background())
	h.leave = leave
	h.inside.Go(func() {
		if err := h.hub.Run(ctx); err != nil {
			s.fail(fmt.Errorf("send market data: %w", err))
		}
	})
	h.inside.Go(func() {
		<-l.pipeline.Done()
		if err := l.pipeline.Err(); err != nil {
			s.fail(err)
		}
	})
	if err := addDefaults(ctx, l); err != nil {
		return nil, errors.Join(err, h.close())
	}
	return h, nil
}

// close finishes what was taken, takes a snapshot, closes the journal, and waits
// until nothing runs in the house any more.
func (h *house) close() error {
	err := h.live.pipeline.Stop()
	h.vacate()
	return err //nolint:wrapcheck // it is the error by which the exchange ended
}

// vacate waits until nothing runs any more in a house whose exchange has stopped.
func (h *house) vacate() {
	h.leave()
	h.inside.Wait()
	h.sockets.Wait()
	h.listen.Stop()
}

// keys are the API keys, and the house with what they have opened there.
type keys struct {
	*auth.Store

	house *house
}

// Add adds a key, unless the room on the disk is needed for more than that.
func (k keys) Add(d auth.Draft) (*auth.Key, string, error) {
	if k.house.live.pipeline.Storage().Level != pipeline.StorageOK {
		return nil, "", gateway.ErrStorage
	}
	return k.Store.Add(d) //nolint:wrapcheck // its errors are told apart
}

// Delete deletes a key and ends what it has opened: sessions and listen keys.
func (k keys) Delete(id string) error {
	err := k.Store.Delete(id)
	k.house.sockets.KeysDeleted()
	k.house.listen.KeysDeleted()
	return err //nolint:wrapcheck // its errors are told apart
}

func (s *server) pipelineOptions() pipeline.Options {
	o := s.settings.pipeline
	o.Warn = func(line string) { s.log.Warn(line) }
	o.Removed = func(r pipeline.Removal) {
		s.log.Info("old journal was removed", "segments", r.Segments, "bytes", r.Bytes, "oldest_command", uint64(r.Oldest))
	}
	o.Storage.Changed = s.storageChanged
	o.Build = buildName()
	o.Observe = func(t *pipeline.Timing) {
		b := admin.Batch(*t)
		s.metrics.Observe(&b)
	}
	began := time.Now()
	o.Elapsed = func() time.Duration { return time.Since(began) }
	return o
}

// busy tells whether a command that is none of cancel would find the ring full.
func (s *server) busy(l *live) func() bool {
	most := s.settings.pipeline.Ring - max(s.settings.pipeline.Reserved, 0)
	return func() bool { return l.pipeline.Waiting() >= most }
}

// operations are what the operator may do beside giving commands.
type operations struct {
	server *server
	house  *house
}

// Ready reports whether the exchange takes commands.
func (o operations) Ready() bool {
	return o.server.isReady() && o.house.live.pipeline.Err() == nil
}

// Storage says whether there is room on the disk.
func (o operations) Storage() string { return o.house.live.pipeline.Storage().Level.String() }

// Status says where the exchange is, as far as that is durable.
func (o operations) Status() admin.Status {
	l := o.house.live
	published := l.pipeline.Published()
	at := l.pipeline.Durable() // after published, which it then covers
	v := l.BeginRead()
	symbols := len(v.Symbols(nil))
	l.EndRead()
	return admin.Status{
		Seq: at.Seq, DurableSeq: at.Seq, PublishSeq: published, Digest: hexDigest(at.Digest), DigestSeq: at.Seq, Time: at.Time,
		Epoch: at.Epoch, Journal: l.pipeline.JournalID().String(), Sync: o.server.settings.sync.String(),
		Storage: o.Storage(), Symbols: symbols,
	}
}

// Snapshot takes one and returns its sequence.
func (o operations) Snapshot() (msg.Seq, error) {
	seq, err := o.house.live.pipeline.TakeSnapshot()
	if err != nil {
		return 0, edgeError(err)
	}
	return seq, nil
}

// Reset begins anew with an empty journal.
func (o operations) Reset(ctx context.Context) (admin.Status, error) {
	h, err := o.server.reset(ctx, o.house)
	if err != nil {
		return admin.Status{}, err
	}
	return operations{o.server, h}.Status(), nil
}

// AdvanceClock moves a simulated clock.
func (o operations) AdvanceClock(nanos int64) (int64, error) {
	if !o.server.clock.simulated {
		return 0, admin.ErrNotSimulated
	}
	return o.server.clock.advance(nanos)
}

// reading returns what the metrics are made of.
func (s *server) reading() admin.Reading {
	r := admin.Reading{Edge: s.gateway.Stats()}
	h := s.house.Load()
	if h == nil {
		return r
	}
	p := h.live.pipeline
	r.Waiting, r.Keys = p.Waiting(), s.auth.Keys().Len()
	r.Views = append(r.Views, admin.ViewReading{Name: "market", Seq: p.Published()})
	for _, w := range h.live.followers {
		r.Views = append(r.Views, admin.ViewReading{Name: w.name, Seq: msg.Seq(w.seq.Load())})
	}
	streams := h.hub.Stats()
	r.Streams = admin.StreamReading{
		Subscriptions: streams.Subscriptions, Streams: streams.Streams, Messages: streams.Messages, Missed: streams.Missed,
	}
	r.Limits = admin.LimitReading(h.api.Stats())
	r.Storage = readStorage(p.Storage())
	at := p.Durable()
	r.Durable, r.JournalBytes = at.Seq, at.Bytes
	infos, err := snapshot.List(vfs.OS(), pipeline.SnapshotDir(string(s.settings.data)))
	if err != nil || len(infos) == 0 {
		return r
	}
	if info, err := os.Stat(infos[0].Path); err == nil {
		r.Snapshots, r.Snapshot, r.SnapshotAge = true, msg.Seq(infos[0].Seq), time.Since(info.ModTime())
	}
	return r
}
