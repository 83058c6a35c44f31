//! The sync stream against phones that lose acknowledgements, stop half-way and come back, over many short histories: in
//! the end each phone holds what a new one is given.
//!
//! `HEIRLOOM_TEST_HISTORIES` says how many on SQLite, `HEIRLOOM_TEST_HISTORIES_POSTGRES` on PostgreSQL (else a hundredth of
//! the former, but at least ten), `HEIRLOOM_TEST_SEED` which is the first.

use std::ops::RangeInclusive;

use heirloom_media::decoder::Decoder;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use crate::{
    history::{History, Person},
    inside::{Inside, Somebody, Template, decoder_settings},
    phone::{Mishap, Phone},
};

/// The last of them has no phone, and an account that is closed and restored.
const PEOPLE: usize = 4;
/// Histories on one copy of the database: opening one costs more than several of them. There are accounts for all of them,
/// which take long to make.
const PER_COPY: RangeInclusive<u64> = 10..=100;
/// The longest history. Most of what goes wrong does so in a short one, and those are cheap.
const STEPS_MAX: usize = 24;

#[tokio::test]
async fn every_phone_comes_to_hold_what_a_new_one_is_given() {
    let count = number("HEIRLOOM_TEST_HISTORIES", 60);
    let first = number("HEIRLOOM_TEST_SEED", 1);
    run(None, first, count).await;
    if let Ok(server) = std::env::var("HEIRLOOM_TEST_POSTGRES_URL") {
        let fewer = count.div_ceil(100).max(*PER_COPY.start());
        let count = number("HEIRLOOM_TEST_HISTORIES_POSTGRES", fewer);
        run(Some(&server), first, count).await;
    }
}

async fn run(postgres: Option<&str>, first: u64, count: u64) {
    let per_copy = (count / 50).clamp(*PER_COPY.start(), *PER_COPY.end()) as usize;
    let template = Template::make(postgres, PEOPLE * per_copy).await;
    let decoder = Decoder::new(decoder_settings());
    let seeds: Vec<u64> = (first..first + count).collect();
    for seeds in seeds.chunks(per_copy) {
        let server = template.start(&decoder).await;
        let admin = &template.people[0].tokens[0];
        for (seed, people) in seeds.iter().zip(template.people.chunks(PEOPLE)) {
            live_through(&server, admin, people, *seed).await;
        }
        server.end().await;
    }
}

async fn live_through(server: &Inside, admin: &str, people: &[Somebody], seed: u64) {
    let (guest, somebody) = people.split_last().unwrap();
    let mut people: Vec<Person> = somebody
        .iter()
        .map(|person| Person::new(&person.id, &person.tokens[0]))
        .zip(somebody)
        .map(|(side, person)| side.with_devices(&person.sessions[1..3]))
        .zip(somebody)
        .map(|(side, person)| side.with_video(&person.video))
        .collect();
    people.push(Person::who_comes_and_goes(&guest.id, &guest.key).with_video(&guest.video));
    let mut history = History::new(&server.address, people, seed).with_admin(admin);
    let mut phones = Vec::new();
    for person in somebody {
        for token in &person.tokens[1..3] {
            phones.push(Phone::with_token(&server.address, token).await);
        }
    }
    for _ in 0..history.rng.random_range(4..=STEPS_MAX) {
        match history.rng.random_range(0..4) {
            0 => drop(tokio::join!(history.collide(), server.work())),
            1 => drop(tokio::join!(history.step(), server.work())),
            _ => history.step().await,
        }
        if history.rng.random_bool(0.2) {
            let phone = history.rng.random_range(0..phones.len());
            let mishap = Mishap::any(&mut history.rng);
            phones[phone].may_start_over = true;
            tokio::join!(phones[phone].sync(&mut history.rng, mishap), server.work());
        }
    }
    if history.rng.random() {
        both_at_once(server, &mut history, &mut phones).await;
    }
    if history.rng.random() {
        history.restore_accounts().await;
    }
    server.work().await;
    let judged = *[0, 1].choose(&mut history.rng).unwrap();
    for (person, phones) in somebody.iter().zip(phones.chunks_mut(2)) {
        let phone = &mut phones[judged];
        phone.may_start_over = true;
        // It may have to start over, which is a stream of its own.
        let is_whole = phone.sync(&mut history.rng, Mishap::None).await
            || phone.sync(&mut history.rng, Mishap::None).await;
        assert!(is_whole, "seed {seed}");
        let mut new = Phone::with_token(&server.address, &person.tokens[3]).await;
        assert!(new.sync(&mut history.rng, Mishap::None).await);
        phone.assert_like(&mut new, &format!("seed {seed}")).await;
    }
}

/// The two phones of somebody read at one time, from wherever each of them stands.
async fn both_at_once(server: &Inside, history: &mut History, phones: &mut [Phone]) {
    let person = history.rng.random_range(0..phones.len() / 2);
    let [one, other] = &mut phones[2 * person..2 * person + 2] else {
        unreachable!("everybody has two phones");
    };
    let mut rngs = [(); 2].map(|()| StdRng::seed_from_u64(history.rng.random()));
    let [first, second] = &mut rngs;
    let mishap = Mishap::any(first);
    (one.may_start_over, other.may_start_over) = (true, true);
    tokio::join!(
        one.sync(first, mishap),
        other.sync(second, Mishap::None),
        history.step(),
        server.work()
    );
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}
