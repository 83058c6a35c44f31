//! A schema of PostgreSQL beside another. All of it changes places in one transaction: tables are moved one by one, because
//! a schema may belong to somebody else, and may have in it what is not ours.

use heirloom_types::time::Timestamp;
use sqlx::{
    AssertSqlSafe, PgConnection, PgPool, Postgres, Row, Transaction, postgres::PgPoolOptions,
};

use crate::{
    Db, Result,
    db::{ACQUIRE_TIMEOUT, migrate, open::Commits},
};

/// What the schema's name ends in that is being loaded.
const LOADING: &str = "_restoring";
/// Connections that load: one writes, one or two look on.
const CONNECTIONS_MAX: u32 = 3;
/// Tables, views and sequences that belong to no table; functions. `$1` is the schema.
const RELATIONS: &str = "
    select cast(c.relname as text), case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
        when 'S' then 'sequence' else 'table' end
    from pg_class c where c.relnamespace = to_regnamespace(quote_ident($1)) and c.relkind in ('r', 'p', 'v', 'm', 'S')
        and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i', 'e')
            and d.classid = 'pg_class'::regclass and d.refclassid in ('pg_class'::regclass, 'pg_extension'::regclass))
    order by 1";
/// Functions of `$1` that have the name of one of `$2`, as they are called from anywhere.
const FUNCTIONS: &str = "
    select quote_ident($1) || '.' || quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')'
    from pg_proc p where p.pronamespace = to_regnamespace(quote_ident($1)) and exists (
        select 1 from pg_proc o where o.pronamespace = to_regnamespace(quote_ident($2)) and o.proname = p.proname)
    order by 1";

pub(super) async fn open(pool: &PgPool, schema: Option<i64>) -> Result<Db> {
    let loading = loading(pool).await?;
    drop_schema(pool, &loading).await?;
    run(pool, format!("create schema {}", quoted(&loading))).await?;
    let options = (*pool.connect_options())
        .clone()
        .options([("search_path", quoted(&loading))]);
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS_MAX)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await?;
    migrate::postgres(&pool, schema).await?;
    Ok(Db::Postgres {
        pool,
        commits: Commits::default(),
    })
}

pub(super) async fn discard(pool: &PgPool) -> Result<()> {
    drop_schema(pool, &loading(pool).await?).await
}

/// Moves everything of ours out of the schema, and what was loaded into it; gives the schema with what was there before.
pub(super) async fn replace(pool: &PgPool, now: Timestamp) -> Result<String> {
    let current = current(pool).await?;
    let loaded = loading(pool).await?;
    let before = format!("{current}_before_{}", now.format("%Y%m%dt%H%M%Sz"));
    let mut tx: Transaction<'static, Postgres> = pool.begin().await?;
    // Somebody's long reading must not have everybody wait without end.
    run(&mut *tx, "set local lock_timeout = '60s'".into()).await?;
    run(&mut *tx, format!("create schema {}", quoted(&before))).await?;
    let relations = relations(&mut tx, &loaded).await?;
    let ours = functions(&mut tx, &current, &loaded).await?;
    let restored = functions(&mut tx, &loaded, &loaded).await?;
    // Functions first: their names have the types of tables in them.
    for (function, to) in ours
        .iter()
        .map(|function| (function, &before))
        .chain(restored.iter().map(|function| (function, &current)))
    {
        let text = format!("alter function {function} set schema {}", quoted(to));
        run(&mut *tx, text).await?;
    }
    for (from, to) in [(&current, &before), (&loaded, &current)] {
        for (name, kind) in &relations {
            let (from, name, to) = (quoted(from), quoted(name), quoted(to));
            let text = format!("alter {kind} if exists {from}.{name} set schema {to}");
            run(&mut *tx, text).await?;
        }
    }
    // Fails, and so does all of this, if anything was left.
    run(&mut *tx, format!("drop schema {}", quoted(&loaded))).await?;
    tx.commit().await?;
    Ok(before)
}

async fn relations(tx: &mut PgConnection, schema: &str) -> Result<Vec<(String, String)>> {
    Ok(sqlx::query_as(RELATIONS).bind(schema).fetch_all(tx).await?)
}

async fn functions(tx: &mut PgConnection, of: &str, named_in: &str) -> Result<Vec<String>> {
    let rows = sqlx::query(FUNCTIONS)
        .bind(of)
        .bind(named_in)
        .fetch_all(tx)
        .await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<_, _>>()?)
}

async fn current(pool: &PgPool) -> Result<String> {
    let row = sqlx::query("select cast(current_schema() as text)")
        .fetch_one(pool)
        .await?;
    Ok(row.try_get(0)?)
}

async fn loading(pool: &PgPool) -> Result<String> {
    Ok(current(pool).await? + LOADING)
}

async fn drop_schema(pool: &PgPool, name: &str) -> Result<()> {
    let text = format!("drop schema if exists {} cascade", quoted(name));
    run(pool, text).await
}

async fn run<'c>(on: impl sqlx::Executor<'c, Database = Postgres>, text: String) -> Result<()> {
    sqlx::query(AssertSqlSafe(text)).execute(on).await?;
    Ok(())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
