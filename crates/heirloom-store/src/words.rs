//! The words of what can be read of assets, to search by: in names of files, in descriptions, in pictures.
//!
//! One table of folded words serves both databases alike, any script, and parts of words: what is looked for is the
//! beginning of a word. Scripts that are written without spaces are kept as pairs of letters, so that any part of a line
//! is found.

use heirloom_types::ids::{AssetId, UserId};
use sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sqlx::FromRow;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::{Result, Tx, sql, text_enum};

/// Letters of a word that count; longer ones are noise such as codes and addresses.
const WORD_MAX: usize = 32;
/// Words of one asset and source: a page of print, not a novel.
const WORDS_MAX: usize = 2_000;
/// Words of one question.
const TERMS_MAX: usize = 16;
/// Stands for a name that has no words, so that it is not read again and again: no question has such a word.
const NO_WORD: &str = "_";
const ROWS_PER_STATEMENT: usize = 500;

text_enum! {
    /// Where words stand.
    pub enum WordSource {
        Name = "name",
        Description = "description",
        Text = "text",
    }
}

/// Puts the words of these texts in the place of all that stood there.
pub async fn replace(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
    source: WordSource,
    texts: &[&str],
) -> Result<()> {
    let words = texts.iter().flat_map(|text| words(text)).collect();
    put(tx, owner, asset, source, words).await
}

/// Keeps the words of an asset's name; one without words gets one that nobody can ask for.
pub async fn put_name(tx: &mut Tx, owner: UserId, asset: AssetId, name: &str) -> Result<()> {
    let mut words = words(name);
    if words.is_empty() {
        words.push(NO_WORD.into());
    }
    put(tx, owner, asset, WordSource::Name, words).await
}

async fn put(
    tx: &mut Tx,
    owner: UserId,
    asset: AssetId,
    source: WordSource,
    mut words: Vec<String>,
) -> Result<()> {
    tx.execute(sql!(
        "delete from words where owner_id = $1 and asset_id = $2 and source = $3",
        owner,
        asset,
        source,
    ))
    .await?;
    words.sort_unstable();
    words.dedup();
    words.truncate(WORDS_MAX);
    for chunk in words.chunks(ROWS_PER_STATEMENT) {
        let mut insert = Query::insert()
            .into_table("words")
            .columns(["owner_id", "word", "asset_id", "source"])
            .to_owned();
        for word in chunk {
            insert.values_panic([
                owner.0.into(),
                word.clone().into(),
                asset.0.into(),
                source.as_str().into(),
            ]);
        }
        let statement = tx.build(&insert);
        tx.execute(statement).await?;
    }
    Ok(())
}

/// An asset in which all words were found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Found {
    pub asset_id: AssetId,
}

/// Assets of an owner that have all words of the text, each as the beginning of one of theirs; at most `limit`, newest
/// ids first. A text without words finds nothing.
pub async fn find(
    tx: &mut Tx,
    owner: UserId,
    text: &str,
    source: Option<WordSource>,
    limit: u64,
) -> Result<Vec<AssetId>> {
    find_terms(tx, owner, &terms(text), source, limit).await
}

/// As [`find`], but whole words.
pub async fn find_whole(
    tx: &mut Tx,
    owner: UserId,
    text: &str,
    source: Option<WordSource>,
    limit: u64,
) -> Result<Vec<AssetId>> {
    let whole = |term| match term {
        Term::Beginning(word) => Term::Whole(word),
        Term::Whole(pair) => Term::Whole(pair),
    };
    let terms: Vec<Term> = terms(text).into_iter().map(whole).collect();
    find_terms(tx, owner, &terms, source, limit).await
}

async fn find_terms(
    tx: &mut Tx,
    owner: UserId,
    terms: &[Term],
    source: Option<WordSource>,
    limit: u64,
) -> Result<Vec<AssetId>> {
    let Some((first, others)) = terms.split_first() else {
        return Ok(Vec::new());
    };
    let mut query = having(&[owner], first, source);
    query.distinct();
    for term in others {
        query.and_where(Expr::col("asset_id").in_subquery(having(&[owner], term, source)));
    }
    query
        .order_by("asset_id", sea_query::Order::Desc)
        .limit(limit);
    let statement = tx.build(&query);
    let rows: Vec<Found> = tx.all(statement).await?;
    Ok(rows.into_iter().map(|row| row.asset_id).collect())
}

/// For each word of the text, the selection of assets that have it; `None` when the text has no word at all.
pub(crate) fn selections(
    owners: &[UserId],
    text: &str,
    source: Option<WordSource>,
) -> Option<Vec<SelectStatement>> {
    let terms = terms(text);
    (!terms.is_empty()).then(|| {
        terms
            .iter()
            .map(|term| having(owners, term, source))
            .collect()
    })
}

