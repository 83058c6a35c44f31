-- What is to be done with a person's new photos without them: conditions and deeds, as JSON.

create table workflows (
    id uuid primary key,
    owner_id uuid not null references users (id) on delete cascade,
    name text collate "C",
    description text collate "C",
    happens text collate "C" not null,
    is_enabled boolean not null,
    steps text collate "C" not null,
    created_at timestamptz not null,
    updated_at timestamptz not null
);

create index workflows_owner on workflows (owner_id, happens);
