-- A job asked for again while it runs keeps the time that was asked for, not only that it was.

alter table jobs add column again_at text;
update jobs set again_at = visible_at where is_requested_again;
alter table jobs drop column is_requested_again;
