-- What pictures mean: vectors to search by, labels, text in pictures, faces found by themselves.

-- One vector of an asset by one model; a video has one a key frame. Little-endian 32-bit floats, length one.
create table embeddings (
    owner_id uuid not null,
    model text collate "C" not null,
    asset_id uuid not null,
    -- Where in a video; 0 in a photo.
    moment_ms bigint not null,
    vector bytea not null,
    primary key (owner_id, model, asset_id, moment_ms),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index embeddings_asset on embeddings (owner_id, asset_id);

-- What a classifier or a detector says it shows; never mixed with the tags that people give.
create table labels (
    owner_id uuid not null,
    asset_id uuid not null,
    source text collate "C" not null,
    name text collate "C" not null,
    score double precision not null,
    primary key (owner_id, asset_id, source, name),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index labels_name on labels (owner_id, name);

-- Lines of text in a picture, in reading order. Corners from top left clockwise, as fractions of the picture.
create table text_lines (
    id uuid primary key,
    owner_id uuid not null,
    asset_id uuid not null,
    line integer not null,
    x1 double precision not null,
    y1 double precision not null,
    x2 double precision not null,
    y2 double precision not null,
    x3 double precision not null,
    y3 double precision not null,
    x4 double precision not null,
    y4 double precision not null,
    text text collate "C" not null,
    box_score double precision not null,
    text_score double precision not null,
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
);

create index text_lines_asset on text_lines (owner_id, asset_id, line);

-- How sharp and well exposed a picture is, 0 to 1.
alter table assets add column quality double precision;

-- Of a face that was found: its descriptor (as embeddings.vector) and how sure the detector was. What a person said of
-- it binds every later clustering: it is confirmed, or not a face at all.
alter table faces add column vector bytea;
alter table faces add column score double precision;
alter table faces add column is_confirmed boolean not null default false;
alter table faces add column is_dismissed boolean not null default false;
update faces set is_confirmed = true;

-- A person said that this face is not that person.
create table face_rejections (
    face_id uuid not null references faces (id) on delete cascade,
    person_id uuid not null references people (id) on delete cascade,
    primary key (face_id, person_id)
);

create index face_rejections_person on face_rejections (person_id);
