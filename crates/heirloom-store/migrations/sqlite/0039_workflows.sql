-- What is to be done with a person's new photos without them: conditions and deeds, as JSON.

create table workflows (
    id blob primary key,
    owner_id blob not null references users (id) on delete cascade,
    name text,
    description text,
    happens text not null,
    is_enabled integer not null,
    steps text not null,
    created_at text not null,
    updated_at text not null
) strict;

create index workflows_owner on workflows (owner_id, happens);
