//! Handing letters to a mail server (RFC 5321), with TLS from the start or as soon as the server offers it (RFC 3207).

use std::time::Duration;

use heirloom_store::users::User;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::AddressError,
    message::{Mailbox, MultiPart},
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};

use super::letters::Letter;
use crate::system_config::{Smtp, SmtpTransport};

/// A server that takes longer is not there.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Why a letter was not sent.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    #[error("{address} is no address of mail: {source}")]
    Address {
        address: String,
        source: AddressError,
    },
    #[error("the letter cannot be written: {0}")]
    Form(#[from] lettre::error::Error),
    #[error("the mail server {host}: {}", causes(.source))]
    Server { host: String, source: smtp::Error },
}

impl PostError {
    /// Whether trying again is of no use.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Address { .. } | Self::Form(_) => true,
            Self::Server { source, .. } => source.is_permanent(),
        }
    }
}

/// Sends one letter and gives its id, which has `unique` in it.
pub(super) async fn send(
    smtp: &Smtp,
    to: &User,
    letter: &Letter,
    unique: &str,
) -> Result<String, PostError> {
    let from = mailbox(&smtp.from)?;
    // In the domain that sends it (RFC 5322, 3.6.4).
    let id = format!("<{unique}@{}>", from.email.domain());
    let message = message(smtp, from, to, letter, &id)?;
    let of_server = |source| PostError::Server {
        host: smtp.transport.host.clone(),
        source,
    };
    let server = connection(&smtp.transport).map_err(of_server)?;
    server.send(message).await.map_err(of_server)?;
    Ok(id)
}

fn message(
    smtp: &Smtp,
    from: Mailbox,
    to: &User,
    letter: &Letter,
    id: &str,
) -> Result<Message, PostError> {
    let to = Mailbox::new(Some(to.name.clone()), mailbox(&to.email)?.email);
    let mut message = Message::builder()
        .subject(&letter.subject)
        .message_id(Some(id.to_owned()))
        .from(from)
        .to(to)
        .date_now();
    if !smtp.reply_to.is_empty() {
        message = message.reply_to(mailbox(&smtp.reply_to)?);
    }
    let both = MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone());
    Ok(message.multipart(both)?)
}

pub(super) fn is_address(text: &str) -> bool {
    mailbox(text).is_ok()
}

fn mailbox(address: &str) -> Result<Mailbox, PostError> {
    address.parse().map_err(|source| PostError::Address {
        address: address.into(),
        source,
    })
}

fn connection(to: &SmtpTransport) -> Result<AsyncSmtpTransport<Tokio1Executor>, smtp::Error> {
    let tls = TlsParameters::builder(to.host.clone())
        .dangerous_accept_invalid_certs(to.ignore_cert)
        .dangerous_accept_invalid_hostnames(to.ignore_cert)
        .build_rustls()?;
    let tls = if to.secure {
        Tls::Wrapper(tls)
    } else {
        Tls::Opportunistic(tls)
    };
    let port = u16::try_from(to.port).unwrap_or_default();
    let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&to.host)
        .port(port)
        .tls(tls)
        .timeout(Some(TIMEOUT));
    if !to.username.is_empty() {
        let credentials = Credentials::new(to.username.clone(), to.password.clone());
        server = server.credentials(credentials);
    }
    Ok(server.build())
}

/// An error with what caused it: the library's own words leave out what the server said.
fn causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        cause = inner.source();
    }
    said
}
