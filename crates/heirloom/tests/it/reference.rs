//! Pages that are made from code are up to date.

use std::{path::Path, process::Command};

#[test]
fn the_table_of_the_configuration_is_what_the_program_prints() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, table) = page
        .split_once("<!-- generated: the rest of this file -->\n\n")
        .unwrap();
    let printed = Command::new(env!("CARGO_BIN_EXE_heirloom"))
        .arg("configuration")
        .output()
        .unwrap();
    assert!(
        table == String::from_utf8(printed.stdout).unwrap(),
        "docs/configuration.md is stale: run `cargo xtask codegen`"
    );
}
