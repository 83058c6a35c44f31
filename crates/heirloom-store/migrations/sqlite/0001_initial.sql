-- Users, their credentials, and settings.

create table users (
    id blob primary key,
    email text not null unique,
    name text not null,
    password_hash text,
    pin_hash text,
    is_admin integer not null,
    should_change_password integer not null,
    storage_label text unique,
    oauth_id text not null default '',
    avatar_color text not null,
    profile_image_path text,
    profile_changed_at text not null,
    quota_bytes integer,
    usage_bytes integer not null default 0,
    created_at text not null,
    updated_at text not null,
    deleted_at text
) strict;

create table sessions (
    id blob primary key,
    user_id blob not null references users (id) on delete cascade,
    parent_id blob references sessions (id) on delete cascade,
    token_hash blob not null unique,
    device_type text not null,
    device_os text not null,
    app_version text,
    created_at text not null,
    updated_at text not null,
    expires_at text,
    elevated_until text
) strict;

create index sessions_user on sessions (user_id);

create table api_keys (
    id blob primary key,
    user_id blob not null references users (id) on delete cascade,
    name text not null,
    key_hash blob not null unique,
    permissions text not null,
    created_at text not null,
    updated_at text not null
) strict;

create index api_keys_user on api_keys (user_id);

create table system_settings (
    key text primary key,
    value text not null
) strict;

create table user_settings (
    user_id blob not null references users (id) on delete cascade,
    key text not null,
    value text not null,
    primary key (user_id, key)
) strict;

-- Assets. Everything big leads with the owner, so that it can be partitioned by owner.

create table assets (
    owner_id blob not null references users (id),
    id blob not null,
    kind text not null,
    visibility text not null,
    original_name text not null,
    original_path text not null,
    sidecar_path text,
    size_bytes integer not null,
    sha1 blob not null,
    blake3 blob not null,
    created_at text not null,
    updated_at text not null,
    file_created_at text not null,
    file_modified_at text not null,
    -- The clock on the wall where the picture was taken, written as if it were UTC.
    local_date_time text not null,
    -- Year * 12 + month - 1 of local_date_time: the timeline's bucket.
    local_month integer not null,
    is_favorite integer not null,
    is_offline integer not null default 0,
    is_edited integer not null default 0,
    -- A picture of a stack that is not its first: the timeline leaves it out.
    is_collapsed integer not null default 0,
    deleted_at text,
    duration_ms integer,
    -- As displayed: orientation applied. Null until known, never zero.
    width integer,
    height integer,
    thumbhash blob,
    -- Bits of the renditions that exist: 1 thumbnail, 2 preview, 4 full size, 8 encoded video.
    renditions integer not null default 0,
    live_video_id blob,
    stack_id blob,
    library_id blob,
    duplicate_id blob,
    primary key (owner_id, id)
) strict;

create index assets_id on assets (id);
create unique index assets_checksum on assets (owner_id, sha1) where library_id is null;
create index assets_timeline on assets (owner_id, visibility, local_month, local_date_time) where deleted_at is null;
create index assets_trash on assets (owner_id, deleted_at) where deleted_at is not null;
create index assets_live_video on assets (owner_id, live_video_id) where live_video_id is not null;
create index assets_path on assets (original_path);

-- How many assets there are of each sort, kept by triggers: the bucket list and the statistics are read from here.
create table asset_counts (
    owner_id blob not null,
    visibility text not null,
    is_trashed integer not null,
    is_favorite integer not null,
    is_collapsed integer not null,
    kind text not null,
    local_month integer not null,
    count integer not null,
    primary key (owner_id, visibility, is_trashed, is_favorite, is_collapsed, kind, local_month)
) strict;

