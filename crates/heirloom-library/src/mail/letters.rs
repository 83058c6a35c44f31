//! What letters say. Pure functions.

use heirloom_types::ids::AlbumId;
use uuid::Uuid;

/// A letter in two forms of the same words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Why a letter is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    /// Somebody wants to see whether letters arrive.
    Test,
    Welcome {
        email: String,
    },
    AlbumInvite {
        id: AlbumId,
        album: String,
        said: String,
    },
    AlbumUpdate {
        id: AlbumId,
        album: String,
        said: String,
    },
}

impl Occasion {
    /// What clients call those whose words can be chosen.
    pub(super) const NAMES: [&str; 3] = ["welcome", "album-invite", "album-update"];

    /// One of that name, for looking at it.
    pub(super) fn example(name: &str) -> Option<Self> {
        let (id, album) = (AlbumId(Uuid::nil()), "Summer at the lake".to_owned());
        Some(match name {
            "welcome" => Self::Welcome {
                email: "anna@example.org".into(),
            },
            "album-invite" => Self::AlbumInvite {
                said: format!("Anna shares the album {album} with you"),
                id,
                album,
            },
            "album-update" => Self::AlbumUpdate {
                said: format!("3 more photos are in the album {album}"),
                id,
                album,
            },
            _ => return None,
        })
    }

    /// To somebody of that name. `template` is what an administrator wants said instead; in it, `{recipientName}`,
    /// `{albumName}`, `{email}`, `{message}` and `{baseUrl}` stand for what they name. `home` is the server's address.
    pub(super) fn letter(&self, name: &str, template: Option<&str>, home: Option<&str>) -> Letter {
        let text = template.map_or_else(|| self.text(name), |text| self.filled(text, name, home));
        let link = home.map(|home| format!("{home}{}", self.path()));
        let html = page(&self.subject(), &text, link.as_deref(), self.invitation());
        let text = match link {
            Some(link) => format!("{text}\n\n{}: {link}\n", self.invitation()),
            None => format!("{text}\n"),
        };
        Letter {
            subject: self.subject(),
            text,
            html,
        }
    }

    fn subject(&self) -> String {
        match self {
            Self::Test => "Letters from Heirloom arrive".into(),
            Self::Welcome { .. } => "Welcome to Heirloom".into(),
            Self::AlbumInvite { album, .. } => format!("The album {album} is shared with you"),
            Self::AlbumUpdate { album, .. } => format!("The album {album} has grown"),
        }
    }

    fn text(&self, name: &str) -> String {
        let said = match self {
            Self::Test => "this server can write to people.".into(),
            Self::Welcome { email } => format!(
                "an account was made for you. You log in as {email}; who made it tells you the first password."
            ),
            Self::AlbumInvite { said, .. } | Self::AlbumUpdate { said, .. } => format!("{said}."),
        };
        format!("Hello {name},\n\n{said}")
    }

    fn filled(&self, template: &str, name: &str, home: Option<&str>) -> String {
        let (album, email, said) = match self {
            Self::Test => ("", "", ""),
            Self::Welcome { email } => ("", email.as_str(), ""),
            Self::AlbumInvite { album, said, .. } | Self::AlbumUpdate { album, said, .. } => {
                (album.as_str(), "", said.as_str())
            }
        };
        fill(
            template,
            &[
                ("recipientName", name),
                ("albumName", album),
                ("email", email),
                ("message", said),
                ("baseUrl", home.unwrap_or_default()),
            ],
        )
    }

    fn path(&self) -> String {
        match self {
            Self::Test | Self::Welcome { .. } => "/".into(),
            Self::AlbumInvite { id, .. } | Self::AlbumUpdate { id, .. } => format!("/albums/{id}"),
        }
    }

    fn invitation(&self) -> &'static str {
        match self {
            Self::Test | Self::Welcome { .. } => "Open Heirloom",
            Self::AlbumInvite { .. } | Self::AlbumUpdate { .. } => "Open the album",
        }
    }
}

/// Puts values where `{word}` stands, each once: a value that looks like a word stays what it is.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after.split_once('}').and_then(|(word, after)| {
            let (_, value) = values.iter().find(|(known, _)| *known == word.trim())?;
            Some((*value, after))
        });
        let (put, after) = known.unwrap_or(("{", after));
        filled.push_str(put);
        rest = after;
    }
    filled + rest
}

/// Styles stand at each element, because mail programs drop what is said once.
fn page(title: &str, text: &str, link: Option<&str>, invitation: &str) -> String {
    let mut paragraphs = String::new();
    for part in text.split("\n\n") {
        let lines = escape(part.trim()).replace('\n', "<br>");
        paragraphs += &format!("<p style=\"margin:0 0 16px\">{lines}</p>");
    }
    let button = link.map_or(String::new(), |link| {
        format!(
            "<p style=\"margin:24px 0 0\"><a href=\"{}\" style=\"background:#2f5d50;color:#fff;padding:12px 20px;\
             border-radius:8px;text-decoration:none\">{invitation}</a></p>",
            escape(link)
        )
    });
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><title>{}</title></head>\
         <body style=\"margin:0;padding:24px;background:#f4f2ee;font:16px/1.5 system-ui,sans-serif;color:#222\">\
         <div style=\"max-width:560px;margin:0 auto;padding:32px;background:#fff;border-radius:12px\">\
         {paragraphs}{button}</div></body></html>",
        escape(title)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn growth(album: &str) -> Occasion {
        Occasion::AlbumUpdate {
            id: AlbumId(Uuid::nil()),
            album: album.into(),
            said: format!("2 more photos are in the album {album}"),
        }
    }

    #[test]
    fn a_letter_says_the_same_in_both_forms_and_leads_to_the_thing() {
        let letter = growth("Lake").letter("Bob", None, Some("https://photos.example.org"));
        assert_eq!(letter.subject, "The album Lake has grown");
        for form in [&letter.text, &letter.html] {
            assert!(form.contains("Hello Bob,"), "{form}");
            assert!(
                form.contains("2 more photos are in the album Lake."),
                "{form}"
            );
            assert!(
                form.contains("https://photos.example.org/albums/"),
                "{form}"
            );
        }
        let letter = growth("Lake").letter("Bob", None, None);
        assert!(!letter.html.contains("href"), "no address, no link");
    }

    #[test]
    fn names_are_never_html() {
        let letter = growth("<img src=x onerror=alert(1)>").letter("A & \"B\"", None, None);
        assert!(!letter.html.contains("<img"), "{}", letter.html);
        assert!(letter.html.contains("A &amp; &quot;B&quot;"));
        assert!(letter.text.contains("A & \"B\""));
    }

    #[test]
    fn the_words_of_an_administrator_are_filled_in_once() {
        let text = "Dear {recipientName}, {albumName} {unknown} {";
        let letter = growth("{email}").letter("Eve", Some(text), None);
        assert_eq!(letter.text, "Dear Eve, {email} {unknown} {\n");
    }

    #[test]
    fn every_name_has_an_example() {
        for name in Occasion::NAMES {
            assert!(Occasion::example(name).is_some(), "{name}");
        }
        assert!(Occasion::example("other").is_none());
    }
}
