// The library logs to standard output, where the checks go; its errors do not. It
// reads the level when it is loaded, so this module comes before it.
process.env.LOG_LEVEL = 'error';
