//! The name of a colour profile.

use moxcms::{ColorProfile, ProfileText};

use super::text::clean;

/// What the profile calls itself.
pub fn description(icc: &[u8]) -> Option<String> {
    let profile = ColorProfile::new_from_slice(icc).ok()?;
    let text = match profile.description? {
        ProfileText::PlainString(text) => text,
        ProfileText::Localizable(texts) => texts.into_iter().next()?.value,
        ProfileText::Description(text) => text.ascii_string,
    };
    clean(&text)
}
