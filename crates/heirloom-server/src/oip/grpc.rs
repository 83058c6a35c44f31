//! The protocol over gRPC.

use std::{
    future::ready,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, Request as HttpRequest, State},
    http::{HeaderMap, Response as HttpResponse},
    routing::post,
};
use heirloom_inference::{
    DataType, Error, Request, Response, Tensor,
    engine::Port,
    oip::{ModelMetadata, TensorMetadata, priority_of},
    stats::Reading,
    tensor::Data,
};
use prost::Message;
use tonic::{Code, Status, server::Grpc};
use tonic_prost::ProstCodec;
use tower::service_fn;

use super::{BODY_BYTES_MAX, Node, named, proto, server_metadata};

/// The service, at the address that gRPC gives it.
pub fn router(node: Node) -> Router {
    Router::new()
        .route("/inference.GRPCInferenceService/{method}", post(call))
        .fallback(|| async {
            Status::unimplemented("there is no such service").into_http::<tonic::body::Body>()
        })
        .with_state(node)
}

async fn call(
    State(node): State<Node>,
    Path(method): Path<String>,
    request: HttpRequest,
) -> HttpResponse<tonic::body::Body> {
    let late = deadline(request.headers());
    match method.as_str() {
        "ServerLive" | "ServerReady" => {
            unary(request, |_: proto::Empty| {
                ready(Ok(proto::Truth { is_so: true }))
            })
            .await
        }
        "ServerMetadata" => unary(request, |_: proto::Empty| ready(Ok(metadata()))).await,
        "ModelReady" => unary(request, |asked| ready(model_ready(&node, &asked))).await,
        "ModelMetadata" => unary(request, |asked| model_metadata(node.clone(), asked)).await,
        "ModelConfig" => unary(request, |asked| model_config(node.clone(), asked)).await,
        "ModelInfer" => unary(request, |asked| infer(node.clone(), asked, late)).await,
        "ModelStatistics" => unary(request, |asked| ready(stats(&node, &asked))).await,
        "RepositoryIndex" => unary(request, |asked| ready(Ok(index(&node, &asked)))).await,
        "RepositoryModelLoad" => unary(request, |asked| load(node.clone(), asked)).await,
        "RepositoryModelUnload" => unary(request, |asked| ready(unload(&node, &asked))).await,
        other => Status::unimplemented(format!("{other} is not supported")).into_http(),
    }
}

/// Reads one message, and writes the one that answers it.
async fn unary<Q, A, F>(
    request: HttpRequest,
    mut answer: impl FnMut(Q) -> F + Send,
) -> HttpResponse<tonic::body::Body>
where
    Q: Message + Default + Send + 'static,
    A: Message + Default + Send + 'static,
    F: Future<Output = Result<A, Error>> + Send,
{
    let service = service_fn(|request: tonic::Request<Q>| {
        let answer = answer(request.into_inner());
        async move {
            let answer = answer.await;
            answer
                .map(tonic::Response::new)
                .map_err(|error| status(&error))
        }
    });
    let codec = ProstCodec::<A, Q>::default();
    Grpc::new(codec)
        .max_decoding_message_size(BODY_BYTES_MAX)
        .max_encoding_message_size(usize::MAX)
        .unary(service, request)
        .await
}

fn status(error: &Error) -> Status {
    let code = match error {
        Error::Invalid(_) => Code::InvalidArgument,
        Error::UnknownModel(_) => Code::NotFound,
        Error::Overloaded { .. } => Code::ResourceExhausted,
        Error::NotReady(_) => Code::Unavailable,
        Error::Late => Code::DeadlineExceeded,
        Error::Failed(_) => Code::Internal,
    };
    Status::new(code, error.to_string())
}

/// Until when the client waits: a number of at most eight digits, and a letter for its unit.
fn deadline(headers: &HeaderMap) -> Option<Instant> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number: u64 = number.parse().ok()?;
    let time = match unit {
        "H" => Duration::from_secs(number.checked_mul(3600)?),
        "M" => Duration::from_secs(number.checked_mul(60)?),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    };
    Instant::now().checked_add(time)
}

fn metadata() -> proto::ServerMetadata {
    let server = server_metadata();
    proto::ServerMetadata {
        name: server.name,
        version: server.version,
        extensions: server.extensions,
    }
}

/// Asking has a model loaded that nobody asked for yet; ask again.
fn model_ready(node: &Node, asked: &proto::Named) -> Result<proto::Truth, Error> {
    let is_ready = node.engine().is_ready(&asked.name, named(&asked.version));
    match is_ready {
        Err(Error::NotReady(_)) => Ok(proto::Truth { is_so: false }),
        other => Ok(proto::Truth { is_so: other? }),
    }
}

