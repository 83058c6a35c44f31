-- By whose models a face is described and a stage of an asset was done: vectors of different models are never compared, and
-- what was done by others than the chosen ones is done again. Until now there was one pack for faces.
alter table faces add column model text collate "C";
update faces set model = 'starter-1' where vector is not null;
alter table asset_stages add column model text collate "C";
update asset_stages set model = 'starter-1' where stage = 'faces' and done_version > 0;