fn having(owners: &[UserId], term: &Term, source: Option<WordSource>) -> SelectStatement {
    let mut query = Query::select();
    query.column("asset_id").from("words");
    if !owners.is_empty() {
        query.and_where(Expr::col("owner_id").is_in(owners.iter().map(|owner| owner.0)));
    }
    let word = || Expr::col("word");
    match term {
        Term::Beginning(start) => query
            .and_where(word().gte(start.clone()))
            .and_where(word().lt(format!("{start}\u{10ffff}"))),
        Term::Whole(whole) => query.and_where(word().eq(whole.clone())),
    };
    query.and_where_option(source.map(|source| Expr::col("source").eq(source.as_str())));
    query
}

/// Assets that were taken in before words were kept, with their names.
pub async fn list_without_name(tx: &mut Tx, limit: i64) -> Result<Vec<(UserId, AssetId, String)>> {
    tx.all(sql!(
        "select a.owner_id, a.id, a.original_name from assets a
         where not exists (select 1 from words w where w.owner_id = a.owner_id and w.asset_id = a.id
                           and w.source = 'name')
         limit $1",
        limit
    ))
    .await
}

/// Something a question asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Term {
    Beginning(String),
    Whole(String),
}

fn terms(text: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    for run in runs(text) {
        match run {
            Run::Word(word) => terms.push(Term::Beginning(word)),
            Run::Letters(letters) if letters.len() == 1 => {
                terms.push(Term::Beginning(letters[0].to_string()));
            }
            Run::Letters(letters) => {
                terms.extend(
                    letters
                        .windows(2)
                        .map(|pair| Term::Whole(pair.iter().collect())),
                );
            }
        }
    }
    terms.dedup();
    terms.truncate(TERMS_MAX);
    terms
}

/// The words of a text as they are kept.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for run in runs(text) {
        match run {
            Run::Word(word) => words.push(word),
            Run::Letters(letters) => {
                words.extend(letters.windows(2).map(|pair| pair.iter().collect()));
                // So that a single letter is found wherever it stands.
                words.extend(letters.last().map(char::to_string));
            }
        }
    }
    words
}

enum Run {
    Word(String),
    /// Of a script without spaces.
    Letters(Vec<char>),
}

fn runs(text: &str) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut is_open = false;
    for letter in fold(text).chars() {
        if !letter.is_alphanumeric() {
            is_open = false;
            continue;
        }
        let is_unspaced = is_unspaced(letter);
        match runs.last_mut() {
            Some(Run::Word(word)) if is_open && !is_unspaced => {
                if word.chars().count() < WORD_MAX {
                    word.push(letter);
                }
            }
            Some(Run::Letters(letters)) if is_open && is_unspaced => letters.push(letter),
            _ if is_unspaced => runs.push(Run::Letters(vec![letter])),
            _ => runs.push(Run::Word(letter.into())),
        }
        is_open = true;
    }
    runs
}

/// Letters as they are compared: no case, no accents, no widths.
pub fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|letter| !is_combining_mark(*letter) || is_kana_mark(*letter))
        .nfkc()
        .flat_map(char::to_lowercase)
        .collect()
}

/// The marks that make another sound of a kana; without them it is another word.
fn is_kana_mark(letter: char) -> bool {
    matches!(letter, '\u{3099}' | '\u{309a}')
}

/// Whether words of this letter's script are written without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese. Korean
/// has spaces, but grammar is glued to its words.
fn is_unspaced(letter: char) -> bool {
    matches!(u32::from(letter),
        0x0e00..=0x0eff | 0x1000..=0x109f | 0x1780..=0x17ff | 0x3005..=0x3007 | 0x3040..=0x30ff | 0x3400..=0x9fff
        | 0xac00..=0xd7af | 0xf900..=0xfaff | 0x20000..=0x323af)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_folded_and_scripts_without_spaces_are_cut_in_pairs() {
        assert_eq!(words("IMG_0123-Édité.JPG"), ["img", "0123", "edite", "jpg"]);
        assert_eq!(words("東京タワー!"), ["東京", "京タ", "タワ", "ワー", "ー"]);
        assert_eq!(words("ﾊﾞｽ bus"), ["バス", "ス", "bus"]);
        assert_eq!(words("한국어 서울"), ["한국", "국어", "어", "서울", "울"]);
        assert!(words("😀 … --").is_empty());
    }

    #[test]
    fn questions_ask_for_beginnings_of_words_and_for_pairs() {
        let beginning = |text: &str| Term::Beginning(text.into());
        assert_eq!(terms("Straße 12"), [beginning("straße"), beginning("12")]);
        assert_eq!(
            terms("京タワ"),
            [Term::Whole("京タ".into()), Term::Whole("タワ".into())]
        );
        assert_eq!(terms("京"), [beginning("京")]);
        assert_eq!(terms(&"a b ".repeat(9_999)).len(), TERMS_MAX);
    }
}
