-- What tied a closed account to others, to be tied again when it is restored: partners, parts in albums, photos in other
-- people's albums, as JSON.

create table closed_accounts (
    user_id blob not null primary key references users (id) on delete cascade,
    ties text not null
) strict;