async fn model_metadata(node: Node, asked: proto::Named) -> Result<proto::ModelMetadata, Error> {
    let described = node.describe(&asked.name, named(&asked.version)).await?;
    let described = ModelMetadata::from(&described);
    let tensors = |tensors: Vec<TensorMetadata>| {
        let one = |tensor: TensorMetadata| proto::TensorMetadata {
            name: tensor.name,
            datatype: tensor.datatype,
            shape: tensor.shape,
        };
        tensors.into_iter().map(one).collect()
    };
    Ok(proto::ModelMetadata {
        name: described.name,
        versions: described.versions,
        platform: described.platform,
        inputs: tensors(described.inputs),
        outputs: tensors(described.outputs),
    })
}

async fn model_config(node: Node, asked: proto::Named) -> Result<proto::ConfigResponse, Error> {
    let (described, configuration) = node
        .configuration(&asked.name, named(&asked.version))
        .await?;
    let is_batching = configuration.max_batch > 0;
    let dims = |port: &Port| {
        let sides = port.shape.iter().skip(usize::from(is_batching));
        sides
            .map(|side| side.and_then(|side| i64::try_from(side).ok()).unwrap_or(-1))
            .collect()
    };
    let input = described.inputs.iter().map(|port| proto::ConfigInput {
        name: port.name.clone(),
        data_type: kind(port.data_type).into(),
        dims: dims(port),
    });
    let output = described.outputs.iter().map(|port| proto::ConfigOutput {
        name: port.name.clone(),
        data_type: kind(port.data_type).into(),
        dims: dims(port),
    });
    let small = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
    let config = proto::Config {
        name: described.name.clone(),
        platform: "onnxruntime_onnx".into(),
        backend: "onnxruntime".into(),
        max_batch_size: small(configuration.max_batch),
        input: input.collect(),
        output: output.collect(),
        instance_group: vec![proto::InstanceGroup {
            count: small(configuration.instances),
        }],
        dynamic_batching: is_batching.then_some(proto::DynamicBatching {
            max_queue_delay_microseconds: configuration.max_delay.as_micros() as u64,
        }),
    };
    Ok(proto::ConfigResponse {
        config: Some(config),
    })
}

fn kind(data_type: DataType) -> proto::Kind {
    match data_type {
        DataType::Fp32 => proto::Kind::Fp32,
        DataType::Int64 => proto::Kind::Int64,
        DataType::Int32 => proto::Kind::Int32,
        DataType::Uint8 => proto::Kind::Uint8,
        DataType::Bool => proto::Kind::Bool,
        _ => proto::Kind::Invalid,
    }
}

async fn infer(
    node: Node,
    asked: proto::InferRequest,
    late: Option<Instant>,
) -> Result<proto::InferResponse, Error> {
    let bytes = asked.raw.iter().map(axum::body::Bytes::len).sum();
    let room = node.room(bytes).await?;
    let id = asked.id.clone();
    let mut request = read(asked)?;
    request.deadline = [request.deadline, late].into_iter().flatten().min();
    let response = node.infer(request).await?;
    drop(room);
    Ok(write(id, response))
}

fn read(asked: proto::InferRequest) -> Result<Request, Error> {
    let is_raw = !asked.raw.is_empty();
    if is_raw && asked.raw.len() != asked.inputs.len() {
        let reason = "raw_input_contents must hold one entry for each input";
        return Err(Error::Invalid(reason.into()));
    }
    let mut raw = asked.raw.into_iter();
    let mut inputs = Vec::with_capacity(asked.inputs.len());
    for input in asked.inputs {
        let name = input.name.clone();
        let tensor = tensor(input, raw.next())
            .map_err(|reason| Error::Invalid(format!("the tensor {name}: {reason}")))?;
        inputs.push((name, tensor));
    }
    let number = |name: &str| {
        asked
            .parameters
            .get(name)
            .and_then(proto::Parameter::number)
    };
    let mut request = Request::new(asked.model, inputs);
    request.version = Some(asked.version).filter(|version| !version.is_empty());
    request.priority = number("priority").map(priority_of).unwrap_or_default();
    if let Some(timeout) = number("timeout").filter(|timeout| *timeout > 0) {
        request.deadline = Instant::now().checked_add(Duration::from_micros(timeout));
    }
    for output in asked.outputs {
        if let Some(name) = output.parameters.keys().next() {
            return Err(Error::Invalid(format!(
                "the parameter {name} of the output {} is not supported",
                output.name
            )));
        }
        request.outputs.push(output.name);
    }
    Ok(request)
}

