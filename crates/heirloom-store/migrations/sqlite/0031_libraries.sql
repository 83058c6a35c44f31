-- External libraries: folders that are indexed where they lie.

create table libraries (
    id blob primary key,
    owner_id blob not null references users (id),
    name text not null,
    import_paths text not null,
    exclusion_patterns text not null,
    created_at text not null,
    updated_at text not null,
    -- When a scan last went through all of it.
    refreshed_at text,
    -- When a scan was last asked for.
    scan_asked_at text,
    -- It is being removed, a part at a time.
    deleted_at text
) strict;

create index libraries_owner on libraries (owner_id);

-- The files of a library that are there. Several files with the same content are one asset; a file without an asset is one that its
-- owner removed from the library, and that stays away until it changes.
create table library_files (
    library_id blob not null references libraries (id) on delete cascade,
    path text not null,
    owner_id blob not null,
    asset_id blob,
    size_bytes integer not null,
    modified_at text not null,
    sidecar_path text,
    sidecar_modified_at text,
    -- Whether it lies on another disk than the folder that is imported: then that disk may be away.
    is_below_mount integer not null,
    primary key (library_id, path),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index library_files_asset on library_files (owner_id, asset_id);
-- Phones hold every content of a library once.
create unique index assets_library_checksum on assets (owner_id, library_id, sha1) where library_id is not null;

-- Assets whose file is not there any more, since when. They went to the trash then, unless they were in it.
create table offline_assets (
    owner_id blob not null,
    asset_id blob not null,
    since text not null,
    primary key (owner_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;
