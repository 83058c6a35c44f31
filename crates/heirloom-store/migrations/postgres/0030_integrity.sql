-- What the scrub knows of each original, and what it tells of files that are not as they should be.

create table verifications (
    owner_id uuid not null,
    asset_id uuid not null,
    checked_at timestamptz not null,
    -- When its bytes last were what was taken in.
    verified_at timestamptz,
    -- What was wrong the last time.
    damage text collate "C",
    repaired_at timestamptz,
    primary key (owner_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index verifications_damage on verifications (asset_id) where damage is not null;
create index verifications_age on verifications (verified_at);

create table integrity_reports (
    id uuid primary key,
    kind text collate "C" not null,
    path text collate "C" not null,
    owner_id uuid,
    asset_id uuid,
    found_at timestamptz not null,
    unique (kind, path)
);
