//! Bodies of `infer`: JSON, then the tensors that were sent in binary form, one after another.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{priority_number, priority_of};
use crate::{DataType, Error, Request, Response, Result, Tensor, tensor::Data};

/// The header that says where the JSON ends; without it all of the body is JSON.
pub const HEADER_LENGTH: &str = "inference-header-content-length";

/// A request as it came, and how its answer is wanted.
#[derive(Debug)]
pub struct Asked {
    pub request: Request,
    pub id: Option<String>,
    pub form: Form,
}

/// Which outputs are wanted in binary form.
#[derive(Debug, Default)]
pub struct Form {
    all: bool,
    named: BTreeSet<String>,
    /// In JSON although all others are not.
    not: BTreeSet<String>,
}

#[derive(Deserialize)]
struct RequestBody {
    id: Option<String>,
    #[serde(default)]
    parameters: Map<String, Value>,
    inputs: Vec<TensorBody>,
    #[serde(default)]
    outputs: Vec<Wanted>,
}

#[derive(Serialize, Deserialize)]
struct TensorBody {
    name: String,
    shape: Vec<i64>,
    datatype: String,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    parameters: Map<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
}

#[derive(Deserialize)]
struct Wanted {
    name: String,
    #[serde(default)]
    parameters: Map<String, Value>,
}

#[derive(Deserialize)]
struct ResponseBody {
    model_name: String,
    #[serde(default)]
    model_version: String,
    outputs: Vec<TensorBody>,
}

/// Reads a request for `model`.
pub fn read_request(
    model: &str,
    version: Option<&str>,
    header_length: Option<usize>,
    body: &[u8],
) -> Result<Asked> {
    let (json, rest) = cut(header_length, body)?;
    let body: RequestBody = serde_json::from_slice(json)
        .map_err(|error| Error::Invalid(format!("the request is not readable: {error}")))?;
    let mut request = Request::new(model, read_tensors(body.inputs, rest)?);
    request.version = version.map(str::to_owned);
    let mut form = Form {
        all: truth(&body.parameters, "binary_data_output").unwrap_or(false),
        ..Form::default()
    };
    for wanted in body.outputs {
        if wanted.parameters.contains_key("classification") {
            return Err(Error::Invalid(
                "the classification extension is not supported".into(),
            ));
        }
        match truth(&wanted.parameters, "binary_data") {
            Some(true) => form.named.insert(wanted.name.clone()),
            Some(false) => form.not.insert(wanted.name.clone()),
            None => false,
        };
        request.outputs.push(wanted.name);
    }
    if let Some(number) = number(&body.parameters, "priority") {
        request.priority = priority_of(number);
    }
    if let Some(timeout) = number(&body.parameters, "timeout").filter(|timeout| *timeout > 0) {
        request.deadline = Instant::now().checked_add(Duration::from_micros(timeout));
    }
    Ok(Asked {
        request,
        id: body.id,
        form,
    })
}

/// The answer's body, and where its JSON ends if something in binary form follows.
pub fn write_response(
    id: Option<&str>,
    form: &Form,
    response: &Response,
) -> (Option<usize>, Vec<u8>) {
    let mut rest = Vec::new();
    let outputs: Vec<TensorBody> = response
        .outputs
        .iter()
        .map(|(name, tensor)| {
            let is_binary = form.named.contains(name) || (form.all && !form.not.contains(name));
            write_tensor(name, tensor, is_binary.then_some(&mut rest))
        })
        .collect();
    let mut body = json!({
        "model_name": response.model,
        "model_version": response.version,
        "outputs": outputs,
    });
    if let Some(id) = id {
        body["id"] = id.into();
    }
    let mut bytes = body.to_string().into_bytes();
    let length = (!rest.is_empty()).then_some(bytes.len());
    bytes.extend(rest);
    (length, bytes)
}

/// A request's body, all tensors in binary form, and where its JSON ends.
pub fn write_request(request: &Request) -> (usize, Vec<u8>) {
    let mut rest = Vec::new();
    let inputs: Vec<TensorBody> = request
        .inputs
        .iter()
        .map(|(name, tensor)| write_tensor(name, tensor, Some(&mut rest)))
        .collect();
    let outputs: Vec<Value> = request
        .outputs
        .iter()
        .map(|name| json!({"name": name, "parameters": {"binary_data": true}}))
        .collect();
    let mut parameters = json!({
        "binary_data_output": true,
        "priority": priority_number(request.priority),
    });
    if let Some(deadline) = request.deadline {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = u64::try_from(left.as_micros()).unwrap_or(u64::MAX);
        parameters["timeout"] = left.max(1).into();
    }
    let mut body = json!({"parameters": parameters, "inputs": inputs});
    if !outputs.is_empty() {
        body["outputs"] = outputs.into();
    }
    let mut bytes = body.to_string().into_bytes();
    let length = bytes.len();
    bytes.extend(rest);
    (length, bytes)
}

