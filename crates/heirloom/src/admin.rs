//! `heirloom admin`: for whoever has the machine.

mod doctor;
mod maintenance;
mod restore;

use std::{
    fs::File,
    io::{IsTerminal, Read},
    path::Path,
};

use anyhow::{Context, bail};
use heirloom_library::users::NewUser;

use crate::{
    cli::{AdminCommand, AdminOptions},
    config::Config,
    wiring::wire,
};

pub(crate) async fn run(options: AdminOptions) -> anyhow::Result<()> {
    let config = Config::load(&options.common)?;
    match options.command {
        // These two must work where the server would not.
        AdminCommand::Restore { backup, replace } => {
            return restore::run(&config, &backup, replace).await;
        }
        AdminCommand::Doctor => return doctor::run(&config).await,
        _ => {}
    }
    let library = wire(&config).await?.library;
    match options.command {
        AdminCommand::CreateAdmin { email, name } => {
            let password = Some(password()?);
            let user = library
                .create_user_unasked(NewUser {
                    email,
                    name,
                    password,
                    is_admin: true,
                    should_change_password: false,
                    quota_bytes: None,
                    storage_label: None,
                    avatar_color: None,
                })
                .await?;
            println!("{} administers this server now", user.email);
        }
        AdminCommand::ResetPassword { email } => {
            let user = library.reset_password(&email, password()?).await?;
            println!(
                "{} logs in with the new password and is asked to choose another",
                user.email
            );
        }
        AdminCommand::GrantAdmin { email } => {
            let user = library.set_admin(&email, true).await?;
            println!("{} administers this server now", user.email);
        }
        AdminCommand::RevokeAdmin { email } => {
            let user = library.set_admin(&email, false).await?;
            println!("{} does not administer this server any more", user.email);
        }
        AdminCommand::ListUsers => {
            for user in library.users().await? {
                let role = if user.is_admin { "admin" } else { "" };
                println!("{}\t{}\t{}\t{role}", user.id, user.email, user.name);
            }
        }
        AdminCommand::Verify => verify(&library).await?,
        AdminCommand::Backup { to: None } => {
            let made = library.back_up().await?;
            println!(
                "{} holds {} rows, {} bytes",
                made.name, made.rows, made.bytes
            );
        }
        AdminCommand::Backup { to: Some(path) } => {
            let made = library.back_up_apart().await?;
            copy(made.file()?, &path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            println!("{} is written, {} bytes", path.display(), made.len());
        }
        AdminCommand::Maintenance { change } => {
            maintenance::run(&config, &library, change).await?;
        }
        AdminCommand::Restore { .. } | AdminCommand::Doctor => {}
    }
    Ok(())
}

async fn verify(library: &heirloom_library::Library) -> anyhow::Result<()> {
    let (mut checked, mut damaged) = (0u64, 0u64);
    library
        .verify(|damage| {
            checked += 1;
            if let Some(damage) = damage {
                damaged += 1;
                let (record, reason) = damage;
                println!("{}\t{}\t{reason}", record.id, record.original_path);
            }
        })
        .await?;
    println!("{checked} originals read, {damaged} damaged");
    if damaged > 0 {
        bail!("{damaged} originals are not what was taken in; restore them from a backup");
    }
    Ok(())
}

/// Writes a new file, durably; never over another.
fn copy(mut from: File, to: &Path) -> std::io::Result<()> {
    let mut file = File::create_new(to)?;
    std::io::copy(&mut from, &mut file)?;
    file.sync_all()
}

/// The password on standard input, without the end of its line.
fn password() -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        eprintln!("Password, then Enter and Ctrl-D:");
    }
    let mut text = String::new();
    std::io::stdin()
        .read_to_string(&mut text)
        .context("cannot read the password")?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        bail!("the password is empty; give it on standard input");
    }
    Ok(text.to_owned())
}
