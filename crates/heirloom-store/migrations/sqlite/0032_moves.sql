-- Originals on their way to another path of the store: where each of them goes, until its asset names that.

create table moves (
    owner_id blob not null,
    asset_id blob not null,
    new_path text not null,
    primary key (owner_id, asset_id),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;
