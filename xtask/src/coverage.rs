//! The operations of the contract: which are served. The same two files bind the tests, so the table is true.

use std::collections::BTreeMap;

use crate::shell::Outcome;

const CONTRACT: &str = include_str!("../../spec/contract.json");
const UNSUPPORTED: &str = include_str!("../../spec/unsupported.txt");
const METHODS: &[&str] = &["get", "post", "put", "patch", "delete"];

/// Prints every operation by the first word of its path, then the sum.
pub(crate) fn print() -> Outcome {
    let contract: serde_json::Value =
        serde_json::from_str(CONTRACT).map_err(|error| error.to_string())?;
    let missing: Vec<&str> = UNSUPPORTED.lines().collect();
    let mut nouns: BTreeMap<&str, Vec<(String, bool)>> = BTreeMap::new();
    for (path, operations) in contract["paths"].as_object().into_iter().flatten() {
        let noun = path.split('/').nth(1).unwrap_or_default();
        for method in METHODS {
            if operations.get(method).is_some() {
                let name = format!("{} {path}", method.to_uppercase());
                let is_served = !missing.contains(&name.as_str());
                nouns.entry(noun).or_default().push((name, is_served));
            }
        }
    }
    let (mut served, mut all) = (0, 0);
    for (noun, operations) in &nouns {
        let count = operations
            .iter()
            .filter(|(_, is_served)| *is_served)
            .count();
        println!("{noun}: {count} of {}", operations.len());
        for (name, is_served) in operations {
            let state = if *is_served { "done" } else { "unsupported" };
            println!("  {state:<12} {name}");
        }
        served += count;
        all += operations.len();
    }
    println!("{served} of {all} operations are served");
    Ok(())
}