/// Reads an answer.
pub fn read_response(header_length: Option<usize>, body: &[u8]) -> Result<Response> {
    let (json, rest) = cut(header_length, body)?;
    let body: ResponseBody = serde_json::from_slice(json)
        .map_err(|error| Error::Failed(format!("the answer is not readable: {error}")))?;
    Ok(Response {
        model: body.model_name,
        version: body.model_version,
        outputs: read_tensors(body.outputs, rest)?,
    })
}

fn cut(header_length: Option<usize>, body: &[u8]) -> Result<(&[u8], &[u8])> {
    body.split_at_checked(header_length.unwrap_or(body.len()))
        .ok_or_else(|| Error::Invalid(format!("{HEADER_LENGTH} is larger than the body")))
}

fn read_tensors(tensors: Vec<TensorBody>, mut rest: &[u8]) -> Result<Vec<(String, Tensor)>> {
    let mut read = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let name = tensor.name.clone();
        let (tensor, left) = read_tensor(tensor, rest)
            .map_err(|reason| Error::Invalid(format!("the tensor {name}: {reason}")))?;
        read.push((name, tensor));
        rest = left;
    }
    if !rest.is_empty() {
        return Err(Error::Invalid(format!(
            "{} bytes belong to no tensor",
            rest.len()
        )));
    }
    Ok(read)
}

fn read_tensor(tensor: TensorBody, rest: &[u8]) -> Result<(Tensor, &[u8]), String> {
    let data_type = DataType::parse(&tensor.datatype)
        .ok_or_else(|| format!("the type {} is not supported", tensor.datatype))?;
    let shape: Option<Vec<usize>> = tensor
        .shape
        .iter()
        .map(|side| usize::try_from(*side).ok())
        .collect();
    let shape = shape.ok_or("a side of its shape is below zero")?;
    for unsupported in ["shared_memory_region", "classification"] {
        if tensor.parameters.contains_key(unsupported) {
            return Err(format!("the parameter {unsupported} is not supported"));
        }
    }
    let (data, rest) = match (number(&tensor.parameters, "binary_data_size"), tensor.data) {
        (Some(size), None) => {
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            let (bytes, rest) = rest
                .split_at_checked(size)
                .ok_or("the body ends before its numbers do")?;
            let data = Data::from_le(data_type, bytes).ok_or("its bytes are no whole numbers")?;
            (data, rest)
        }
        (None, Some(data)) => (flat(data_type, &data)?, rest),
        (Some(_), Some(_)) => return Err("it has both data and binary data".into()),
        (None, None) => return Err("it has no data".into()),
    };
    let count = data.len();
    let shown = format!("{shape:?}");
    let tensor = Tensor::new(shape, data)
        .ok_or_else(|| format!("{count} numbers do not fill the shape {shown}"))?;
    Ok((tensor, rest))
}

fn write_tensor(name: &str, tensor: &Tensor, binary: Option<&mut Vec<u8>>) -> TensorBody {
    let mut body = TensorBody {
        name: name.to_owned(),
        shape: tensor.shape().iter().map(|side| *side as i64).collect(),
        datatype: tensor.data_type().name().to_owned(),
        parameters: Map::new(),
        data: None,
    };
    if let Some(rest) = binary {
        let before = rest.len();
        tensor.data().to_le(rest);
        body.parameters
            .insert("binary_data_size".into(), (rest.len() - before).into());
    } else {
        body.data = Some(match tensor.data() {
            Data::F32(values) => json!(values),
            Data::I64(values) => json!(values),
            Data::I32(values) => json!(values),
            Data::U8(values) => json!(values),
            Data::Bool(values) => json!(values),
        });
    }
    body
}

/// Nested lists are read as if they were not.
fn flat(data_type: DataType, value: &Value) -> Result<Data, String> {
    macro_rules! of {
        ($kind:ident, $read:expr) => {{
            let mut all = Vec::new();
            gather(value, &mut all, &$read).map_err(|other| {
                format!("{other} is no number of the type {}", data_type.name())
            })?;
            Data::$kind(all)
        }};
    }
    Ok(match data_type {
        DataType::Fp32 => of!(F32, |v: &Value| v.as_f64().map(|v| v as f32)),
        DataType::Int64 => of!(I64, Value::as_i64),
        DataType::Int32 => of!(I32, |v: &Value| v
            .as_i64()
            .and_then(|v| i32::try_from(v).ok())),
        DataType::Uint8 => of!(U8, |v: &Value| v
            .as_u64()
            .and_then(|v| u8::try_from(v).ok())),
        DataType::Bool => of!(Bool, |v: &Value| {
            v.as_bool().or_else(|| v.as_u64().map(|v| v != 0))
        }),
    })
}

