//! `heirloom admin`: for whoever has the machine.

use std::io::{IsTerminal, Read};

use anyhow::{Context, bail};
use heirloom_library::users::NewUser;

use crate::{
    cli::{AdminCommand, AdminOptions},
    config::Config,
    wiring::wire,
};

pub(crate) async fn run(options: AdminOptions) -> anyhow::Result<()> {
    let library = wire(&Config::load(&options.common)?).await?.library;
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
                println!("{}\t{}\t{}", damage.id, damage.path, damage.reason);
            }
        })
        .await?;
    println!("{checked} originals read, {damaged} damaged");
    if damaged > 0 {
        bail!("{damaged} originals are not what was taken in; restore them from a backup");
    }
    Ok(())
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
