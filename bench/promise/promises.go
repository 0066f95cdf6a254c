package promise

// Promise is one line of what the exchange promises.
type Promise struct {
	Name  string // "D1"
	Holds string // what holds
	Fault string // under which fault
}

// Promises returns what is promised, in order.
func Promises() []Promise {
	return []Promise{
		{"D1", "no acknowledged command is lost, none appears that nobody sent", "power cut under load, real file systems"},
		{"D2", "the same, and the restart is quick", "kill -9, also during recovery and during a snapshot"},
		{"D3", "the same when the disk reorders, tears or drops what was not flushed", "images of a block device at and between its flushes"},
		{"D4", "the same at every single step of input and output", "a simulated crash at each step, and again during recovery"},
		{"D5", "the simulated disk is no kinder than the real file system", "outcomes of D3 held against those of D4"},
		{"D6", "what is whole before a torn end is kept, the rest set aside", "the newest segment cut at every byte"},
		{"D7", "no flipped bit is taken for data, none shortens what was acknowledged", "every bit of a journal and of a snapshot"},
		{"D8", "stale, misplaced, doubled, missing or swapped data is named", "a table of damaged directories"},
		{"D9", "after a failed write or sync nothing is acknowledged, and the process ends", "errors of write, sync, close, directory sync"},
		{"D10", "a full disk stops orders before the journal meets it; cancels and reads go on", "a disk that fills up and is freed"},
		{"D11", "a slow disk makes answers late and nothing else", "stalls of a sync, a stopped process"},
		{"D12", "a snapshot never harms", "crashes at each of its steps, damaged snapshots"},
		{"D13", "one journal gives one state", "builds, schedulers, batch limits, snapshots at many places"},
		{"D14", "later builds read older journals to the same state, or refuse them by name", "journals and snapshots of released versions"},
		{"D15", "a command that crashes the program is named, never skipped", "the same crash twice"},
		{"D16", "decompression takes no more memory than is allowed", "bombs, wrong lengths, truncation"},
		{"D17", "a restart takes no longer than said", "many resting orders, many commands after the snapshot"},
	}
}
