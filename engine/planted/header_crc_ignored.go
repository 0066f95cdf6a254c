//go:build planted_header_crc_ignored

package planted

// Bug is the bug of this build.
const Bug = HeaderCRCIgnored
