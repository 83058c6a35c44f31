-- Users, their credentials, and settings.

create table users (
    id uuid primary key,
    email text collate "C" not null unique,
    name text collate "C" not null,
    password_hash text collate "C",
    pin_hash text collate "C",
    is_admin boolean not null,
    should_change_password boolean not null,
    storage_label text collate "C" unique,
    oauth_id text collate "C" not null default '',
    avatar_color text collate "C" not null,
    profile_image_path text collate "C",
    profile_changed_at timestamptz not null,
    quota_bytes bigint,
    usage_bytes bigint not null default 0,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz
);

create table sessions (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    parent_id uuid references sessions (id) on delete cascade,
    token_hash bytea not null unique,
    device_type text collate "C" not null,
    device_os text collate "C" not null,
    app_version text collate "C",
    created_at timestamptz not null,
    updated_at timestamptz not null,
    expires_at timestamptz,
    elevated_until timestamptz
);

create index sessions_user on sessions (user_id);

create table api_keys (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    name text collate "C" not null,
    key_hash bytea not null unique,
    permissions text collate "C" not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create index api_keys_user on api_keys (user_id);

create table system_settings (
    key text collate "C" primary key,
    value jsonb not null
);

create table user_settings (
    user_id uuid not null references users (id) on delete cascade,
    key text collate "C" not null,
    value jsonb not null,
    primary key (user_id, key)
);

-- Assets. Everything big leads with the owner, so that it can be partitioned by owner.

create table assets (
    owner_id uuid not null references users (id),
    id uuid not null,
    kind text collate "C" not null,
    visibility text collate "C" not null,
    original_name text collate "C" not null,
    original_path text collate "C" not null,
    sidecar_path text collate "C",
    size_bytes bigint not null,
    sha1 bytea not null,
    blake3 bytea not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    file_created_at timestamptz not null,
    file_modified_at timestamptz not null,
    -- The clock on the wall where the picture was taken, written as if it were UTC.
    local_date_time timestamptz not null,
    -- Year * 12 + month - 1 of local_date_time: the timeline's bucket.
    local_month integer not null,
    is_favorite boolean not null,
    is_offline boolean not null default false,
    is_edited boolean not null default false,
    -- A picture of a stack that is not its first: the timeline leaves it out.
    is_collapsed boolean not null default false,
    deleted_at timestamptz,
    duration_ms bigint,
    -- As displayed: orientation applied. Null until known, never zero.
    width integer,
    height integer,
    thumbhash bytea,
    -- Bits of the renditions that exist: 1 thumbnail, 2 preview, 4 full size, 8 encoded video.
    renditions integer not null default 0,
    live_video_id uuid,
    stack_id uuid,
    library_id uuid,
    duplicate_id uuid,
    primary key (owner_id, id)
);

create index assets_id on assets (id);
create unique index assets_checksum on assets (owner_id, sha1) where library_id is null;
create index assets_timeline on assets (owner_id, visibility, local_month, local_date_time) where deleted_at is null;
create index assets_trash on assets (owner_id, deleted_at) where deleted_at is not null;
create index assets_live_video on assets (owner_id, live_video_id) where live_video_id is not null;
create index assets_path on assets (original_path);

-- How many assets there are of each sort, kept by triggers: the bucket list and the statistics are read from here.
create table asset_counts (
    owner_id uuid not null,
    visibility text collate "C" not null,
    is_trashed boolean not null,
    is_favorite boolean not null,
    is_collapsed boolean not null,
    kind text collate "C" not null,
    local_month integer not null,
    count bigint not null,
    primary key (owner_id, visibility, is_trashed, is_favorite, is_collapsed, kind, local_month)
);

create table exif (
    owner_id uuid not null,
    asset_id uuid not null,
    image_width integer,
    image_height integer,
    orientation integer,
    date_time_original timestamptz,
    modify_date timestamptz,
    time_zone text collate "C",
    latitude double precision,
    longitude double precision,
    city text collate "C",
    state text collate "C",
    country text collate "C",
    make text collate "C",
    model text collate "C",
    lens_model text collate "C",
    exposure_time text collate "C",
    f_number double precision,
    focal_length_mm double precision,
    iso integer,
    rating integer,
    description text collate "C" not null default '',
    projection_type text collate "C",
    profile_description text collate "C",
    frames_per_second double precision,
    live_photo_id text collate "C",
    burst_id text collate "C",
    -- What a person said instead of the file, as JSON: it wins, and is written to the sidecar.
    edits text collate "C",
    primary key (owner_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index exif_live_photo on exif (owner_id, live_photo_id) where live_photo_id is not null;

create table asset_metadata (
    owner_id uuid not null,
    asset_id uuid not null,
    key text collate "C" not null,
    value jsonb not null,
    updated_at timestamptz not null,
    primary key (owner_id, asset_id, key),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create table tags (
    id uuid primary key,
    owner_id uuid not null references users (id),
    value text collate "C" not null,
    parent_id uuid references tags (id) on delete cascade,
    color text collate "C",
    created_at timestamptz not null,
    updated_at timestamptz not null,
    unique (owner_id, value)
);

create table asset_tags (
    owner_id uuid not null,
    asset_id uuid not null,
    tag_id uuid not null references tags (id) on delete cascade,
    primary key (owner_id, asset_id, tag_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index asset_tags_tag on asset_tags (tag_id);

create table albums (
    id uuid primary key,
    name text collate "C" not null,
    description text collate "C" not null,
    thumbnail_asset_id uuid,
    asset_order text collate "C" not null,
    is_activity_enabled boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create table album_users (
    album_id uuid not null references albums (id) on delete cascade,
    user_id uuid not null references users (id) on delete cascade,
    role text collate "C" not null,
    primary key (album_id, user_id)
);

create index album_users_user on album_users (user_id);

create table album_assets (
    album_id uuid not null references albums (id) on delete cascade,
    owner_id uuid not null,
    asset_id uuid not null,
    added_at timestamptz not null,
    primary key (album_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index album_assets_asset on album_assets (owner_id, asset_id);

-- Wanted state: what each asset still needs, and the durable work that will do it.

create table asset_stages (
    owner_id uuid not null,
    asset_id uuid not null,
    stage text collate "C" not null,
    wanted_version integer not null,
    done_version integer not null,
    attempts integer not null,
    failure text collate "C",
    failed_at timestamptz,
    primary key (owner_id, asset_id, stage),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index asset_stages_wanted on asset_stages (stage, owner_id, asset_id)
    where done_version < wanted_version and failure is null;
create index asset_stages_failed on asset_stages (stage, owner_id, asset_id) where failure is not null;

create table paused_stages (
    stage text collate "C" primary key
);

create table jobs (
    id uuid primary key,
    kind text collate "C" not null,
    -- What the job is about; two jobs of one kind and subject are one job.
    subject text collate "C" not null,
    payload jsonb not null,
    priority integer not null,
    attempts integer not null,
    -- When a worker may take it: now, after a back-off, or when the lease of its worker has run out.
    visible_at timestamptz not null,
    worker_id uuid,
    -- Asked for again while it was running: it runs once more.
    is_requested_again boolean not null default false,
    created_at timestamptz not null,
    unique (kind, subject)
);

create index jobs_visible on jobs (priority, visible_at);
create index jobs_leased on jobs (worker_id) where worker_id is not null;

-- The change feed.

create table feeds (
    id uuid primary key,
    seq bigint not null
);

create table changes (
    feed_id uuid not null references feeds (id) on delete cascade,
    seq bigint not null,
    kind text collate "C" not null,
    entity_id uuid not null,
    op text collate "C" not null,
    changed_at timestamptz not null,
    primary key (feed_id, seq)
);

create index changes_age on changes (changed_at);

-- Uploads that are not assets yet, and files that no row names any more.

create table uploads (
    id uuid primary key,
    owner_id uuid not null references users (id) on delete cascade,
    size_bytes bigint not null,
    metadata jsonb not null,
    asset_id uuid,
    created_at timestamptz not null,
    expires_at timestamptz not null
);

create index uploads_expiry on uploads (expires_at);

create table doomed_files (
    path text collate "C" primary key,
    not_before timestamptz not null
);

-- The triggers that keep asset_counts.

create function count_asset(counted assets, delta bigint) returns void language sql as $$
    insert into asset_counts values
        (counted.owner_id, counted.visibility, counted.deleted_at is not null, counted.is_favorite,
         counted.is_collapsed, counted.kind, counted.local_month, delta)
    on conflict (owner_id, visibility, is_trashed, is_favorite, is_collapsed, kind, local_month)
    do update set count = asset_counts.count + delta;
$$;

create function keep_asset_counts() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        perform count_asset(old, -1);
    end if;
    if tg_op <> 'DELETE' then
        perform count_asset(new, 1);
    end if;
    return null;
end;
$$;

create trigger asset_counts_insert after insert on assets for each row execute function keep_asset_counts();
create trigger asset_counts_delete after delete on assets for each row execute function keep_asset_counts();
create trigger asset_counts_update
after update of visibility, deleted_at, is_favorite, is_collapsed, kind, local_month on assets
for each row execute function keep_asset_counts();
