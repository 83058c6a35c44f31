//! The operations of the contract that are not built yet.

/// Lines `METHOD /path` of `spec/unsupported.txt`: they answer 501. The list only shrinks.
pub const UNSUPPORTED: &str = include_str!("../../../spec/unsupported.txt");

/// Method and path template of each.
pub fn unsupported() -> impl Iterator<Item = (&'static str, &'static str)> {
    UNSUPPORTED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
}
