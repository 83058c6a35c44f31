//! Lists the files of the web client for `src/web.rs`, which embeds them. Without a build of it there is one page that
//! says how to make one, so that everything else compiles and is tested without Node.

use std::{
    env,
    error::Error,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

fn main() -> Result<(), Box<dyn Error>> {
    let built = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../web/dist");
    // A watched path that is missing would build this crate anew each time.
    let _ = fs::create_dir(&built);
    println!("cargo::rerun-if-changed={}", built.display());
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let client = out.join("client");
    take(&built, &client)?;
    if !client.join("index.html").is_file() {
        fs::create_dir_all(&client)?;
        fs::copy("src/web/not-built.html", client.join("index.html"))?;
        println!("cargo::rerun-if-changed=src/web/not-built.html");
    }
    fs::write(out.join("web_files.rs"), list(&client)?)?;
    Ok(())
}

/// Copies the client, so that another build of it does not take files away while the compiler reads them. What is
/// being built just now is waited for.
fn take(built: &Path, client: &Path) -> io::Result<()> {
    let mut left = 30;
    loop {
        match fs::remove_dir_all(client) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match copy(built, client) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && left > 0 => {
                left -= 1;
                thread::sleep(Duration::from_millis(500));
            }
            done => return done,
        }
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The table that `src/web.rs` includes.
fn list(client: &Path) -> Result<String, Box<dyn Error>> {
    let mut files = Vec::new();
    collect(client, &mut files)?;
    files.sort();
    let mut list = String::from("&[\n");
    for file in files.iter().filter(|file| !is_compressed(file)) {
        let path = file.strip_prefix(client)?.to_string_lossy();
        let bytes = |path: &Path| format!("include_bytes!({:?})", path.display().to_string());
        let twin = |extension: &str| {
            let twin = PathBuf::from(format!("{}.{extension}", file.display()));
            if twin.is_file() {
                format!("Some({})", bytes(&twin))
            } else {
                "None".to_owned()
            }
        };
        writeln!(
            list,
            "    File {{ path: {path:?}, plain: {}, brotli: {}, gzip: {} }},",
            bytes(file),
            twin("br"),
            twin("gz")
        )?;
    }
    list.push(']');
    Ok(list)
}

fn is_compressed(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension == "br" || extension == "gz")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