create table exif (
    owner_id blob not null,
    asset_id blob not null,
    image_width integer,
    image_height integer,
    orientation integer,
    date_time_original text,
    modify_date text,
    time_zone text,
    latitude real,
    longitude real,
    city text,
    state text,
    country text,
    make text,
    model text,
    lens_model text,
    exposure_time text,
    f_number real,
    focal_length_mm real,
    iso integer,
    rating integer,
    description text not null default '',
    projection_type text,
    profile_description text,
    frames_per_second real,
    live_photo_id text,
    burst_id text,
    -- What a person said instead of the file, as JSON: it wins, and is written to the sidecar.
    edits text,
    primary key (owner_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index exif_live_photo on exif (owner_id, live_photo_id) where live_photo_id is not null;

create table asset_metadata (
    owner_id blob not null,
    asset_id blob not null,
    key text not null,
    value text not null,
    updated_at text not null,
    primary key (owner_id, asset_id, key),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create table tags (
    id blob primary key,
    owner_id blob not null references users (id),
    value text not null,
    parent_id blob references tags (id) on delete cascade,
    color text,
    created_at text not null,
    updated_at text not null,
    unique (owner_id, value)
) strict;

create table asset_tags (
    owner_id blob not null,
    asset_id blob not null,
    tag_id blob not null references tags (id) on delete cascade,
    primary key (owner_id, asset_id, tag_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index asset_tags_tag on asset_tags (tag_id);

create table albums (
    id blob primary key,
    name text not null,
    description text not null,
    thumbnail_asset_id blob,
    asset_order text not null,
    is_activity_enabled integer not null,
    created_at text not null,
    updated_at text not null
) strict;

create table album_users (
    album_id blob not null references albums (id) on delete cascade,
    user_id blob not null references users (id) on delete cascade,
    role text not null,
    primary key (album_id, user_id)
) strict;

create index album_users_user on album_users (user_id);

create table album_assets (
    album_id blob not null references albums (id) on delete cascade,
    owner_id blob not null,
    asset_id blob not null,
    added_at text not null,
    primary key (album_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index album_assets_asset on album_assets (owner_id, asset_id);

-- Wanted state: what each asset still needs, and the durable work that will do it.

create table asset_stages (
    owner_id blob not null,
    asset_id blob not null,
    stage text not null,
    wanted_version integer not null,
    done_version integer not null,
    attempts integer not null,
    failure text,
    failed_at text,
    primary key (owner_id, asset_id, stage),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index asset_stages_wanted on asset_stages (stage, owner_id, asset_id)
    where done_version < wanted_version and failure is null;
create index asset_stages_failed on asset_stages (stage, owner_id, asset_id) where failure is not null;

create table paused_stages (
    stage text primary key
) strict;

create table jobs (
    id blob primary key,
    kind text not null,
    -- What the job is about; two jobs of one kind and subject are one job.
    subject text not null,
    payload text not null,
    priority integer not null,
    attempts integer not null,
    -- When a worker may take it: now, after a back-off, or when the lease of its worker has run out.
    visible_at text not null,
    worker_id blob,
    -- Asked for again while it was running: it runs once more.
    is_requested_again integer not null default 0,
    created_at text not null,
    unique (kind, subject)
) strict;

create index jobs_visible on jobs (priority, visible_at);
create index jobs_leased on jobs (worker_id) where worker_id is not null;

-- The change feed.

create table feeds (
    id blob primary key,
    seq integer not null
) strict;

create table changes (
    feed_id blob not null references feeds (id) on delete cascade,
    seq integer not null,
    kind text not null,
    entity_id blob not null,
    op text not null,
    changed_at text not null,
    primary key (feed_id, seq)
) strict;

create index changes_age on changes (changed_at);

-- Uploads that are not assets yet, and files that no row names any more.

create table uploads (
    id blob primary key,
    owner_id blob not null references users (id) on delete cascade,
    size_bytes integer not null,
    metadata text not null,
    asset_id blob,
    created_at text not null,
    expires_at text not null
) strict;

create index uploads_expiry on uploads (expires_at);

create table doomed_files (
    path text primary key,
    not_before text not null
) strict;

-- The triggers that keep asset_counts.

create trigger asset_counts_insert after insert on assets begin
    insert into asset_counts values
        (new.owner_id, new.visibility, new.deleted_at is not null, new.is_favorite, new.is_collapsed, new.kind,
         new.local_month, 1)
    on conflict do update set count = count + 1;
end;

create trigger asset_counts_delete after delete on assets begin
    update asset_counts set count = count - 1
    where owner_id = old.owner_id and visibility = old.visibility and is_trashed = (old.deleted_at is not null)
        and is_favorite = old.is_favorite and is_collapsed = old.is_collapsed and kind = old.kind
        and local_month = old.local_month;
end;

create trigger asset_counts_update
after update of visibility, deleted_at, is_favorite, is_collapsed, kind, local_month on assets begin
    update asset_counts set count = count - 1
    where owner_id = old.owner_id and visibility = old.visibility and is_trashed = (old.deleted_at is not null)
        and is_favorite = old.is_favorite and is_collapsed = old.is_collapsed and kind = old.kind
        and local_month = old.local_month;
    insert into asset_counts values
        (new.owner_id, new.visibility, new.deleted_at is not null, new.is_favorite, new.is_collapsed, new.kind,
         new.local_month, 1)
    on conflict do update set count = count + 1;
end;
