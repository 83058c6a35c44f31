//! What is said about servers and models.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    DataType,
    engine::{Description, Port},
    local::Configuration,
    stats::{Counters, Reading},
};

/// Every error.
#[derive(Debug, Serialize, Deserialize)]
pub struct ErrorBody {
    pub error: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ServerMetadata {
    pub name: String,
    pub version: String,
    pub extensions: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct ModelMetadata {
    pub name: String,
    #[serde(default)]
    pub versions: Vec<String>,
    pub platform: String,
    pub inputs: Vec<TensorMetadata>,
    pub outputs: Vec<TensorMetadata>,
}

#[derive(Debug, Serialize, Deserialize)]
pub struct TensorMetadata {
    pub name: String,
    pub datatype: String,
    /// -1 is a side of any size.
    pub shape: Vec<i64>,
}

/// One line of the repository's index.
#[derive(Debug, Serialize, Deserialize)]
pub struct IndexEntry {
    pub name: String,
    pub version: String,
    pub state: String,
    pub reason: String,
}

/// A model's configuration in Triton's words.
#[derive(Debug, Serialize)]
pub struct ModelConfig(Value);

/// Statistics of models.
#[derive(Debug, Serialize)]
pub struct StatsBody {
    pub model_stats: Vec<ModelStats>,
}

/// Statistics of one version.
#[derive(Debug, Serialize)]
pub struct ModelStats(Value);

impl From<&Description> for ModelMetadata {
    fn from(described: &Description) -> Self {
        let tensors = |ports: &[Port]| ports.iter().map(TensorMetadata::from).collect();
        Self {
            name: described.name.clone(),
            versions: described.versions.clone(),
            platform: "onnxruntime_onnx".into(),
            inputs: tensors(&described.inputs),
            outputs: tensors(&described.outputs),
        }
    }
}

impl ModelMetadata {
    /// `None` when it speaks of a type that is not known here.
    pub fn describe(&self) -> Option<Description> {
        let ports = |tensors: &[TensorMetadata]| -> Option<Vec<Port>> {
            tensors.iter().map(TensorMetadata::port).collect()
        };
        Some(Description {
            name: self.name.clone(),
            versions: self.versions.clone(),
            inputs: ports(&self.inputs)?,
            outputs: ports(&self.outputs)?,
        })
    }
}

impl From<&Port> for TensorMetadata {
    fn from(port: &Port) -> Self {
        Self {
            name: port.name.clone(),
            datatype: port.data_type.name().into(),
            shape: port.shape.iter().map(|side| wire_side(*side)).collect(),
        }
    }
}

impl TensorMetadata {
    fn port(&self) -> Option<Port> {
        Some(Port {
            name: self.name.clone(),
            data_type: DataType::parse(&self.datatype)?,
            shape: self
                .shape
                .iter()
                .map(|side| usize::try_from(*side).ok())
                .collect(),
        })
    }
}

fn wire_side(side: Option<usize>) -> i64 {
    side.and_then(|side| i64::try_from(side).ok()).unwrap_or(-1)
}

impl ModelConfig {
    pub fn new(described: &Description, configuration: Configuration) -> Self {
        let skipped = usize::from(configuration.max_batch > 0);
        let ports = |ports: &[Port]| -> Value {
            let one = |port: &Port| {
                let dims = port.shape.iter().skip(skipped);
                json!({
                    "name": port.name,
                    "data_type": format!("TYPE_{}", port.data_type.name()),
                    "dims": dims.map(|side| wire_side(*side)).collect::<Vec<_>>(),
                })
            };
            ports.iter().map(one).collect()
        };
        let mut config = json!({
            "name": described.name,
            "platform": "onnxruntime_onnx",
            "backend": "onnxruntime",
            "max_batch_size": configuration.max_batch,
            "input": ports(&described.inputs),
            "output": ports(&described.outputs),
            "instance_group": [{"count": configuration.instances, "kind": "KIND_AUTO"}],
        });
        if configuration.max_batch > 0 {
            let delay = u64::try_from(configuration.max_delay.as_micros()).unwrap_or(u64::MAX);
            config["dynamic_batching"] = json!({"max_queue_delay_microseconds": delay});
        }
        Self(config)
    }
}

impl From<&Reading> for ModelStats {
    fn from(reading: &Reading) -> Self {
        let Counters {
            succeeded,
            failed,
            rejected,
            ..
        } = reading.counters;
        let counters = &reading.counters;
        let time = |count: u64, time: std::time::Duration| json!({"count": count, "ns": u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)});
        let batches: Vec<Value> = counters
            .batches
            .iter()
            .map(|(size, batch)| {
                json!({
                    "batch_size": size,
                    "compute_input": time(batch.runs, batch.input),
                    "compute_infer": time(batch.runs, batch.compute),
                    "compute_output": time(batch.runs, batch.output),
                })
            })
            .collect();
        Self(json!({
            "name": reading.model,
            "version": reading.version,
            "last_inference": counters.last_ms,
            "inference_count": counters.items,
            "execution_count": counters.runs,
            "inference_stats": {
                "success": time(succeeded, counters.total),
                "fail": time(failed + rejected, counters.failed_total),
                "queue": time(succeeded, counters.queued),
                "compute_input": time(succeeded, counters.input),
                "compute_infer": time(succeeded, counters.compute),
                "compute_output": time(succeeded, counters.output),
                "cache_hit": time(0, std::time::Duration::ZERO),
                "cache_miss": time(0, std::time::Duration::ZERO),
            },
            "batch_stats": batches,
        }))
    }
}
