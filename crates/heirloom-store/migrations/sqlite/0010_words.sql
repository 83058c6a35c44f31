-- The words of what can be read: names of files, descriptions, text in pictures. Folded: case and accents do not count;
-- of scripts without spaces, every two letters that follow one another are a word.

create table words (
    owner_id blob not null,
    word text not null,
    asset_id blob not null,
    -- Where it stands: name, description, text.
    source text not null,
    primary key (owner_id, word, asset_id, source),
    foreign key (owner_id, asset_id) references assets (owner_id, id) on delete cascade
) strict, without rowid;

create index words_asset on words (owner_id, asset_id, source);
