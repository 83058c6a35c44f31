-- Steps that change the look of a picture; the original stays as it is.

create table asset_edits (
    id uuid primary key,
    owner_id uuid not null,
    asset_id uuid not null,
    sequence integer not null,
    action text collate "C" not null,
    parameters jsonb not null,
    unique (owner_id, asset_id, sequence),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

-- How an edited asset looks without its edits, to show it so again at once.
create table plain_looks (
    owner_id uuid not null,
    asset_id uuid not null,
    width integer,
    height integer,
    thumbhash bytea,
    primary key (owner_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);