fn tensor(input: proto::InputTensor, raw: Option<axum::body::Bytes>) -> Result<Tensor, String> {
    if let Some(name) = input.parameters.keys().next() {
        return Err(format!("the parameter {name} is not supported"));
    }
    let data_type = DataType::parse(&input.datatype)
        .ok_or_else(|| format!("the type {} is not supported", input.datatype))?;
    let shape: Option<Vec<usize>> = input
        .shape
        .iter()
        .map(|side| usize::try_from(*side).ok())
        .collect();
    let shape = shape.ok_or("a side of its shape is below zero")?;
    let data = match (raw, input.contents) {
        (Some(bytes), _) => {
            Data::from_le(data_type, &bytes).ok_or("its bytes are no whole numbers")?
        }
        (None, Some(contents)) => one_by_one(data_type, contents)?,
        (None, None) => return Err("it has no data".into()),
    };
    let (count, shown) = (data.len(), format!("{shape:?}"));
    Tensor::new(shape, data).ok_or_else(|| format!("{count} numbers do not fill the shape {shown}"))
}

fn one_by_one(data_type: DataType, contents: proto::Contents) -> Result<Data, String> {
    Ok(match data_type {
        DataType::Fp32 => Data::F32(contents.floats),
        DataType::Int64 => Data::I64(contents.longs),
        DataType::Int32 => Data::I32(contents.ints),
        DataType::Bool => Data::Bool(contents.truths),
        DataType::Uint8 => {
            let bytes: Result<Vec<u8>, _> = contents.uints.into_iter().map(u8::try_from).collect();
            Data::U8(bytes.map_err(|_| "a number is no UINT8")?)
        }
        other => return Err(format!("the type {} is not supported", other.name())),
    })
}

fn write(id: String, response: Response) -> proto::InferResponse {
    let mut answer = proto::InferResponse {
        model: response.model,
        version: response.version,
        id,
        ..proto::InferResponse::default()
    };
    for (name, tensor) in response.outputs {
        let mut bytes = Vec::with_capacity(tensor.bytes());
        tensor.data().to_le(&mut bytes);
        answer.raw.push(bytes);
        answer.outputs.push(proto::OutputTensor {
            name,
            datatype: tensor.data_type().name().into(),
            shape: tensor.shape().iter().map(|side| *side as i64).collect(),
        });
    }
    answer
}

fn stats(node: &Node, asked: &proto::Named) -> Result<proto::StatsResponse, Error> {
    let readings = node.readings(&asked.name, named(&asked.version))?;
    Ok(proto::StatsResponse {
        models: readings.iter().map(model_stats).collect(),
    })
}

fn model_stats(reading: &Reading) -> proto::ModelStats {
    let counters = &reading.counters;
    let took = |count: u64, time: Duration| {
        Some(proto::Took {
            count,
            ns: time.as_nanos() as u64,
        })
    };
    let batches = counters
        .batches
        .iter()
        .map(|(size, batch)| proto::BatchStats {
            batch_size: *size as u64,
            compute_input: took(batch.runs, batch.input),
            compute_infer: took(batch.runs, batch.compute),
            compute_output: took(batch.runs, batch.output),
        });
    let succeeded = counters.succeeded;
    proto::ModelStats {
        name: reading.model.clone(),
        version: reading.version.clone(),
        last_inference: counters.last_ms,
        inference_count: counters.items,
        execution_count: counters.runs,
        inference_stats: Some(proto::InferStats {
            success: took(succeeded, counters.total),
            fail: took(counters.failed + counters.rejected, counters.failed_total),
            queue: took(succeeded, counters.queued),
            compute_input: took(succeeded, counters.input),
            compute_infer: took(succeeded, counters.compute),
            compute_output: took(succeeded, counters.output),
        }),
        batch_stats: batches.collect(),
    }
}

fn index(node: &Node, asked: &proto::IndexRequest) -> proto::IndexResponse {
    let models = node.index(asked.ready).into_iter();
    let models = models.map(|entry| proto::IndexEntry {
        name: entry.name,
        version: entry.version,
        state: entry.state,
        reason: entry.reason,
    });
    proto::IndexResponse {
        models: models.collect(),
    }
}

async fn load(node: Node, asked: proto::RepositoryRequest) -> Result<proto::Empty, Error> {
    if let Some(name) = asked.parameters.keys().next() {
        return Err(Error::Invalid(format!(
            "the parameter {name} is not supported; change the model's folder, then load it"
        )));
    }
    node.engine().load(&asked.model).await?;
    Ok(proto::Empty {})
}

fn unload(node: &Node, asked: &proto::RepositoryRequest) -> Result<proto::Empty, Error> {
    node.engine().unload(&asked.model)?;
    Ok(proto::Empty {})
}
