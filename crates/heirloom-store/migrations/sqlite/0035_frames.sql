-- Picture frames: screens that show some photos of one person, and have no account.

create table frames (
    id blob primary key,
    owner_id blob not null references users (id) on delete cascade,
    name text not null,
    -- SHA-256 of the token; the token itself is on the screen's device alone.
    token_hash blob not null unique,
    shows text not null,
    album_id blob references albums (id) on delete set null,
    person_id blob references people (id) on delete set null,
    created_at text not null,
    updated_at text not null,
    seen_at text
) strict;

create index frames_owner on frames (owner_id);
create index frames_album on frames (album_id);
create index frames_person on frames (person_id);

-- Screens that show a code and wait for somebody to enter it.

create table frame_pairings (
    token_hash blob primary key,
    code text not null unique,
    created_at text not null,
    expires_at text not null
) strict;
