//! What can be pulled by name.

use serde::Deserialize;

use super::{Error, Reference, Result};

const CATALOGUE: &str = include_str!("../../../../models/catalogue.toml");

/// The packs that this program knows of.
#[derive(Clone, Debug, Deserialize)]
pub struct Catalogue {
    #[serde(rename = "pack")]
    pub packs: Vec<Entry>,
}

/// One pack. How its models are fed stands in the catalogue too, for people and for the manifest of the starter pack.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    pub name: String,
    pub description: String,
    pub licence: String,
    #[serde(flatten)]
    pub source: Source,
    pub models: Vec<Model>,
}

/// Where a pack comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum Source {
    /// Made by the project's converter at set-up; pulled from its folder.
    Converter,
    /// A repository in the layout of Immich's models.
    Repository { repository: String },
}

#[derive(Clone, Debug, Deserialize)]
pub struct Model {
    pub file: String,
    pub task: String,
}

impl Catalogue {
    /// The catalogue of this build.
    pub fn embedded() -> Self {
        toml::from_str(CATALOGUE).expect("a test reads the catalogue")
    }

    /// The pack of this name.
    pub fn find(&self, name: &str) -> Option<&Entry> {
        self.packs.iter().find(|entry| entry.name == name)
    }

    /// What to fetch for a name of the catalogue or of a repository; none for the starter pack, which is made.
    pub fn resolve(&self, wanted: &str) -> Result<(Option<&Entry>, Option<Reference>)> {
        let entry = self.find(wanted);
        match entry.map(|entry| &entry.source) {
            Some(Source::Converter) => Ok((entry, None)),
            Some(Source::Repository { repository }) => Ok((entry, Reference::parse(repository))),
            None => match Reference::parse(wanted) {
                Some(reference) => Ok((None, Some(reference))),
                None => Err(Error::Unknown(wanted.to_owned())),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_of_this_build_can_be_read() {
        let catalogue = Catalogue::embedded();
        assert_eq!(catalogue.find("starter").unwrap().models.len(), 10);
        for entry in &catalogue.packs {
            let (found, reference) = catalogue.resolve(&entry.name).unwrap();
            assert_eq!(found.unwrap().name, entry.name);
            assert_eq!(reference.is_none(), entry.source == Source::Converter);
        }
    }

    #[test]
    fn other_repositories_go_by_their_names() {
        let catalogue = Catalogue::embedded();
        let (entry, reference) = catalogue.resolve("some-one/Model_1@v2").unwrap();
        let reference = reference.unwrap();
        assert!(entry.is_none());
        assert_eq!(reference.repository, "some-one/Model_1");
        assert_eq!(reference.revision, "v2");
        assert_eq!(reference.short_name(), "Model_1");
        for bad in [
            "",
            "nothing-of-this-name",
            "a/b/c",
            "../b",
            "a/..",
            "a/b@",
            "a/b@../c",
        ] {
            assert!(
                matches!(catalogue.resolve(bad), Err(Error::Unknown(_))),
                "{bad}"
            );
        }
    }
}
