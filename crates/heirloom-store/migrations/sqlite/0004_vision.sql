-- What pictures mean: vectors to search by, labels, text in pictures, faces found by themselves.

-- One vector of an asset by one model; a video has one a key frame. Little-endian 32-bit floats, length one.
create table embeddings (
    owner_id blob not null,
    model text not null,
    asset_id blob not null,
    -- Where in a video; 0 in a photo.
    moment_ms integer not null,
    vector blob not null,
    primary key (owner_id, model, asset_id, moment_ms),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index embeddings_asset on embeddings (owner_id, asset_id);

-- What a classifier or a detector says it shows; never mixed with the tags that people give.
create table labels (
    owner_id blob not null,
    asset_id blob not null,
    source text not null,
    name text not null,
    score real not null,
    primary key (owner_id, asset_id, source, name),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index labels_name on labels (owner_id, name);

-- Lines of text in a picture, in reading order. Corners from top left clockwise, as fractions of the picture.
create table text_lines (
    id blob primary key,
    owner_id blob not null,
    asset_id blob not null,
    line integer not null,
    x1 real not null,
    y1 real not null,
    x2 real not null,
    y2 real not null,
    x3 real not null,
    y3 real not null,
    x4 real not null,
    y4 real not null,
    text text not null,
    box_score real not null,
    text_score real not null,
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict;

create index text_lines_asset on text_lines (owner_id, asset_id, line);

-- How sharp and well exposed a picture is, 0 to 1.
alter table assets add column quality real;

-- Of a face that was found: its descriptor (as embeddings.vector) and how sure the detector was. What a person said of
-- it binds every later clustering: it is confirmed, or not a face at all.
alter table faces add column vector blob;
alter table faces add column score real;
alter table faces add column is_confirmed integer not null default 0;
alter table faces add column is_dismissed integer not null default 0;
update faces set is_confirmed = 1;

-- A person said that this face is not that person.
create table face_rejections (
    face_id blob not null references faces (id) on delete cascade,
    person_id blob not null references people (id) on delete cascade,
    primary key (face_id, person_id)
) strict;

create index face_rejections_person on face_rejections (person_id);
