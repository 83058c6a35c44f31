//! Every answer held against `spec/contract.json`.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{LazyLock, Mutex},
};

use jsonschema::Validator;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

pub(crate) static CONTRACT: LazyLock<Value> = LazyLock::new(|| {
    let mut contract: Value =
        serde_json::from_str(include_str!("../../../../spec/contract.json")).unwrap();
    modernise(&mut contract);
    contract
});
static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> =
    LazyLock::new(Mutex::default);

/// `nullable` of OpenAPI 3.0 as JSON Schema has it.
fn modernise(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(modernise),
        Value::Object(fields) => {
            fields.values_mut().for_each(modernise);
            if fields.remove("nullable") == Some(Value::Bool(true)) {
                let inner = Value::Object(std::mem::take(fields));
                *value = json!({"anyOf": [inner, {"type": "null"}]});
            }
        }
        _ => {}
    }
}

/// The template of the contract that a path belongs to.
fn template(path: &str) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or(path);
    let is_match = |template: &str| {
        let (asked, known): (Vec<_>, Vec<_>) =
            (path.split('/').collect(), template.split('/').collect());
        asked.len() == known.len()
            && asked
                .iter()
                .zip(known)
                .all(|(asked, known)| known.starts_with('{') || *asked == known)
    };
    let paths = CONTRACT["paths"].as_object().unwrap();
    let exact = paths.keys().find(|template| *template == path);
    exact
        .or_else(|| paths.keys().find(|template| is_match(template)))
        .map(String::as_str)
}

/// Fails when the answer does not fit.
pub(crate) fn check(method: &Method, path: &str, status: StatusCode, answer: &Value) {
    if status.is_client_error() || status.is_server_error() {
        assert!(
            answer["message"].is_string(),
            "{method} {path}: an error without a message: {answer}"
        );
        return;
    }
    let Some(template) = template(path) else {
        return;
    };
    let pointer = |text: &str| text.replace('~', "~0").replace('/', "~1");
    let operation = format!(
        "/paths/{}/{}",
        pointer(template),
        method.as_str().to_lowercase()
    );
    let responses = CONTRACT
        .pointer(&format!("{operation}/responses"))
        .unwrap_or_else(|| panic!("{method} {template}"));
    let said = &responses[status.as_str()];
    assert!(
        !said.is_null(),
        "{method} {template} answers {status}, which the contract does not know"
    );
    let schema = &said["content"]["application/json"]["schema"];
    if schema.is_null() {
        assert!(
            answer.is_null(),
            "{method} {template} answers {answer} where the contract has no body"
        );
        return;
    }
    let validator = validator(format!("{operation}/{status}"), schema);
    let errors: Vec<String> = validator
        .iter_errors(answer)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(
        errors.is_empty(),
        "{method} {template}: {}",
        errors.join("\n")
    );
}

/// Fails when a value does not fit a schema of the contract.
pub(crate) fn check_schema(name: &str, value: &Value) {
    let schema = &CONTRACT["components"]["schemas"][name];
    assert!(schema.is_object(), "the contract has no {name}");
    let validator = validator(name.to_owned(), schema);
    let errors: Vec<String> = validator
        .iter_errors(value)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}: {}\n{value}", errors.join("\n"));
}

fn validator(key: String, schema: &Value) -> &'static Validator {
    let mut known = VALIDATORS.lock().unwrap();
    known.entry(key).or_insert_with(|| {
        let whole = json!({"allOf": [schema], "components": CONTRACT["components"]});
        Box::leak(Box::new(
            jsonschema::options()
                .should_validate_formats(false)
                .build(&whole)
                .unwrap(),
        ))
    })
}

/// Operations beyond the contract that its clients use all the same (CLIENTS: hidden twins).
const HIDDEN: &[(&str, &str)] = &[
    ("PATCH", "/admin/users/{id}"),
    ("PATCH", "/admin/users/{id}/preferences"),
    ("PATCH", "/api-keys/{id}"),
    ("PATCH", "/assets"),
    ("PATCH", "/assets/{id}"),
    ("PATCH", "/memories/{id}"),
    ("PATCH", "/people/{id}"),
    ("PATCH", "/sessions/{id}"),
    ("PATCH", "/libraries/{id}"),
    ("PATCH", "/stacks/{id}"),
    ("PATCH", "/tags/{id}"),
    ("PATCH", "/users/me"),
    ("PATCH", "/users/me/preferences"),
    ("PATCH", "/workflows/{id}"),
];

#[test]
fn keys_are_asked_for_what_the_contract_names() {
    let listed: BTreeSet<&str> = heirloom_api::operations::PERMISSIONS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    let mut wanted = BTreeSet::new();
    for (path, operations) in CONTRACT["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let permission = operation["x-immich-permission"].as_str();
            let is_admin = operation["x-immich-admin-only"] == true;
            if permission.is_some() || is_admin {
                let (method, permission) = (method.to_uppercase(), permission.unwrap_or("-"));
                let admin = if is_admin { " admin" } else { "" };
                wanted.insert(format!("{method} {path} {permission}{admin}"));
            }
        }
    }
    assert_eq!(listed, wanted.iter().map(String::as_str).collect());
}

#[test]
fn what_is_served_and_what_is_not_are_the_contract() {
    let contract: BTreeSet<(String, String)> = CONTRACT["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, operations)| {
            operations
                .as_object()
                .unwrap()
                .keys()
                .map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let owned = |(method, path): (&str, &str)| (method.to_owned(), path.to_owned());
    let served: BTreeSet<_> = heirloom_server::served().into_iter().map(owned).collect();
    let unsupported: BTreeSet<_> = heirloom_api::operations::unsupported().map(owned).collect();
    let hidden: BTreeSet<_> = HIDDEN.iter().copied().map(owned).collect();
    assert_eq!(
        served.intersection(&unsupported).count(),
        0,
        "built operations leave spec/unsupported.txt"
    );
    let known: BTreeSet<_> = served.union(&unsupported).cloned().collect();
    let expected: BTreeSet<_> = contract.union(&hidden).cloned().collect();
    assert_eq!(known, expected);
}
