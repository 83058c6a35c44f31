-- Steps that change the look of a picture; the original stays as it is.

create table asset_edits (
    id blob primary key,
    owner_id blob not null,
    asset_id blob not null,
    sequence integer not null,
    action text not null,
    parameters text not null,
    unique (owner_id, asset_id, sequence),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

-- How an edited asset looks without its edits, to show it so again at once.
create table plain_looks (
    owner_id blob not null,
    asset_id blob not null,
    width integer,
    height integer,
    thumbhash blob,
    primary key (owner_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;
