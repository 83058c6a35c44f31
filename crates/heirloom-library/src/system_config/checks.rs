//! Settings that cannot hold.

use heirloom_store::blobs::Template;

use super::{SystemConfig, TranscodePolicy};
use crate::{Error, Result, hls, mail, oauth, schedule};

/// Refuses what cannot hold.
pub(super) fn check(config: &SystemConfig) -> Result<()> {
    if let Err(error) = config.storage_template.template.parse::<Template>() {
        return Err(Error::invalid(
            "storageTemplate.template",
            error.to_string(),
        ));
    }
    check_schedules(config)?;
    hls::check(&config.ffmpeg.realtime)?;
    mail::check(&config.notifications.smtp)?;
    oauth::check(&config.oauth)?;
    if !matches!(
        config.ffmpeg.transcode,
        TranscodePolicy::Required | TranscodePolicy::Disabled
    ) {
        return Err(Error::invalid(
            "ffmpeg.transcode",
            "can be `required` or `disabled` on this server",
        ));
    }
    check_values(config)
}

fn check_schedules(config: &SystemConfig) -> Result<()> {
    for (field, expression) in [
        (
            "backup.database.cronExpression",
            &config.backup.database.cron_expression,
        ),
        (
            "library.scan.cronExpression",
            &config.library.scan.cron_expression,
        ),
        (
            "integrityChecks.checksumFiles.cronExpression",
            &config.integrity_checks.checksum_files.cron_expression,
        ),
        (
            "integrityChecks.missingFiles.cronExpression",
            &config.integrity_checks.missing_files.cron_expression,
        ),
        (
            "integrityChecks.untrackedFiles.cronExpression",
            &config.integrity_checks.untracked_files.cron_expression,
        ),
    ] {
        schedule::check_cron(field, expression)?;
    }
    Ok(())
}

fn check_values(config: &SystemConfig) -> Result<()> {
    let checks = &config.integrity_checks.checksum_files;
    for (field, is_valid, rule) in [
        ("trash.days", config.trash.days >= 0, "must be 0 or more"),
        (
            "machineLearning.facialRecognition.minScore",
            (0.1..=1.0).contains(&config.machine_learning.facial_recognition.min_score),
            "must be between 0.1 and 1",
        ),
        (
            "backup.database.keepLastAmount",
            config.backup.database.keep_last_amount >= 1,
            "must be 1 or more",
        ),
        (
            "integrityChecks.checksumFiles.percentageLimit",
            (0.0..=1.0).contains(&checks.percentage_limit),
            "must be between 0 and 1",
        ),
        (
            "integrityChecks.checksumFiles.timeLimit",
            checks.time_limit >= 0,
            "must be 0 or more milliseconds",
        ),
        (
            "server.externalDomain",
            is_address(&config.server.external_domain),
            "must begin with http:// or https://",
        ),
        (
            "map.lightStyle",
            is_address(&config.map.light_style),
            "must be an address",
        ),
        (
            "map.darkStyle",
            is_address(&config.map.dark_style),
            "must be an address",
        ),
        (
            "passwordLogin.enabled",
            config.password_login.enabled || config.oauth.enabled,
            "cannot be turned off while there is no other way to log in; turn OAuth on first",
        ),
    ] {
        if !is_valid {
            return Err(Error::invalid(field, format!("{field} {rule}")));
        }
    }
    Ok(())
}

/// An address of the web, or none.
pub(crate) fn is_address(text: &str) -> bool {
    text.is_empty() || text.starts_with("https://") || text.starts_with("http://")
}
