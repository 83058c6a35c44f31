-- Sharing and everything that phones keep in step: what a change belongs to, partners, stacks, memories, people,
-- links, comments, notices, and how far each device has read.

alter table changes add column parent_id uuid;
alter table changes add column detail text collate "C";
create index changes_kind on changes (feed_id, kind, seq);

-- Where the member's feed stood when the album was shared with them: what is older must be sent in full.
alter table album_users add column since_seq bigint not null default 0;

create table sync_checkpoints (
    session_id uuid not null references sessions (id) on delete cascade,
    kind text collate "C" not null,
    ack text collate "C" not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (session_id, kind)
);

create table partners (
    shared_by_id uuid not null references users (id) on delete cascade,
    shared_with_id uuid not null references users (id) on delete cascade,
    in_timeline boolean not null,
    -- As in album_users.
    since_seq bigint not null,
    created_at timestamptz not null,
    primary key (shared_by_id, shared_with_id)
);

create index partners_with on partners (shared_with_id);

create table stacks (
    id uuid primary key,
    owner_id uuid not null references users (id) on delete cascade,
    primary_asset_id uuid not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create index stacks_owner on stacks (owner_id, id);
create index assets_stack on assets (owner_id, stack_id) where stack_id is not null;

create table memories (
    id uuid primary key,
    owner_id uuid not null references users (id) on delete cascade,
    kind text collate "C" not null,
    data jsonb not null,
    memory_at timestamptz not null,
    is_saved boolean not null,
    seen_at timestamptz,
    show_at timestamptz,
    hide_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create index memories_owner on memories (owner_id, show_at);

create table memory_assets (
    memory_id uuid not null references memories (id) on delete cascade,
    owner_id uuid not null,
    asset_id uuid not null,
    primary key (memory_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index memory_assets_asset on memory_assets (owner_id, asset_id);

create table people (
    id uuid primary key,
    owner_id uuid not null references users (id) on delete cascade,
    name text collate "C" not null,
    birth_date text collate "C",
    color text collate "C",
    face_id uuid,
    is_favorite boolean not null,
    is_hidden boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create index people_owner on people (owner_id, id);

create table faces (
    id uuid primary key,
    owner_id uuid not null,
    asset_id uuid not null,
    person_id uuid references people (id) on delete set null,
    -- The picture the box was drawn on, in pixels, and the box in it.
    image_width integer not null,
    image_height integer not null,
    x1 integer not null,
    y1 integer not null,
    x2 integer not null,
    y2 integer not null,
    source text collate "C" not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index faces_asset on faces (owner_id, asset_id);
create index faces_person on faces (person_id);

create table shared_links (
    id uuid primary key,
    owner_id uuid not null references users (id) on delete cascade,
    key_text text collate "C" not null unique,
    slug text collate "C" unique,
    kind text collate "C" not null,
    album_id uuid references albums (id) on delete cascade,
    description text collate "C",
    password_hash text collate "C",
    allow_upload boolean not null,
    allow_download boolean not null,
    show_metadata boolean not null,
    expires_at timestamptz,
    created_at timestamptz not null
);

create index shared_links_owner on shared_links (owner_id);
create index shared_links_album on shared_links (album_id);

create table shared_link_assets (
    link_id uuid not null references shared_links (id) on delete cascade,
    owner_id uuid not null,
    asset_id uuid not null,
    primary key (link_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index shared_link_assets_asset on shared_link_assets (owner_id, asset_id);

create table activities (
    id uuid primary key,
    album_id uuid not null references albums (id) on delete cascade,
    asset_id uuid,
    user_id uuid not null references users (id) on delete cascade,
    -- Null is a like.
    comment text collate "C",
    created_at timestamptz not null
);

create index activities_album on activities (album_id, asset_id);

create table notifications (
    id uuid primary key,
    user_id uuid not null references users (id) on delete cascade,
    kind text collate "C" not null,
    level text collate "C" not null,
    title text collate "C" not null,
    description text collate "C",
    data jsonb,
    read_at timestamptz,
    created_at timestamptz not null
);

create index notifications_user on notifications (user_id, created_at);
