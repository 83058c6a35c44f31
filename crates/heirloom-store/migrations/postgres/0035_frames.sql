-- Picture frames: screens that show some photos of one person, and have no account.

create table frames (
    id uuid primary key,
    owner_id uuid not null references users (id) on delete cascade,
    name text collate "C" not null,
    -- SHA-256 of the token; the token itself is on the screen's device alone.
    token_hash bytea not null unique,
    shows text collate "C" not null,
    album_id uuid references albums (id) on delete set null,
    person_id uuid references people (id) on delete set null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    seen_at timestamptz
);

create index frames_owner on frames (owner_id);
create index frames_album on frames (album_id);
create index frames_person on frames (person_id);

-- Screens that show a code and wait for somebody to enter it.

create table frame_pairings (
    token_hash bytea primary key,
    code text collate "C" not null unique,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
