//go:build planted_payload_crc_ignored

package planted

// Bug is the bug of this build.
const Bug = PayloadCRCIgnored
