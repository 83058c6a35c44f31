//! Calls with ids in them, made from what the contract says of an operation.

use serde_json::{Map, Value, json};

use super::home::Home;
use crate::{access::NOBODY, contract::CONTRACT};

/// One call of an operation.
pub(super) struct Call {
    pub path: String,
    pub body: Option<Value>,
}

/// Every call of an operation that names something of `there` in its path or of `given` in its query and body, which are the
/// two people concerned. None for operations that name nothing.
pub(super) fn calls(method: &str, path: &str, there: &Home, given: &Home) -> Vec<Call> {
    let said = &CONTRACT["paths"][path][method.to_lowercase()];
    let place = filled(method, path, there, given);
    let schema = &said["requestBody"]["content"]["application/json"]["schema"];
    let bodies = bodies(
        schema,
        &Namer {
            method,
            path,
            given,
        },
    );
    let has_id = path.contains('{');
    let mut all = Vec::new();
    for (query, names_one) in queries(said, path, given) {
        for (body, body_names_one) in &bodies {
            if has_id || names_one || *body_names_one {
                let path = format!("{place}{query}");
                let body = body.clone();
                all.push(Call { path, body });
            }
        }
    }
    all
}

/// A path with ids in it: the first thing is that of `there`, the second that of `given`.
fn filled(method: &str, path: &str, there: &Home, given: &Home) -> String {
    let kind = match (method, path) {
        // The contract's word: who is in the path is given the face of the body.
        ("PUT", "/faces/{id}") => "person",
        _ => kind_of_path(path),
    };
    path.replace("{id}", there.id(kind))
        .replace("{assetId}", given.id("asset"))
        .replace("{userId}", given.id("user"))
        .replace("{key}", "theme")
        .replace("{name}", "sidecar")
        .replace("{filename}", "a.gz")
        .replace("{type}", "missing_file")
        .replace("{sessionId}", NOBODY)
        .replace("{variantIndex}", "0")
}

fn kind_of_path(path: &str) -> &'static str {
    match path.split('/').nth(1).unwrap_or_default() {
        "activities" => "activity",
        "albums" => "album",
        "api-keys" => "key",
        "assets" | "duplicates" | "trash" => "asset",
        "faces" => "face",
        "memories" => "memory",
        "notifications" => "notification",
        "people" => "person",
        "partners" | "users" => "user",
        "sessions" => "session",
        "shared-links" => "link",
        "stacks" => "stack",
        "tags" => "tag",
        "uploads" => "upload",
        "workflows" => "workflow",
        _ => "nothing",
    }
}

/// Which thing a field of a body or a query names.
fn kind_of_field(method: &str, path: &str, name: &str) -> Option<&'static str> {
    let listed_below = path.ends_with("/assets") || path.starts_with("/trash");
    Some(match name {
        "assetId"
        | "assetIds"
        | "albumThumbnailAssetId"
        | "livePhotoVideoId"
        | "sourceId"
        | "targetId"
        | "keepAssetIds"
        | "trashAssetIds"
        | "closestAssetId"
        | "featureFaceAssetId"
        | "queryAssetId"
        | "primaryAssetId" => "asset",
        "albumId" | "albumIds" => "album",
        "personId" | "personIds" | "closestPersonId" => "person",
        "tagId" | "tagIds" | "parentId" => "tag",
        // In a body, whom somebody shares with is theirs to say.
        "userId" if method == "GET" => "user",
        "userId" | "sharedWithId" | "ownerId" | "clientId" | "duplicateId" | "libraryId"
        | "sessionId" => "nothing",
        "id" if (method, path) == ("GET", "/faces") => "asset",
        "id" if (method, path) == ("PUT", "/faces/{id}") => "face",
        "ids" if listed_below => "asset",
        "id" | "ids" => kind_of_path(path),
        _ => return None,
    })
}

