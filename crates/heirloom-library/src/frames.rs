//! Picture frames: screens that show some photos of a person and can do nothing else.
//!
//! A screen asks for a pairing and gets a token, which it keeps, and a code, which it shows. A person who enters the code
//! decides what the screen shows. From then on the token opens the list of those photos and their previews; no other use
//! case takes it.

use chrono::{NaiveDate, TimeDelta};
pub use heirloom_store::frames::{Frame, FramePhoto, FrameShows};
use heirloom_store::{
    Error as StoreError, Tx,
    albums::{self, AlbumRole},
    frames::{self, FramePairing},
    people, users,
};
use heirloom_types::{
    caller::Caller,
    ids::{AlbumId, AssetId, FrameId, PersonId},
    permission::Permission,
    time::Timestamp,
};

use crate::{
    Error, Library, Result,
    access::{self, require},
    auth::hash_token,
    files::{AssetFile, Kind, as_it_looks},
};

/// How long a code can be entered.
const CODE_LIFE: TimeDelta = TimeDelta::minutes(10);
/// Without those that look like one another.
const CODE_LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
const CODE_LENGTH: usize = 6;
/// Screens that wait at one time; the oldest gives way, so that nobody can keep others from pairing by asking often.
const PAIRINGS_MAX: i64 = 500;
/// Frames of one person.
const FRAMES_MAX: usize = 50;
const NAME_CHARS_MAX: usize = 100;
/// Photos of one list; the next list has others, if there are more.
const PHOTOS_MAX: i64 = 500;
/// Photos of a list of what is recent.
const RECENT_MAX: i64 = 200;
/// A frame's last use is written at most this often.
const TOUCH_EVERY: TimeDelta = TimeDelta::minutes(10);

/// What a screen is told that asks to be paired; the token is told once.
#[derive(Clone, Debug)]
pub struct NewPairing {
    pub token: String,
    pub code: String,
    pub expires_at: Timestamp,
}

/// What a screen has to show.
#[derive(Debug)]
pub enum Screen {
    /// Its code still, until then.
    Waiting { expires_at: Timestamp },
    Showing {
        frame: Frame,
        photos: Vec<FramePhoto>,
    },
}

/// What a frame is to show; album and person only where they are meant.
#[derive(Clone, Copy, Debug)]
pub struct FrameChoice {
    pub shows: FrameShows,
    pub album: Option<AlbumId>,
    pub person: Option<PersonId>,
}

/// A frame with the name of the album or person that it shows.
#[derive(Debug)]
pub struct FrameDetails {
    pub frame: Frame,
    pub subject: Option<String>,
}

impl Library {
    /// Lets a screen wait for a person.
    pub async fn begin_frame_pairing(&self) -> Result<NewPairing> {
        let token = self.new_token();
        let now = self.now();
        let expires_at = now + CODE_LIFE;
        let mut tx = self.db.write().await?;
        frames::delete_old_pairings(&mut tx, now, PAIRINGS_MAX - 1).await?;
        let code = self.new_code();
        let pairing = FramePairing {
            token_hash: hash_token(&token).to_vec(),
            code: code.clone(),
            created_at: now,
            expires_at,
        };
        frames::insert_pairing(&mut tx, &pairing)
            .await
            .map_err(taken_code)?;
        tx.commit().await?;
        Ok(NewPairing {
            token,
            code,
            expires_at,
        })
    }

    /// What the screen with that token shows on its day.
    pub async fn screen(&self, token: &str, day: Option<NaiveDate>) -> Result<Screen> {
        let hash = hash_token(token);
        let now = self.now();
        let mut tx = self.db.read().await?;
        if let Some(pairing) = frames::get_pairing(&mut tx, &hash, now).await? {
            return Ok(Screen::Waiting {
                expires_at: pairing.expires_at,
            });
        }
        let frame = paired(&mut tx, &hash).await?;
        let limit = match frame.shows {
            FrameShows::Recent => RECENT_MAX,
            _ => PHOTOS_MAX,
        };
        let start = self.random_bytes::<20>();
        let photos = frames::list_photos(&mut tx, &frame, noon_of(day, now), &start, limit).await?;
        drop(tx);
        self.touch_frame(&frame).await?;
        Ok(Screen::Showing { frame, photos })
    }

