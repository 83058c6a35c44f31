//! `heirloom models`: packs of models on this machine.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use anyhow::bail;
use clap::{Args, Subcommand};
use heirloom_inference::registry::{Catalogue, Manifest, Pulled, Registry, Repositories, Source};
use indicatif::{ProgressBar, ProgressStyle};

use crate::{cli::CommonOptions, config::Config};

/// Where packs are kept, below the data folder.
const FOLDER: &str = "models";

#[derive(Debug, Args)]
pub(crate) struct ModelsOptions {
    #[command(flatten)]
    common: CommonOptions,
    #[command(subcommand)]
    command: ModelsCommand,
}

#[derive(Debug, Subcommand)]
enum ModelsCommand {
    /// List the packs of the catalogue and those that are here.
    List,
    /// Get a pack: by a name of the catalogue, from a repository (owner/name, owner/name@revision), or from a folder.
    Pull {
        #[arg(required_unless_present = "from")]
        name: Option<String>,
        /// Copy it from this folder.
        #[arg(long, value_name = "FOLDER")]
        from: Option<PathBuf>,
    },
    /// Read every file of a pack, or of all, and compare it with what was got.
    Verify { name: Option<String> },
    /// Delete a pack from this machine.
    Remove { name: String },
}

pub(crate) async fn run(options: ModelsOptions) -> anyhow::Result<()> {
    let config = Config::load(&options.common)?;
    let models = Models {
        registry: Registry::new(config.data.join(FOLDER)),
        catalogue: Catalogue::embedded(),
        config,
    };
    match options.command {
        ModelsCommand::List => models.list(),
        ModelsCommand::Pull {
            name,
            from: Some(folder),
        } => models.add(&folder, name.as_deref()),
        ModelsCommand::Pull { name, from: None } => models.pull(&name.unwrap_or_default()).await,
        ModelsCommand::Verify { name } => models.verify(name.as_deref()),
        ModelsCommand::Remove { name } => models.remove(&name),
    }
}

struct Models {
    registry: Registry,
    catalogue: Catalogue,
    config: Config,
}

impl Models {
    fn list(&self) -> anyhow::Result<()> {
        let installed = self.registry.installed()?;
        for entry in &self.catalogue.packs {
            let here = installed.iter().find(|pack| pack.pack == entry.name);
            let state = here.map_or("not here", |pack| self.state(pack));
            println!(
                "{}\t{state}\t{}\t{}",
                entry.name, entry.licence, entry.description
            );
        }
        for pack in &installed {
            if self.catalogue.find(&pack.pack).is_none() {
                let licence = pack.licence.as_deref().unwrap_or("licence unknown");
                let origin = pack.origin.as_ref();
                let origin = origin.map_or("from a folder", |origin| &origin.repository);
                println!("{}\t{}\t{licence}\t{origin}", pack.pack, self.state(pack));
            }
        }
        if let Some(used) = &self.config.inference.models
            && !used.starts_with(self.registry.path(""))
        {
            println!("in use: {}", used.display());
        }
        Ok(())
    }

    fn state(&self, pack: &Manifest) -> &'static str {
        if self.is_used(&pack.pack) {
            "in use"
        } else {
            "here"
        }
    }

    fn is_used(&self, name: &str) -> bool {
        self.config.inference.models.as_deref() == Some(&*self.registry.path(name))
    }

    fn add(&self, folder: &Path, name: Option<&str>) -> anyhow::Result<()> {
        let manifest = self.registry.add(folder, name)?;
        self.say_where(&manifest);
        Ok(())
    }

    async fn pull(&self, name: &str) -> anyhow::Result<()> {
        let (entry, reference) = self.catalogue.resolve(name)?;
        let Some(reference) = reference else {
            debug_assert!(entry.is_some_and(|entry| entry.source == Source::Converter));
            return self.pull_starter(name);
        };
        let repositories = Repositories::open(self.config.inference.models_endpoint.as_deref())?;
        let bars = Bars::default();
        let pulled = self
            .registry
            .pull(&repositories, &reference, entry, &|file, here, all| {
                bars.show(file, here, all);
            })
            .await?;
        match pulled {
            Pulled::New(manifest) => self.say_where(&manifest),
            Pulled::Same(manifest) => {
                println!("{} is here already, and whole", manifest.pack);
            }
        }
        Ok(())
    }

    /// The starter pack is in no repository: it is made, and copied from where it was made.
    fn pull_starter(&self, name: &str) -> anyhow::Result<()> {
        let made = self.config.inference.models.as_deref();
        let is_starter = |folder: &&Path| matches!(Manifest::read(folder), Ok(Some(manifest)) if manifest.pack == name);
        match made.filter(is_starter) {
            Some(folder) if self.is_used(name) => {
                println!("{name} is here already: {}", folder.display());
                Ok(())
            }
            Some(folder) => self.add(folder, None),
            None => bail!(
                "the {name} pack is made, not downloaded: run `cargo xtask setup` in the project, then `heirloom models \
                 pull {name} --from .setup/models`"
            ),
        }
    }

    fn verify(&self, name: Option<&str>) -> anyhow::Result<()> {
        let names: Vec<String> = if let Some(name) = name {
            vec![name.to_owned()]
        } else {
            let installed = self.registry.installed()?;
            installed.into_iter().map(|pack| pack.pack).collect()
        };
        let mut damaged = 0;
        for name in &names {
            let damages = self.registry.verify(name)?;
            for damage in &damages {
                println!("{name}\t{}\t{}", damage.file, damage.reason);
            }
            if damages.is_empty() {
                println!("{name}\twhole");
            }
            damaged += usize::from(!damages.is_empty());
        }
        if damaged > 0 {
            bail!("{damaged} packs are damaged; remove them and pull them again");
        }
        Ok(())
    }

    fn remove(&self, name: &str) -> anyhow::Result<()> {
        if self.is_used(name) {
            bail!("{name} is in use; set inference.models to another pack first");
        }
        self.registry.remove(name)?;
        println!("{name} is removed");
        Ok(())
    }

    fn say_where(&self, manifest: &Manifest) {
        let folder = self.registry.path(&manifest.pack);
        let folder = folder.canonicalize().unwrap_or(folder);
        let has = |file: &str| manifest.models.iter().any(|model| model.file.file == file);
        let next = if has("visual/model.onnx") {
            "to search with it, restart the server and choose it under Models in its administration"
                .to_owned()
        } else if has("detection/model.onnx") {
            "to find faces with it, restart the server and choose it under Models in its administration"
                .to_owned()
        } else {
            format!("to use it, set inference.models to {}", folder.display())
        };
        let megabytes = manifest.bytes().div_ceil(1_000_000);
        println!("{} is here ({megabytes} MB); {next}", manifest.pack);
    }
}

/// One bar, for the file that is on its way.
#[derive(Default)]
struct Bars(Mutex<Option<(String, ProgressBar)>>);

impl Bars {
    fn show(&self, file: &str, here: u64, all: u64) {
        let mut current = self.0.lock().expect("showing progress does not panic");
        let bar = match &*current {
            Some((shown, bar)) if shown == file => bar.clone(),
            _ => {
                let bar = ProgressBar::new(all);
                if let Ok(style) =
                    ProgressStyle::with_template("{msg} {bar:40} {bytes}/{total_bytes}, {eta} left")
                {
                    bar.set_style(style);
                }
                bar.set_message(file.to_owned());
                *current = Some((file.to_owned(), bar.clone()));
                bar
            }
        };
        bar.set_position(here);
        if here == all {
            bar.finish();
        }
    }
}
