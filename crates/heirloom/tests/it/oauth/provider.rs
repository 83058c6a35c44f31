//! A real provider, and a person's browser at it.

use reqwest::{Client, Method, StatusCode, header, redirect::Policy};
use serde_json::{Value, json};

use crate::{
    library::call,
    node::{self, Program},
    server::{Server, servers},
};

const PACKAGES: &[&str] = &["oidc-provider@9.13.3"];

pub(crate) struct Provider {
    /// Held, so that it runs.
    pub(crate) program: Program,
    pub(crate) issuer: String,
}

/// A person's browser at the provider.
pub(crate) struct Browser(pub Client);

/// Servers that trust a provider of their own; none where no real clients are wanted.
pub(crate) async fn with_providers() -> Vec<(Server, Provider)> {
    if !node::are_clients_wanted() {
        return Vec::new();
    }
    let packages = node::install(PACKAGES);
    let mut all = Vec::new();
    for server in servers().await {
        let program = Program::start(&packages, "oauth_provider.mjs", &[&server.address]);
        let said = program.wait_for("the provider", |said| said["issuer"].is_string());
        let issuer = said["issuer"].as_str().unwrap().to_owned();
        let settings = json!({
            "enabled": true, "issuerUrl": issuer, "clientId": "heirloom", "clientSecret": "a secret: 100% & more",
            "allowInsecureRequests": true, "timeout": 5000
        });
        let (status, answer) = set(&server, settings).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        all.push((server, Provider { program, issuer }));
    }
    all
}

/// Changes settings of OAuth.
pub(crate) async fn set(server: &Server, settings: Value) -> (StatusCode, Value) {
    let mut config = server.get("/system-config").await;
    for (name, value) in settings.as_object().unwrap() {
        config["oauth"][name] = value.clone();
    }
    server
        .call(Method::PUT, "/system-config", Some(config))
        .await
}

impl Provider {
    pub(crate) async fn control(&self, what: &str, body: Value) -> Value {
        let address = format!("{}/control/{what}", self.issuer);
        let answer = Client::new()
            .post(address)
            .json(&body)
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }
}

impl Browser {
    pub(crate) fn new() -> Self {
        let client = Client::builder()
            .cookie_store(true)
            .redirect(Policy::none());
        Self(client.build().unwrap())
    }

    /// Goes through the provider's pages as somebody, until the provider sends the browser elsewhere: gives where to.
    pub(crate) async fn log_in(&self, provider: &Provider, address: &str, name: &str) -> String {
        let mut response = self.0.get(address).send().await.unwrap();
        for _ in 0..20 {
            if response.status().is_redirection() {
                let to = response.headers()[header::LOCATION].to_str().unwrap();
                let to = match response.url().join(to) {
                    Ok(to) if to.as_str().starts_with(&provider.issuer) => to,
                    _ => return to.to_owned(),
                };
                response = self.0.get(to).send().await.unwrap();
                continue;
            }
            let page = response.text().await.unwrap();
            let prompt = between(&page, "name=\"prompt\" value=\"", "\"");
            let form = format!("prompt={prompt}&login={name}&password=x");
            response = self.submit(&page, form).await;
        }
        panic!("the provider sends {name} round in circles");
    }

    /// Ends the provider's session.
    pub(crate) async fn log_out(&self, end_session: &str) {
        let page = self.0.get(end_session).send().await.unwrap();
        let page = page.text().await.unwrap();
        let word = between(&page, "name=\"xsrf\" value=\"", "\"");
        let done = self.submit(&page, format!("xsrf={word}&logout=yes")).await;
        assert!(done.status().is_redirection(), "{}", done.status());
    }

    async fn submit(&self, page: &str, form: String) -> reqwest::Response {
        let request = self.0.post(between(page, "action=\"", "\""));
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body(form).send().await.unwrap()
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0
}

/// Begins a log-in as our web page does, goes through the provider's pages and gives where the browser comes back to.
pub(crate) async fn come_back(
    visitor: &Server,
    provider: &Provider,
    browser: &Browser,
    name: &str,
) -> Value {
    let begin = json!({"redirectUri": format!("{}/auth/login", visitor.address)});
    let begun = call(
        visitor,
        Method::POST,
        "/oauth/authorize",
        begin,
        StatusCode::CREATED,
    )
    .await;
    let address = begun["url"].as_str().unwrap();
    json!({"url": browser.log_in(provider, address, name).await})
}
