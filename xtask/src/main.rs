//! All automation of the workspace: set-up, running, testing, code generation, benchmarks.

fn main() {}
