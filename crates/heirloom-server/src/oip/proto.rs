//! The protocol's messages over gRPC. Fields that are never set, and of which nothing follows, are left out.

use std::collections::HashMap;

use prost::{Enumeration, Message, Oneof};

type Parameters = HashMap<String, Parameter>;

#[derive(Clone, PartialEq, Message)]
pub(super) struct Empty {}

/// The answer to whether something is alive or ready.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Truth {
    #[prost(bool, tag = "1")]
    pub is_so: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Named {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub version: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ServerMetadata {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub version: String,
    #[prost(string, repeated, tag = "3")]
    pub extensions: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ModelMetadata {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, repeated, tag = "2")]
    pub versions: Vec<String>,
    #[prost(string, tag = "3")]
    pub platform: String,
    #[prost(message, repeated, tag = "4")]
    pub inputs: Vec<TensorMetadata>,
    #[prost(message, repeated, tag = "5")]
    pub outputs: Vec<TensorMetadata>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TensorMetadata {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub datatype: String,
    #[prost(int64, repeated, tag = "3")]
    pub shape: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Parameter {
    #[prost(oneof = "Choice", tags = "1, 2, 3, 4, 5")]
    pub choice: Option<Choice>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum Choice {
    #[prost(bool, tag = "1")]
    Truth(bool),
    #[prost(int64, tag = "2")]
    Number(i64),
    #[prost(string, tag = "3")]
    Text(String),
    #[prost(double, tag = "4")]
    Fraction(f64),
    #[prost(uint64, tag = "5")]
    Count(u64),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InferRequest {
    #[prost(string, tag = "1")]
    pub model: String,
    #[prost(string, tag = "2")]
    pub version: String,
    #[prost(string, tag = "3")]
    pub id: String,
    #[prost(map = "string, message", tag = "4")]
    pub parameters: Parameters,
    #[prost(message, repeated, tag = "5")]
    pub inputs: Vec<InputTensor>,
    #[prost(message, repeated, tag = "6")]
    pub outputs: Vec<WantedOutput>,
    #[prost(bytes = "bytes", repeated, tag = "7")]
    pub raw: Vec<axum::body::Bytes>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InputTensor {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub datatype: String,
    #[prost(int64, repeated, tag = "3")]
    pub shape: Vec<i64>,
    #[prost(map = "string, message", tag = "4")]
    pub parameters: Parameters,
    #[prost(message, optional, tag = "5")]
    pub contents: Option<Contents>,
}

/// Numbers, one by one.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Contents {
    #[prost(bool, repeated, tag = "1")]
    pub truths: Vec<bool>,
    #[prost(int32, repeated, tag = "2")]
    pub ints: Vec<i32>,
    #[prost(int64, repeated, tag = "3")]
    pub longs: Vec<i64>,
    #[prost(uint32, repeated, tag = "4")]
    pub uints: Vec<u32>,
    #[prost(float, repeated, tag = "6")]
    pub floats: Vec<f32>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct WantedOutput {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(map = "string, message", tag = "2")]
    pub parameters: Parameters,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InferResponse {
    #[prost(string, tag = "1")]
    pub model: String,
    #[prost(string, tag = "2")]
    pub version: String,
    #[prost(string, tag = "3")]
    pub id: String,
    #[prost(message, repeated, tag = "5")]
    pub outputs: Vec<OutputTensor>,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub raw: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct OutputTensor {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub datatype: String,
    #[prost(int64, repeated, tag = "3")]
    pub shape: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ConfigResponse {
    #[prost(message, optional, tag = "1")]
    pub config: Option<Config>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Config {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub platform: String,
    #[prost(int32, tag = "4")]
    pub max_batch_size: i32,
    #[prost(message, repeated, tag = "5")]
    pub input: Vec<ConfigInput>,
    #[prost(message, repeated, tag = "6")]
    pub output: Vec<ConfigOutput>,
    #[prost(message, repeated, tag = "7")]
    pub instance_group: Vec<InstanceGroup>,
    #[prost(message, optional, tag = "11")]
    pub dynamic_batching: Option<DynamicBatching>,
    #[prost(string, tag = "17")]
    pub backend: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ConfigInput {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(enumeration = "Kind", tag = "2")]
    pub data_type: i32,
    #[prost(int64, repeated, tag = "4")]
    pub dims: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ConfigOutput {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(enumeration = "Kind", tag = "2")]
    pub data_type: i32,
    #[prost(int64, repeated, tag = "3")]
    pub dims: Vec<i64>,
}

/// Types of numbers as model configurations number them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[repr(i32)]
pub(super) enum Kind {
    Invalid = 0,
    Bool = 1,
    Uint8 = 2,
    Int32 = 8,
    Int64 = 9,
    Fp32 = 11,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InstanceGroup {
    #[prost(int32, tag = "2")]
    pub count: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DynamicBatching {
    #[prost(uint64, tag = "2")]
    pub max_queue_delay_microseconds: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StatsResponse {
    #[prost(message, repeated, tag = "1")]
    pub models: Vec<ModelStats>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ModelStats {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub version: String,
    #[prost(uint64, tag = "3")]
    pub last_inference: u64,
    #[prost(uint64, tag = "4")]
    pub inference_count: u64,
    #[prost(uint64, tag = "5")]
    pub execution_count: u64,
    #[prost(message, optional, tag = "6")]
    pub inference_stats: Option<InferStats>,
    #[prost(message, repeated, tag = "7")]
    pub batch_stats: Vec<BatchStats>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InferStats {
    #[prost(message, optional, tag = "1")]
    pub success: Option<Took>,
    #[prost(message, optional, tag = "2")]
    pub fail: Option<Took>,
    #[prost(message, optional, tag = "3")]
    pub queue: Option<Took>,
    #[prost(message, optional, tag = "4")]
    pub compute_input: Option<Took>,
    #[prost(message, optional, tag = "5")]
    pub compute_infer: Option<Took>,
    #[prost(message, optional, tag = "6")]
    pub compute_output: Option<Took>,
}

/// How often, and for how long in sum.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Took {
    #[prost(uint64, tag = "1")]
    pub count: u64,
    #[prost(uint64, tag = "2")]
    pub ns: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct BatchStats {
    #[prost(uint64, tag = "1")]
    pub batch_size: u64,
    #[prost(message, optional, tag = "2")]
    pub compute_input: Option<Took>,
    #[prost(message, optional, tag = "3")]
    pub compute_infer: Option<Took>,
    #[prost(message, optional, tag = "4")]
    pub compute_output: Option<Took>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct IndexRequest {
    #[prost(bool, tag = "2")]
    pub ready: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct IndexResponse {
    #[prost(message, repeated, tag = "1")]
    pub models: Vec<IndexEntry>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct IndexEntry {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(string, tag = "2")]
    pub version: String,
    #[prost(string, tag = "3")]
    pub state: String,
    #[prost(string, tag = "4")]
    pub reason: String,
}

/// Load or unload a model.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RepositoryRequest {
    #[prost(string, tag = "2")]
    pub model: String,
    #[prost(map = "string, message", tag = "3")]
    pub parameters: HashMap<String, RepositoryParameter>,
}

/// Of these only the names count.
#[derive(Clone, PartialEq, Message)]
pub(super) struct RepositoryParameter {
    #[prost(bool, tag = "1")]
    pub truth: bool,
}

impl Parameter {
    /// A number that is not below zero, however it was written.
    pub(super) fn number(&self) -> Option<u64> {
        match self.choice.as_ref()? {
            Choice::Number(number) => u64::try_from(*number).ok(),
            Choice::Count(number) => Some(*number),
            _ => None,
        }
    }
}
