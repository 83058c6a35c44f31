//! `heirloom admin maintenance`.

use heirloom_library::Library;

use crate::{cli::MaintenanceChange, config::Config};

/// Running processes follow within a second or two.
pub(crate) async fn run(
    config: &Config,
    library: &Library,
    change: MaintenanceChange,
) -> anyhow::Result<()> {
    match change {
        MaintenanceChange::On => {
            let token = library.begin_maintenance_unasked().await?;
            let origin = origin(config, library).await?;
            println!("The server is in maintenance. Whoever administers it meanwhile comes by");
            println!("{origin}/maintenance?token={token}");
        }
        MaintenanceChange::Off => {
            library.end_maintenance().await?;
            println!("Maintenance has ended");
        }
    }
    Ok(())
}

/// Where the page is, as far as this machine knows.
async fn origin(config: &Config, library: &Library) -> anyhow::Result<String> {
    let settings = library.config().await?;
    let domain = settings.server.external_domain.trim_end_matches('/');
    if !domain.is_empty() {
        return Ok(domain.to_owned());
    }
    let is_secure = config.tls.certificate.is_some() || !config.tls.acme.domains.is_empty();
    let scheme = if is_secure { "https" } else { "http" };
    Ok(format!("{scheme}://localhost:{}", config.listen.port()))
}