/// Queries with what must be in them, and each id that can be.
fn queries(said: &Value, path: &str, given: &Home) -> Vec<(String, bool)> {
    let namer = Namer {
        method: "GET",
        path,
        given,
    };
    let parameters = said["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    let in_query = parameters.iter().filter(|one| one["in"] == "query");
    let (needed, free): (Vec<_>, Vec<_>) = in_query.partition(|one| one["required"] == true);
    let written = |one: &Value| {
        let name = one["name"].as_str().unwrap();
        let value = namer.value(&one["schema"], name);
        let value = match &value {
            Value::Array(many) => many[0].clone(),
            one => one.clone(),
        };
        let value = value.as_str().map_or(value.to_string(), str::to_owned);
        (format!("{name}={value}&"), namer.kind(name).is_some())
    };
    let base: Vec<(String, bool)> = needed.into_iter().map(written).collect();
    let start: String = base.iter().map(|(text, _)| text.as_str()).collect();
    let names_one = base.iter().any(|(_, is_id)| *is_id);
    let with = free.into_iter().map(written).filter(|(_, is_id)| *is_id);
    let with = with.map(|(text, _)| (format!("?{start}{text}"), true));
    std::iter::once((format!("?{start}"), names_one))
        .chain(with)
        .collect()
}

/// Bodies with what must be in them, and each other field once.
fn bodies(schema: &Value, namer: &Namer<'_>) -> Vec<(Option<Value>, bool)> {
    let schema = resolved(schema);
    if schema.is_null() {
        return vec![(None, false)];
    }
    let base = namer.value(schema, "body");
    let names_one = namer.names_one(&base);
    let mut all = vec![(Some(base.clone()), names_one)];
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if base.get(name).is_some() {
            continue;
        }
        let mut body = base.clone();
        body[name] = namer.value(field, name);
        let names_one = namer.names_one(&body);
        all.push((Some(body), names_one));
    }
    all
}

fn resolved(schema: &Value) -> &Value {
    let inner = schema["$ref"].as_str().map(|name| {
        let name = name.rsplit('/').next().unwrap();
        &CONTRACT["components"]["schemas"][name]
    });
    let inner = inner.or_else(|| {
        let parts = ["allOf", "anyOf", "oneOf"].map(|part| &schema[part][0]);
        parts.into_iter().find(|part| !part.is_null())
    });
    inner.map_or(schema, resolved)
}

/// Fills schemas with the ids of one person's things.
struct Namer<'a> {
    method: &'a str,
    path: &'a str,
    given: &'a Home,
}

impl Namer<'_> {
    fn kind(&self, name: &str) -> Option<&'static str> {
        kind_of_field(self.method, self.path, name)
    }

    fn names_one(&self, body: &Value) -> bool {
        let text = body.to_string();
        self.given.ids().any(|id| text.contains(id))
    }

    fn value(&self, schema: &Value, name: &str) -> Value {
        let schema = resolved(schema);
        if let Some(given) = schema["enum"].get(0) {
            return given.clone();
        }
        match schema["type"].as_str().unwrap_or("object") {
            "array" => json!([self.value(&schema["items"], name)]),
            "boolean" => json!(true),
            "integer" | "number" => json!(schema["minimum"].as_i64().unwrap_or(1).max(1)),
            "string" => json!(self.text(schema, name)),
            _ => self.object(schema),
        }
    }

    fn object(&self, schema: &Value) -> Value {
        let needed = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
        let fields = schema["properties"].as_object().into_iter().flatten();
        let fields = fields
            .filter(|(name, _)| needed.iter().any(|one| one == *name) || self.kind(name).is_some());
        let filled: Map<String, Value> = fields
            .map(|(name, field)| (name.clone(), self.value(field, name)))
            .collect();
        Value::Object(filled)
    }

    fn text(&self, schema: &Value, name: &str) -> String {
        if let Some(kind) = self.kind(name) {
            return self.given.id(kind).to_owned();
        }
        match schema["format"].as_str() {
            Some("date") => "2021-07-01".into(),
            Some("date-time") => "2021-07-01T00:00:00.000Z".into(),
            Some("email") => "nobody@example.org".into(),
            Some("uuid") => NOBODY.into(),
            _ if name == "timeBucket" => "2021-07-01".into(),
            _ => "x".into(),
        }
    }
}