fn gather<T>(
    value: &Value,
    into: &mut Vec<T>,
    read: &impl Fn(&Value) -> Option<T>,
) -> Result<(), String> {
    match value {
        Value::Array(values) => values
            .iter()
            .try_for_each(|value| gather(value, into, read)),
        other => {
            into.push(read(other).ok_or_else(|| other.to_string())?);
            Ok(())
        }
    }
}

fn truth(parameters: &Map<String, Value>, name: &str) -> Option<bool> {
    parameters.get(name)?.as_bool()
}

fn number(parameters: &Map<String, Value>, name: &str) -> Option<u64> {
    parameters.get(name)?.as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Priority;

    fn request() -> Request {
        let rows = Tensor::f32(vec![2, 2], vec![1.0, -2.5, f32::MAX, 0.0]).unwrap();
        let ids = Tensor::i64(vec![1], vec![-7]).unwrap();
        Request::new("m", vec![("x".into(), rows), ("ids".into(), ids)])
            .with_priority(Priority::Interactive)
            .with_outputs(&["y"])
    }

    #[test]
    fn a_request_survives_the_wire() {
        let mut sent = request();
        sent.deadline = Some(Instant::now() + Duration::from_mins(1));
        let (length, bytes) = write_request(&sent);
        let asked = read_request("m", Some("2"), Some(length), &bytes).unwrap();
        let read = &asked.request;
        assert_eq!(read.inputs, sent.inputs);
        assert_eq!(read.outputs, ["y"]);
        assert_eq!(read.version.as_deref(), Some("2"));
        assert_eq!(read.priority, Priority::Interactive);
        assert!(read.deadline.is_some());
        let response = Response {
            model: "m".into(),
            version: "2".into(),
            outputs: sent.inputs,
        };
        let (length, bytes) = write_response(None, &asked.form, &response);
        assert_eq!(
            read_response(length, &bytes).unwrap().outputs,
            response.outputs
        );
    }

    #[test]
    fn json_may_nest_and_binary_may_be_mixed_with_it() {
        let json = br#"{"inputs": [
            {"name": "a", "datatype": "INT32", "shape": [2, 2], "data": [[1, 2], [3, -4]]},
            {"name": "b", "datatype": "UINT8", "shape": [3], "parameters": {"binary_data_size": 3}}]}"#;
        let body = [&json[..], &[7, 8, 9]].concat();
        let asked = read_request("m", None, Some(json.len()), &body).unwrap();
        let inputs = asked.request.inputs;
        assert_eq!(inputs[0].1.data(), &Data::I32(vec![1, 2, 3, -4]));
        assert_eq!(inputs[1].1.data(), &Data::U8(vec![7, 8, 9]));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let tensor = |tensor: &str| format!(r#"{{"inputs": [{{"name": "x", {tensor}}}]}}"#);
        for (body, told) in [
            ("{".to_owned(), "not readable"),
            (
                tensor(r#""datatype": "FP8", "shape": [1], "data": [1]"#),
                "type FP8",
            ),
            (
                tensor(r#""datatype": "FP32", "shape": [-1], "data": [1]"#),
                "below zero",
            ),
            (
                tensor(r#""datatype": "FP32", "shape": [2], "data": [1]"#),
                "do not fill",
            ),
            (
                tensor(r#""datatype": "UINT8", "shape": [1], "data": [256]"#),
                "256 is no number",
            ),
            (tensor(r#""datatype": "FP32", "shape": [1]"#), "no data"),
            (
                tensor(
                    r#""datatype": "FP32", "shape": [536870912], "parameters": {"binary_data_size": 2147483648}"#,
                ),
                "ends before",
            ),
        ] {
            let error = read_request("m", None, None, body.as_bytes()).unwrap_err();
            assert!(
                matches!(&error, Error::Invalid(reason) if reason.contains(told)),
                "{error}"
            );
        }
        let (length, bytes) = write_request(&request());
        assert!(read_request("m", None, Some(length), &[&bytes[..], b"!"].concat()).is_err());
        assert!(read_request("m", None, Some(bytes.len() + 1), &bytes).is_err());
    }
}
