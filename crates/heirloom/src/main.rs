//! The binary: command line, configuration, wiring, nothing else.

fn main() {}
