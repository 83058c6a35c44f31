//! What can be asked for, in the order it is sent: containers before what names them.

use heirloom_store::{changes::ChangeKind, sync::Part};

use super::{COMPLETE, RESET};

/// What one request type brings.
#[derive(Debug)]
pub(super) struct Section {
    /// The request type.
    pub request: &'static str,
    pub part: Part,
    /// Entity type of rows that exist.
    pub upsert: &'static str,
    /// Entity type of keys that are gone, if devices are told.
    pub delete: Option<&'static str>,
    /// Entity type of rows that came with a container newly shared.
    pub backfill: Option<&'static str>,
    /// Entity type of changes that another kind of entry tells of.
    pub update: Option<(ChangeKind, &'static str)>,
}

const fn section(
    request: &'static str,
    part: Part,
    upsert: &'static str,
    delete: Option<&'static str>,
) -> Section {
    Section {
        request,
        part,
        upsert,
        delete,
        backfill: None,
        update: None,
    }
}

impl Section {
    const fn backfill(mut self, kind: &'static str) -> Self {
        self.backfill = Some(kind);
        self
    }

    const fn update(mut self, change: ChangeKind, kind: &'static str) -> Self {
        self.update = Some((change, kind));
        self
    }

    /// The section in a set.
    pub(super) fn bit(&self) -> u64 {
        let place = SECTIONS
            .iter()
            .position(|section| section.request == self.request);
        1 << place.unwrap_or(63)
    }

    /// The entity types that it sends.
    fn entity_types(&self) -> impl Iterator<Item = &'static str> {
        let update = self.update.map(|(_, kind)| kind);
        [Some(self.upsert), self.delete, self.backfill, update]
            .into_iter()
            .flatten()
    }

    /// Whether it follows the feed that everybody reads.
    pub(super) fn is_of_everyone(&self) -> bool {
        self.part == Part::User
    }

    /// Whether a key has several values, each with a name.
    pub(super) fn has_values(&self) -> bool {
        matches!(self.part, Part::UserSetting | Part::AssetMetadata)
    }

    /// Whether its containers are partners; else they are albums.
    pub(super) fn is_of_partners(&self) -> bool {
        matches!(
            self.part,
            Part::PartnerAsset | Part::PartnerStack | Part::PartnerExif
        )
    }
}

/// Stacks go before assets, although phones ask for them after: an asset that names an unknown stack does not show.
#[rustfmt::skip]
pub(super) const SECTIONS: &[Section] = &[
    section("AuthUsersV1", Part::AuthUser, "AuthUserV1", None),
    section("UsersV1", Part::User, "UserV1", Some("UserDeleteV1")),
    section("PartnersV1", Part::Partner, "PartnerV1", Some("PartnerDeleteV1")),
    section("StacksV1", Part::Stack, "StackV1", Some("StackDeleteV1")),
    section("AssetsV2", Part::Asset, "AssetV2", Some("AssetDeleteV1")),
    section("PartnerStacksV1", Part::PartnerStack, "PartnerStackV1", Some("PartnerStackDeleteV1"))
        .backfill("PartnerStackBackfillV1"),
    section("PartnerAssetsV2", Part::PartnerAsset, "PartnerAssetV2", Some("PartnerAssetDeleteV1"))
        .backfill("PartnerAssetBackfillV2"),
    section("AlbumAssetsV2", Part::AlbumAsset, "AlbumAssetCreateV2", None)
        .backfill("AlbumAssetBackfillV2").update(ChangeKind::AlbumAssetUpdate, "AlbumAssetUpdateV2"),
    section("AlbumsV2", Part::Album, "AlbumV2", Some("AlbumDeleteV1")),
    section("AlbumUsersV1", Part::AlbumUser, "AlbumUserV1", Some("AlbumUserDeleteV1"))
        .backfill("AlbumUserBackfillV1"),
    section("AlbumToAssetsV1", Part::AlbumToAsset, "AlbumToAssetV1", Some("AlbumToAssetDeleteV1"))
        .backfill("AlbumToAssetBackfillV1"),
    section("AssetExifsV1", Part::Exif, "AssetExifV1", None),
    section("AlbumAssetExifsV1", Part::AlbumExif, "AlbumAssetExifCreateV1", None)
        .backfill("AlbumAssetExifBackfillV1").update(ChangeKind::AlbumExifUpdate, "AlbumAssetExifUpdateV1"),
    section("AssetOcrV1", Part::TextLine, "AssetOcrV1", Some("AssetOcrDeleteV1")),
    section("PartnerAssetExifsV1", Part::PartnerExif, "PartnerAssetExifV1", None)
        .backfill("PartnerAssetExifBackfillV1"),
    section("MemoriesV1", Part::Memory, "MemoryV1", Some("MemoryDeleteV1")),
    section("MemoryToAssetsV1", Part::MemoryToAsset, "MemoryToAssetV1", Some("MemoryToAssetDeleteV1")),
    section("PeopleV1", Part::Person, "PersonV1", Some("PersonDeleteV1")),
    section("AssetFacesV2", Part::Face, "AssetFaceV2", Some("AssetFaceDeleteV1")),
    section("UserMetadataV1", Part::UserSetting, "UserMetadataV1", Some("UserMetadataDeleteV1")),
    section("AssetMetadataV1", Part::AssetMetadata, "AssetMetadataV1", Some("AssetMetadataDeleteV1")),
    section("AssetEditsV1", Part::AssetEdit, "AssetEditV1", Some("AssetEditDeleteV1")),
];

pub(super) fn is_offered(request: &str) -> bool {
    SECTIONS.iter().any(|section| section.request == request)
}

/// The entity type of that name, if it can be acknowledged.
pub(super) fn entity_type(name: &str) -> Option<&'static str> {
    SECTIONS
        .iter()
        .flat_map(Section::entity_types)
        .chain([RESET, COMPLETE])
        .find(|&kind| kind == name)
}

/// Whether the feed that everybody reads is what positions of that entity type are in.
pub(super) fn is_of_everyone(entity_type: &str) -> bool {
    let mut of_everyone = SECTIONS.iter().filter(|section| section.is_of_everyone());
    of_everyone.any(|section| section.entity_types().any(|kind| kind == entity_type))
}
