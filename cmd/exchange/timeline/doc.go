// Package timeline makes the past of a data directory something one can stand in:
// go to any command, step forward and back by command and by event, and run either
// way until a condition holds.
//
// Opening it folds the whole journal once, compares the digest of every frame, and
// keeps marks on the way: states, packed, that share with the one before what did not
// change. Whoever then goes somewhere starts from the mark before it and folds the rest
// from the journal. Marks lie as far apart as it takes to unpack one; when they would
// take more memory than a limit, every second one is given up and the distance doubles.
// Whoever steps back has also the state a little before kept, unpacked, so that the
// next steps back need neither. Where marks lie follows from the commands alone, so two
// openings of one journal have the same ones.
//
// Nothing is locked and nothing is written, so it works beside a running exchange and
// on a copy of its directory. What a running exchange has added can be taken in. A
// journal that is damaged, or whose digests say otherwise than its events, is shown up
// to the last frame that is sound.
package timeline
