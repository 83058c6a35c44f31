//! Whoever a history is about.

/// One person's side of a history.
pub(crate) struct Person {
    pub id: String,
    /// The header that they are known by, and what stands in it.
    pub credential: (&'static str, String),
    /// Their devices' sessions.
    pub(super) devices: Vec<String>,
    /// Whether their account is closed and restored while others go on.
    pub(super) may_close: bool,
    pub(super) videos: Vec<String>,
    pub(super) assets: Vec<String>,
    pub(super) albums: Vec<String>,
    pub(super) stacks: Vec<String>,
    pub(super) memories: Vec<String>,
    pub(super) people: Vec<String>,
    pub(super) faces: Vec<String>,
}

impl Person {
    /// Who acts in a session with that token.
    pub(crate) fn new(id: &str, token: &str) -> Self {
        Self {
            id: id.to_owned(),
            credential: ("x-immich-user-token", token.to_owned()),
            devices: Vec::new(),
            may_close: false,
            videos: Vec::new(),
            assets: Vec::new(),
            albums: Vec::new(),
            stacks: Vec::new(),
            memories: Vec::new(),
            people: Vec::new(),
            faces: Vec::new(),
        }
    }

    /// Whose devices are told to start over now and then.
    pub(crate) fn with_devices(mut self, sessions: &[String]) -> Self {
        self.devices = sessions.to_vec();
        self
    }

    /// Who has that video already.
    pub(crate) fn with_video(mut self, id: &str) -> Self {
        self.videos.push(id.to_owned());
        self
    }

    /// Who acts with a key, which outlives a closed account, and whose account is closed at times.
    pub(crate) fn who_comes_and_goes(id: &str, key: &str) -> Self {
        Self {
            credential: ("x-api-key", key.to_owned()),
            may_close: true,
            ..Self::new(id, "")
        }
    }
}
