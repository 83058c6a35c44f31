-- Sharing and everything that phones keep in step: what a change belongs to, partners, stacks, memories, people,
-- links, comments, notices, and how far each device has read.

alter table changes add column parent_id blob;
alter table changes add column detail text;
create index changes_kind on changes (feed_id, kind, seq);

-- Where the member's feed stood when the album was shared with them: what is older must be sent in full.
alter table album_users add column since_seq integer not null default 0;

create table sync_checkpoints (
    session_id blob not null references sessions (id) on delete cascade,
    kind text not null,
    ack text not null,
    created_at text not null,
    updated_at text not null,
    primary key (session_id, kind)
) strict;

create table partners (
    shared_by_id blob not null references users (id) on delete cascade,
    shared_with_id blob not null references users (id) on delete cascade,
    in_timeline integer not null,
    -- As in album_users.
    since_seq integer not null,
    created_at text not null,
    primary key (shared_by_id, shared_with_id)
) strict;

create index partners_with on partners (shared_with_id);

create table stacks (
    id blob primary key,
    owner_id blob not null references users (id) on delete cascade,
    primary_asset_id blob not null,
    created_at text not null,
    updated_at text not null
) strict;

create index stacks_owner on stacks (owner_id, id);
create index assets_stack on assets (owner_id, stack_id) where stack_id is not null;

create table memories (
    id blob primary key,
    owner_id blob not null references users (id) on delete cascade,
    kind text not null,
    data text not null,
    memory_at text not null,
    is_saved integer not null,
    seen_at text,
    show_at text,
    hide_at text,
    created_at text not null,
    updated_at text not null
) strict;

create index memories_owner on memories (owner_id, show_at);

create table memory_assets (
    memory_id blob not null references memories (id) on delete cascade,
    owner_id blob not null,
    asset_id blob not null,
    primary key (memory_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index memory_assets_asset on memory_assets (owner_id, asset_id);

create table people (
    id blob primary key,
    owner_id blob not null references users (id) on delete cascade,
    name text not null,
    birth_date text,
    color text,
    face_id blob,
    is_favorite integer not null,
    is_hidden integer not null,
    created_at text not null,
    updated_at text not null
) strict;

create index people_owner on people (owner_id, id);

create table faces (
    id blob primary key,
    owner_id blob not null,
    asset_id blob not null,
    person_id blob references people (id) on delete set null,
    -- The picture the box was drawn on, in pixels, and the box in it.
    image_width integer not null,
    image_height integer not null,
    x1 integer not null,
    y1 integer not null,
    x2 integer not null,
    y2 integer not null,
    source text not null,
    created_at text not null,
    updated_at text not null,
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index faces_asset on faces (owner_id, asset_id);
create index faces_person on faces (person_id);

create table shared_links (
    id blob primary key,
    owner_id blob not null references users (id) on delete cascade,
    key_text text not null unique,
    slug text unique,
    kind text not null,
    album_id blob references albums (id) on delete cascade,
    description text,
    password_hash text,
    allow_upload integer not null,
    allow_download integer not null,
    show_metadata integer not null,
    expires_at text,
    created_at text not null
) strict;

create index shared_links_owner on shared_links (owner_id);
create index shared_links_album on shared_links (album_id);

create table shared_link_assets (
    link_id blob not null references shared_links (id) on delete cascade,
    owner_id blob not null,
    asset_id blob not null,
    primary key (link_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index shared_link_assets_asset on shared_link_assets (owner_id, asset_id);

create table activities (
    id blob primary key,
    album_id blob not null references albums (id) on delete cascade,
    asset_id blob,
    user_id blob not null references users (id) on delete cascade,
    -- Null is a like.
    comment text,
    created_at text not null
) strict;

create index activities_album on activities (album_id, asset_id);

create table notifications (
    id blob primary key,
    user_id blob not null references users (id) on delete cascade,
    kind text not null,
    level text not null,
    title text not null,
    description text,
    data text,
    read_at text,
    created_at text not null
) strict;

create index notifications_user on notifications (user_id, created_at);
