// Package timeline makes the past of a data directory something one can stand in:
// go to any command, step forward and back by command and by event, and run either
// way until a condition holds.
//
// Opening it folds the whole journal once, compares the digest of every frame, and
// keeps images of the state in memory on the way. Whoever then goes somewhere starts
// from the image before it and folds the rest from the journal. The images lie so
// close that this takes a fraction of what can be noticed; when they would take more
// memory than a limit, every second one is given up and the distance doubles.
//
// Nothing is locked and nothing is written, so it works beside a running exchange and
// on a copy of its directory. What a running exchange has added can be taken in. A
// journal that is damaged, or whose digests say otherwise than its events, is shown up
// to the last frame that is sound.
package timeline
