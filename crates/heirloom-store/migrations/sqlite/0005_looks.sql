-- How pictures look, to find copies: never to search by meaning.

create table looks (
    owner_id blob not null,
    asset_id blob not null,
    -- 256 bits in which like pictures differ little: a first sieve.
    signature blob not null,
    -- The look itself, a byte a number, which decides.
    vector blob not null,
    -- Whether it has been compared with all others.
    is_compared integer not null,
    primary key (owner_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index looks_new on looks (owner_id, asset_id) where not is_compared;
create index assets_duplicate on assets (owner_id, duplicate_id) where duplicate_id is not null;
