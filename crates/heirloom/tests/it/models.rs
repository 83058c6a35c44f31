//! `heirloom models`, against a mirror of model repositories that this test runs: a small model in the layout of Immich's.

mod mirror;

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

use self::mirror::{COMMIT, Mirror, Shared, clip};

/// A machine with a mirror in reach.
struct Machine {
    data: TempDir,
    mirror: Shared,
    endpoint: String,
}

impl Machine {
    async fn new() -> Self {
        let mirror = Shared::default();
        mirror.lock().unwrap().files = clip();
        Self {
            data: tempfile::tempdir().unwrap(),
            endpoint: mirror::serve(mirror.clone()).await,
            mirror,
        }
    }

    async fn models(&self, arguments: &[&str]) -> Output {
        let mut command = command(self.data.path(), arguments);
        command.env("HF_ENDPOINT", &self.endpoint);
        // The mirror answers meanwhile.
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }

    /// What it says when it succeeds.
    async fn done(&self, arguments: &[&str]) -> String {
        let output = self.models(arguments).await;
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What it says when it fails.
    async fn refused(&self, arguments: &[&str]) -> String {
        let output = self.models(arguments).await;
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn with(&self, change: impl FnOnce(&mut Mirror)) {
        change(&mut self.mirror.lock().unwrap());
    }

    fn requests(&self) -> Vec<(String, Option<String>)> {
        std::mem::take(&mut self.mirror.lock().unwrap().requests)
    }

    fn pack(&self, name: &str) -> PathBuf {
        self.data.path().join("models").join(name)
    }
}

pub(crate) fn command(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heirloom"));
    command
        .arg("models")
        .arg("--data")
        .arg(data)
        .args(arguments)
        .env_remove("HF_ENDPOINT")
        .env_remove("HEIRLOOM__INFERENCE__MODELS");
    command
}

/// Every file of a folder, below it.
fn files(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in std::fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap();
                all.push(name.to_str().unwrap().to_owned());
            }
        }
    }
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_is_pulled_listed_verified_and_removed() {
    let machine = Machine::new().await;
    let said = machine.done(&["list"]).await;
    assert!(said.contains("ViT-B-32__openai\tnot here\tMIT"), "{said}");
    let said = machine.done(&["pull", "tiny/clip"]).await;
    assert!(said.starts_with("clip is here (1 MB)"), "{said}");
    let pack = machine.pack("clip");
    let expected = [
        "README.md",
        "config.json",
        "models.json",
        "textual/model.onnx",
        "textual/tokenizer.json",
        "visual/model.onnx",
        "visual/preprocess_cfg.json",
    ];
    assert_eq!(files(&pack), expected);
    for (name, bytes) in clip() {
        if expected.contains(&name) {
            assert_eq!(std::fs::read(pack.join(name)).unwrap(), bytes, "{name}");
        }
    }
    let manifest = std::fs::read(pack.join("models.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["origin"]["repository"], "tiny/clip");
    assert_eq!(manifest["origin"]["revision"], COMMIT);
    assert_eq!(manifest["models"][0]["file"], "visual/model.onnx");

    let said = machine.done(&["list"]).await;
    assert!(
        said.contains("clip\there\tlicence unknown\ttiny/clip"),
        "{said}"
    );
    assert_eq!(machine.done(&["verify"]).await, "clip\twhole\n");
    machine.requests();
    let said = machine.done(&["pull", "tiny/clip"]).await;
    assert_eq!(said, "clip is here already, and whole\n");
    assert_eq!(machine.requests(), []);

    std::fs::write(pack.join("visual/model.onnx"), b"other bytes").unwrap();
    std::fs::remove_file(pack.join("config.json")).unwrap();
    let output = machine.models(&["verify", "clip"]).await;
    assert!(!output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("visual/model.onnx\tit has 11 bytes instead of"),
        "{said}"
    );
    assert!(said.contains("config.json\tit is missing"), "{said}");
    machine.done(&["pull", "tiny/clip"]).await;
    machine.done(&["verify", "clip"]).await;

    machine.done(&["remove", "clip"]).await;
    assert!(!pack.is_dir());
    let said = machine.refused(&["remove", "clip"]).await;
    assert!(said.contains("there is no pack clip here"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_goes_on_where_it_broke_off() {
    let machine = Machine::new().await;
    machine.with(|mirror| (mirror.cut_after, mirror.cuts) = (Some(15_000), 2));
    machine.done(&["pull", "tiny/clip"]).await;
    let ranges: Vec<_> = machine
        .requests()
        .into_iter()
        .filter(|(file, _)| file == "textual/model.onnx")
        .map(|(_, range)| range)
        .collect();
    assert_eq!(ranges.len(), 3);
    let begins = |at: usize| {
        let range = ranges[at].as_ref().unwrap();
        range
            .trim_matches(|char: char| !char.is_ascii_digit())
            .parse::<usize>()
            .unwrap()
    };
    assert!(
        ranges[0].is_none() && 0 < begins(1) && begins(1) < begins(2),
        "{ranges:?}"
    );
    machine.done(&["verify", "clip"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_that_failed_shows_nothing_and_the_next_goes_on() {
    let machine = Machine::new().await;
    // Nothing comes after the first bytes, however often it is asked for.
    machine.with(|mirror| (mirror.cut_after, mirror.cuts) = (Some(1000), 1));
    let broken = machine.mirror.clone();
    let breaker = tokio::spawn(async move {
        // After the first cut the mirror gives nothing at all.
        loop {
            tokio::task::yield_now().await;
            let mut mirror = broken.lock().unwrap();
            if mirror.cuts == 0 {
                (mirror.cut_after, mirror.cuts) = (Some(0), usize::MAX);
                return;
            }
        }
    });
    let said = machine.refused(&["pull", "tiny/clip"]).await;
    breaker.await.unwrap();
    assert!(said.contains("cannot be reached"), "{said}");
    assert!(!machine.pack("clip").is_dir());
    assert!(!machine.done(&["list"]).await.contains("clip\t"));
    machine.requests();
    machine.with(|mirror| mirror.cuts = 0);
    machine.done(&["pull", "tiny/clip"]).await;
    let requests = machine.requests();
    assert!(
        requests
            .iter()
            .any(|(file, range)| file == "textual/model.onnx" && range.is_some()),
        "{requests:?}"
    );
    assert!(
        !requests.iter().any(|(file, _)| file == "config.json"),
        "{requests:?}"
    );
    machine.done(&["verify", "clip"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_not_as_stated_are_refused() {
    for name in ["visual/model.onnx", "textual/tokenizer.json"] {
        // What an earlier try brought whole is not asked for again.
        let machine = Machine::new().await;
        machine.with(|mirror| mirror.lies_about = Some(name));
        let said = machine.refused(&["pull", "tiny/clip"]).await;
        assert!(
            said.contains(&format!("{name} is not what it should be")),
            "{said}"
        );
        assert!(!machine.pack("clip").is_dir());
        machine.with(|mirror| mirror.lies_about = None);
        machine.done(&["pull", "tiny/clip"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_pulled_says_why() {
    let machine = Machine::new().await;
    let output = command(machine.data.path(), &["pull", "tiny/clip"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("inference.models_endpoint") && said.contains("HF_ENDPOINT"),
        "{said}"
    );
    let output = command(machine.data.path(), &["pull", "tiny/clip"])
        .env("HEIRLOOM__INFERENCE__MODELS_ENDPOINT", "ftp://somewhere")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("begins with http:// or https://"), "{said}");

    let said = machine.refused(&["pull", "tiny/nothing"]).await;
    assert!(
        said.contains("there is no repository tiny/nothing"),
        "{said}"
    );
    let said = machine.refused(&["pull", "nothing"]).await;
    assert!(said.contains("neither a pack of the catalogue"), "{said}");
    let said = machine.refused(&["pull", "starter"]).await;
    assert!(said.contains("cargo xtask setup"), "{said}");
    let said = machine.refused(&["verify", "../escape"]).await;
    assert!(said.contains("cannot be called"), "{said}");

    machine.with(|mirror| drop(mirror.files.remove("textual/tokenizer.json")));
    let said = machine.refused(&["pull", "tiny/clip"]).await;
    assert!(said.contains("it lacks textual/tokenizer.json"), "{said}");
    machine.with(|mirror| {
        mirror.files = clip();
        mirror.files.insert("../outside.json", b"{}".to_vec());
    });
    let said = machine.refused(&["pull", "tiny/clip"]).await;
    assert!(said.contains("would lie outside"), "{said}");
    assert_eq!(machine.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_copied_when_it_is_whole() {
    let machine = Machine::new().await;
    let source = tempfile::tempdir().unwrap();
    for (name, bytes) in clip() {
        let path = source.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let from = source.path().to_str().unwrap();
    machine.done(&["pull", "mine", "--from", from]).await;
    machine.done(&["verify", "mine"]).await;
    assert!(files(&machine.pack("mine")).contains(&"visual/model.onnx".to_owned()));

    // A folder with a manifest, as this copy is one now.
    let copy = machine.pack("mine");
    let copy = copy.to_str().unwrap();
    machine.done(&["pull", "again", "--from", copy]).await;
    assert_eq!(
        machine.done(&["verify"]).await,
        "again\twhole\nmine\twhole\n"
    );
    std::fs::write(machine.pack("mine").join("config.json"), b"{}").unwrap();
    let said = machine.refused(&["pull", "third", "--from", copy]).await;
    assert!(
        said.contains("config.json is not what it should be"),
        "{said}"
    );
    assert!(!machine.pack("third").is_dir());

    let empty = tempfile::tempdir().unwrap();
    let said = machine
        .refused(&["pull", "none", "--from", empty.path().to_str().unwrap()])
        .await;
    assert!(said.contains("is not a pack of models"), "{said}");
}

/// Tests run without the starter pack; `cargo xtask test` has made it.
#[tokio::test(flavor = "multi_thread")]
async fn the_starter_pack_is_pulled_from_where_it_was_made() {
    let Some(made) = std::env::var_os("HEIRLOOM__INFERENCE__MODELS") else {
        println!("skipped: HEIRLOOM__INFERENCE__MODELS is not set (cargo xtask test sets it)");
        return;
    };
    let machine = Machine::new().await;
    let output = command(machine.data.path(), &["pull", "starter"])
        .env("HEIRLOOM__INFERENCE__MODELS", made)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(machine.done(&["verify"]).await, "starter\twhole\n");
    assert!(machine.pack("starter/search/visual.onnx").is_file());
}
