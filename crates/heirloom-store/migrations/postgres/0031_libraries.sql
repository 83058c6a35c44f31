-- External libraries: folders that are indexed where they lie.

create table libraries (
    id uuid primary key,
    owner_id uuid not null references users (id),
    name text collate "C" not null,
    import_paths jsonb not null,
    exclusion_patterns jsonb not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- When a scan last went through all of it.
    refreshed_at timestamptz,
    -- When a scan was last asked for.
    scan_asked_at timestamptz,
    -- It is being removed, a part at a time.
    deleted_at timestamptz
);

create index libraries_owner on libraries (owner_id);

-- The files of a library that are there. Several files with the same content are one asset; a file without an asset is one that its
-- owner removed from the library, and that stays away until it changes.
create table library_files (
    library_id uuid not null references libraries (id) on delete cascade,
    path text collate "C" not null,
    owner_id uuid not null,
    asset_id uuid,
    size_bytes bigint not null,
    modified_at timestamptz not null,
    sidecar_path text collate "C",
    sidecar_modified_at timestamptz,
    -- Whether it lies on another disk than the folder that is imported: then that disk may be away.
    is_below_mount boolean not null,
    primary key (library_id, path),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index library_files_asset on library_files (owner_id, asset_id);
-- Phones hold every content of a library once.
create unique index assets_library_checksum on assets (owner_id, library_id, sha1) where library_id is not null;

-- Assets whose file is not there any more, since when. They went to the trash then, unless they were in it.
create table offline_assets (
    owner_id uuid not null,
    asset_id uuid not null,
    since timestamptz not null,
    primary key (owner_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);
