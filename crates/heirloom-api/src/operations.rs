//! What is known of the operations of the contract: what a key must be made for, and which are not built yet.

use heirloom_types::permission::Permission;

/// Lines `METHOD /path permission|- [admin]` of `spec/permissions.txt`.
pub const PERMISSIONS: &str = include_str!("../../../spec/permissions.txt");

/// Lines `METHOD /path` of `spec/unsupported.txt`: they answer 501. The list only shrinks.
pub const UNSUPPORTED: &str = include_str!("../../../spec/unsupported.txt");

/// Method and path template of each.
pub fn unsupported() -> impl Iterator<Item = (&'static str, &'static str)> {
    UNSUPPORTED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
}

/// What the contract wants of whoever asks for an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needed {
    /// What their credential must allow; none where any does.
    pub permission: Option<Permission>,
    /// Whether they must administer the server.
    pub is_admin: bool,
}

/// What an operation needs; none where the contract asks for nothing. PATCH is the twin of PUT.
pub fn needed(method: &str, path: &str) -> Option<Needed> {
    let of = |method: &str| {
        PERMISSIONS.lines().find_map(|line| {
            let rest = line.strip_prefix(method)?.strip_prefix(' ')?;
            let mut words = rest.strip_prefix(path)?.strip_prefix(' ')?.split(' ');
            Some(Needed {
                permission: words.next()?.parse().ok(),
                is_admin: words.next() == Some("admin"),
            })
        })
    };
    let twin = || (method == "PATCH").then(|| of("PUT")).flatten();
    of(method).or_else(twin)
}