    /// The preview of a photo, if the screen with that token shows it on its day.
    pub async fn frame_preview(
        &self,
        token: &str,
        asset: AssetId,
        day: Option<NaiveDate>,
    ) -> Result<AssetFile> {
        let mut tx = self.db.read().await?;
        let frame = paired(&mut tx, &hash_token(token)).await?;
        let at = noon_of(day, self.now());
        let asset = frames::get_asset(&mut tx, &frame, at, asset)
            .await?
            .ok_or(Error::Missing("This frame does not show that"))?;
        let file = as_it_looks(&mut tx, &asset, Kind::Preview).await?;
        drop(tx);
        self.touch_frame(&frame).await?;
        // Nothing of it is left on a device that somebody gives away.
        Ok(AssetFile {
            may_stay: false,
            ..file
        })
    }

    /// Gives the screen that shows `code` something to show. Wrong codes grow slower, as at log-in.
    pub async fn pair_frame(
        &self,
        caller: &Caller,
        code: &str,
        name: &str,
        choice: FrameChoice,
    ) -> Result<FrameDetails> {
        require(caller, Permission::SharedLinkCreate)?;
        let name = checked_name(name)?;
        let subject = format!("frame codes of {}", caller.user);
        let _turn = self.throttle.wait_turn(&subject, None).await;
        let now = self.now();
        let mut tx = self.db.write().await?;
        let waiting = frames::get_pairing_by_code(&mut tx, &written(code), now).await?;
        let Some(waiting) = waiting else {
            self.throttle.failed(&subject, None);
            return Err(Error::Conflict("No screen shows that code".into()));
        };
        self.throttle.succeeded(&subject, None);
        if frames::list(&mut tx, caller.user).await?.len() >= FRAMES_MAX {
            return Err(Error::Conflict("Too many frames".into()));
        }
        let mut frame = Frame {
            id: self.new_id(FrameId::new),
            owner_id: caller.user,
            name,
            token_hash: waiting.token_hash.clone(),
            shows: choice.shows,
            album_id: None,
            person_id: None,
            created_at: now,
            updated_at: now,
            seen_at: None,
        };
        choose(&mut tx, caller, &mut frame, choice).await?;
        frames::delete_pairing(&mut tx, &waiting.token_hash).await?;
        frames::upsert(&mut tx, &frame).await?;
        let made = details(&mut tx, frame).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// The caller's frames.
    pub async fn frames(&self, caller: &Caller) -> Result<Vec<FrameDetails>> {
        require(caller, Permission::SharedLinkRead)?;
        let mut tx = self.db.read().await?;
        let mut all = Vec::new();
        for frame in frames::list(&mut tx, caller.user).await? {
            all.push(details(&mut tx, frame).await?);
        }
        Ok(all)
    }

    /// Changes what is given; what is absent stays.
    pub async fn update_frame(
        &self,
        caller: &Caller,
        id: FrameId,
        name: Option<&str>,
        choice: Option<FrameChoice>,
    ) -> Result<FrameDetails> {
        let needed = Permission::SharedLinkUpdate;
        require(caller, needed)?;
        let mut tx = self.db.write().await?;
        let mut frame = frames::get(&mut tx, caller.user, id)
            .await?
            .ok_or(Error::not_found("frame", id, needed))?;
        if let Some(name) = name {
            frame.name = checked_name(name)?;
        }
        if let Some(choice) = choice {
            choose(&mut tx, caller, &mut frame, choice).await?;
        }
        frame.updated_at = self.now();
        frames::upsert(&mut tx, &frame).await?;
        let changed = details(&mut tx, frame).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Ends a frame: its token opens nothing any more.
    pub async fn end_frame(&self, caller: &Caller, id: FrameId) -> Result<()> {
        let needed = Permission::SharedLinkDelete;
        require(caller, needed)?;
        let mut tx = self.db.write().await?;
        if !frames::delete(&mut tx, caller.user, id).await? {
            return Err(Error::not_found("frame", id, needed));
        }
        Ok(tx.commit().await?)
    }

    fn new_code(&self) -> String {
        self.random_bytes::<CODE_LENGTH>()
            .iter()
            .map(|byte| char::from(CODE_LETTERS[usize::from(*byte) % CODE_LETTERS.len()]))
            .collect()
    }

    async fn touch_frame(&self, frame: &Frame) -> Result<()> {
        let now = self.now();
        if frame.seen_at.is_some_and(|seen| now - seen < TOUCH_EVERY) {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        frames::touch(&mut tx, frame.id, now).await?;
        Ok(tx.commit().await?)
    }
}

/// The frame with that token, while its owner has an account.
async fn paired(tx: &mut Tx, token_hash: &[u8]) -> Result<Frame> {
    let unknown = Error::Unauthenticated("Unknown frame");
    let Some(frame) = frames::get_by_token_hash(tx, token_hash).await? else {
        return Err(unknown);
    };
    match users::get(tx, frame.owner_id).await? {
        Some(_) => Ok(frame),
        None => Err(unknown),
    }
}

/// Refuses what the caller may not see.
async fn choose(
    tx: &mut Tx,
    caller: &Caller,
    frame: &mut Frame,
    choice: FrameChoice,
) -> Result<()> {
    frame.shows = choice.shows;
    (frame.album_id, frame.person_id) = (None, None);
    match choice.shows {
        FrameShows::Album => {
            let id = choice
                .album
                .ok_or_else(|| Error::invalid("albumId", "Invalid albumId"))?;
            access::album(tx, caller, id, AlbumRole::Viewer, Permission::AlbumRead).await?;
            frame.album_id = Some(id);
        }
        FrameShows::Person => {
            let id = choice
                .person
                .ok_or_else(|| Error::invalid("personId", "Invalid personId"))?;
            people::get(tx, caller.user, id)
                .await?
                .ok_or(Error::not_found("person", id, Permission::PersonRead))?;
            frame.person_id = Some(id);
        }
        FrameShows::Memories | FrameShows::Favorites | FrameShows::Recent => {}
    }
    Ok(())
}

async fn details(tx: &mut Tx, frame: Frame) -> Result<FrameDetails> {
    let subject = match (frame.album_id, frame.person_id) {
        (Some(album), _) => albums::get(tx, album).await?.map(|album| album.name),
        (None, Some(person)) => people::get(tx, frame.owner_id, person)
            .await?
            .map(|person| person.name),
        (None, None) => None,
    };
    Ok(FrameDetails { frame, subject })
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
        return Err(Error::invalid(
            "name",
            "Invalid name: expected 1 to 100 characters",
        ));
    }
    Ok(name.to_owned())
}

/// A code as it is kept, however a person wrote it.
fn written(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .collect()
}

/// The middle of the screen's day, as memories are asked for. Its day is that of the server or one beside it, whatever
/// it says: other days are not its to see.
fn noon_of(day: Option<NaiveDate>, now: Timestamp) -> Timestamp {
    let today = now.date_naive();
    let day = day
        .unwrap_or(today)
        .clamp(today - TimeDelta::days(1), today + TimeDelta::days(1));
    day.and_hms_opt(12, 0, 0).map_or(now, |noon| noon.and_utc())
}

fn taken_code(error: StoreError) -> Error {
    match error {
        StoreError::Conflict { .. } => Error::Busy("Try again"),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use heirloom_types::time::at_millis;

    use super::*;

    #[test]
    fn codes_are_read_however_they_are_written() {
        for text in ["k7m 3qx", "K7M-3QX", " k7M3qX "] {
            assert_eq!(written(text), "K7M3QX");
        }
    }

    #[test]
    fn a_screen_chooses_no_day_but_its_own() {
        let now = at_millis(1_700_000_000_000);
        let day = |text: &str| {
            noon_of(Some(text.parse().unwrap()), now)
                .date_naive()
                .to_string()
        };
        assert_eq!(day("2023-11-15"), "2023-11-15");
        assert_eq!(day("2023-11-13"), "2023-11-13");
        assert_eq!(day("2020-01-01"), "2023-11-13");
        assert_eq!(day("2100-01-01"), "2023-11-15");
    }
}
