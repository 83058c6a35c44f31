//! What is wrong with a request, in the words of the contract's clients: zod's issues, each with the path to its field.

use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use crate::error::ApiError;

/// Reads JSON. What fails is read a second time, to learn where: requests that are right pay nothing for it.
pub(super) fn json<T: DeserializeOwned>(text: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(text).map_err(|error| {
        let mut again = serde_json::Deserializer::from_slice(text);
        match serde_path_to_error::deserialize::<_, T>(&mut again) {
            Err(located) => invalid(located.path(), &located.inner().to_string()),
            // Right so far, and then something follows.
            Ok(_) => invalid_at(Vec::new(), &error.to_string()),
        }
    })
}

/// Reads what forms and query strings hold.
pub(super) fn form<T: DeserializeOwned>(text: &[u8]) -> Result<T, ApiError> {
    serde_html_form::from_bytes(text).map_err(|error| {
        let again = serde_html_form::Deserializer::from_bytes(text);
        match serde_path_to_error::deserialize::<_, T>(again) {
            Err(located) => invalid(located.path(), &located.inner().to_string()),
            Ok(_) => invalid_at(Vec::new(), &error.to_string()),
        }
    })
}

fn invalid(path: &Path, said: &str) -> ApiError {
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some((*index).into()),
        Segment::Map { key } => Some(key.as_str().into()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    invalid_at(segments.collect(), said)
}

fn invalid_at(mut path: Vec<serde_json::Value>, said: &str) -> ApiError {
    if let Some(field) = said.strip_prefix("missing field `") {
        let name = field.split('`').next().unwrap_or_default();
        path.push(name.into());
    }
    ApiError::invalid_at(&path, message(said))
}

/// What serde says, as zod would say it.
fn message(said: &str) -> String {
    // serde_json adds where in the text; the path says it better.
    let said = said.split(" at line ").next().unwrap_or(said);
    if said.starts_with("missing field") {
        return "Invalid input: expected a value, received undefined".into();
    }
    if said.starts_with("UUID parsing failed") {
        return "Invalid UUID".into();
    }
    if said.contains("digit found in string") || said.contains("invalid float literal") {
        return "Invalid input: expected number, received NaN".into();
    }
    if said.starts_with("unknown variant") {
        let options = said
            .split_once("expected ")
            .map_or("", |(_, options)| options);
        let names: Vec<String> = options
            .split('`')
            .skip(1)
            .step_by(2)
            .map(|name| format!("\"{name}\""))
            .collect();
        return format!("Invalid option: expected one of {}", names.join("|"));
    }
    let of_type = said.strip_prefix("invalid type: ");
    match of_type.and_then(|types| types.split_once(", expected ")) {
        Some((received, expected)) => {
            format!(
                "Invalid input: expected {}, received {}",
                type_of(expected),
                type_of(received)
            )
        }
        None => format!("Invalid input: {said}"),
    }
}

/// serde's name of a type, or of a value with its type, as JavaScript's.
fn type_of(name: &str) -> &str {
    let kinds = [
        ("null", "null"),
        ("unit", "null"),
        ("boolean", "boolean"),
        ("a boolean", "boolean"),
        ("integer", "number"),
        ("floating point", "number"),
        ("string", "string"),
        ("a string", "string"),
        ("a formatted UUID", "string"),
        ("a sequence", "array"),
        ("sequence", "array"),
        ("map", "object"),
        ("struct", "object"),
        ("i", "number"),
        ("u", "number"),
        ("f", "number"),
    ];
    let is_width = |rest: &str| rest.chars().all(|digit| digit.is_ascii_digit());
    kinds
        .into_iter()
        .find(|(start, _)| match name.strip_prefix(start) {
            // The names of Rust's numbers end with their widths.
            Some(rest) if start.len() == 1 => !rest.is_empty() && is_width(rest),
            Some(_) => true,
            None => false,
        })
        .map_or(name, |(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;
    use serde::Deserialize;
    use serde_json::{Value, json};
    use uuid::Uuid;

    use super::*;

    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "camelCase")]
    struct Album {
        #[expect(dead_code, reason = "only read")]
        album_users: Vec<User>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "camelCase")]
    #[expect(dead_code, reason = "only read")]
    struct User {
        user_id: Uuid,
        role: Role,
        #[serde(default)]
        age: Option<u8>,
    }

    #[derive(Deserialize, Debug)]
    #[serde(rename_all = "lowercase")]
    enum Role {
        Editor,
        Viewer,
    }

    #[derive(Deserialize, Debug)]
    #[expect(dead_code, reason = "only read")]
    struct Page {
        size: Option<u32>,
    }

    async fn issue(error: ApiError) -> Value {
        let body = error.into_response().into_body();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(body["message"], "Validation failed");
        json!([body["errors"][0]["path"], body["errors"][0]["message"]])
    }

    #[tokio::test]
    async fn an_issue_leads_to_its_field_in_the_words_of_zod() {
        let user = r#"{"userId": "7b4e6d8e-3c57-4a8e-9d6b-0f3b5a1c2d3e", "role": "viewer"}"#;
        let cases = [
            (
                "{}".into(),
                json!([
                    ["albumUsers"],
                    "Invalid input: expected a value, received undefined"
                ]),
            ),
            (
                r#"{"albumUsers": 5}"#.into(),
                json!([
                    ["albumUsers"],
                    "Invalid input: expected array, received number"
                ]),
            ),
            (
                format!(r#"{{"albumUsers": [{user}, {{"userId": "x", "role": "viewer"}}]}}"#),
                json!([["albumUsers", 1, "userId"], "Invalid UUID"]),
            ),
            (
                format!(r#"{{"albumUsers": [{}]}}"#, user.replace("viewer", "owner")),
                json!([
                    ["albumUsers", 0, "role"],
                    r#"Invalid option: expected one of "editor"|"viewer""#
                ]),
            ),
            (
                format!(
                    r#"{{"albumUsers": [{}]}}"#,
                    user.replace('}', r#", "age": "old"}"#)
                ),
                json!([
                    ["albumUsers", 0, "age"],
                    "Invalid input: expected number, received string"
                ]),
            ),
            (
                r#"{"albumUsers": [{"role": "editor"}]}"#.into(),
                json!([
                    ["albumUsers", 0, "userId"],
                    "Invalid input: expected a value, received undefined"
                ]),
            ),
            (
                r#"{"albumUsers": []} x"#.into(),
                json!([[], "Invalid input: trailing characters"]),
            ),
        ];
        for (text, wanted) in cases {
            let error = json::<Album>(text.as_bytes()).unwrap_err();
            assert_eq!(issue(error).await, wanted, "{text}");
        }
        let error = form::<Page>(b"size=many").unwrap_err();
        let wanted = json!([["size"], "Invalid input: expected number, received NaN"]);
        assert_eq!(issue(error).await, wanted);
        assert!(form::<Page>(b"size=5").is_ok());
    }
}
