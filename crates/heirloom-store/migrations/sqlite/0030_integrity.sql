-- What the scrub knows of each original, and what it tells of files that are not as they should be.

create table verifications (
    owner_id blob not null,
    asset_id blob not null,
    checked_at text not null,
    -- When its bytes last were what was taken in.
    verified_at text,
    -- What was wrong the last time.
    damage text,
    repaired_at text,
    primary key (owner_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index verifications_damage on verifications (asset_id) where damage is not null;
create index verifications_age on verifications (verified_at);

create table integrity_reports (
    id blob primary key,
    kind text not null,
    path text not null,
    owner_id blob,
    asset_id blob,
    found_at text not null,
    unique (kind, path)
) strict;
