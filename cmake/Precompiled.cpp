// The empty unit that the shared precompiled header is built with; it holds no
// code.
