//! ONNX Runtime: finding its library, opening models, running them.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use ort::{
    environment::Environment,
    ep::{
        ArenaExtendStrategy, CUDA, ExecutionProviderDispatch, TensorRT, cuda::ConvAlgorithmSearch,
    },
    session::{
        OutputSelector, RunOptions, Session, SessionInputValue,
        builder::{GraphOptimizationLevel, SessionBuilder},
    },
    value::{DynValue, Outlet, TensorElementType, TensorRef, ValueType},
};

use super::{batch::Wanted, queue::Outputs, settings::Provider};
use crate::{DataType, Error, Result, Tensor, engine::Port, tensor::Data};

/// What the library is called.
const LIBRARY: &str = "libonnxruntime.so";
/// Inputs from which on scratch memory is given back after the run: it would be held for the rare large picture.
const LARGE_INPUT_BYTES: usize = 4 << 20;

/// ONNX Runtime allows one of these in a process, and cannot be loaded a second time.
static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());

/// Looks for the library where people put it: `ORT_DYLIB_PATH`, beside this program, the system's folders.
pub fn find_runtime() -> Option<PathBuf> {
    let named = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from);
    let program = std::env::current_exe().ok();
    let beside = program.as_deref().and_then(Path::parent);
    let near = beside.into_iter().flat_map(|folder| {
        [
            folder.to_path_buf(),
            folder.join("lib"),
            folder.join("../lib"),
        ]
    });
    let of_system = [
        "/usr/local/lib",
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib64",
        "/usr/lib",
        "/opt/onnxruntime/lib",
    ];
    let folders = near.chain(of_system.into_iter().map(PathBuf::from));
    named
        .into_iter()
        .chain(folders.map(|folder| folder.join(LIBRARY)))
        .find(|path| path.is_file())
}

/// Loads the library, once in a process.
pub(super) fn start(library: &Path) -> Result<Environment> {
    let _one = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(environment.clone());
    }
    let hint = format!(
        "set inference.runtime to a {LIBRARY} of version 1.{} or newer",
        ort::MINOR_VERSION
    );
    if !library.is_file() {
        let at = library.display();
        return Err(Error::NotReady(format!(
            "there is no ONNX Runtime at {at}; {hint}"
        )));
    }
    let builder = ort::init_from(library).map_err(|error| {
        Error::NotReady(format!("ONNX Runtime cannot be loaded: {error}; {hint}"))
    })?;
    let environment = builder
        .with_name("heirloom")
        .with_telemetry(false)
        .build()
        .map_err(|error| Error::NotReady(format!("ONNX Runtime does not start: {error}")))?;
    Ok(ENVIRONMENT.get_or_init(|| environment).clone())
}

/// What sessions of one model are made of.
pub(super) struct Source {
    pub environment: Environment,
    pub path: PathBuf,
    pub threads: usize,
    pub providers: Vec<Provider>,
    /// Sessions, each for one shape of the inputs; 0 has one session take every shape.
    pub shapes: usize,
}

/// A model that is ready to run. One thread owns it.
pub(super) struct Loaded {
    source: Source,
    /// The one used last comes last.
    sessions: Vec<Seat>,
    pub inputs: Vec<Port>,
    pub outputs: Vec<Port>,
}

/// A session, and the shape of the inputs that it is for, if it is for one and has seen it.
struct Seat {
    shape: Option<Vec<Vec<usize>>>,
    session: Session,
}

impl Loaded {
    pub(super) fn open(source: Source) -> Result<Self> {
        let session = source.session()?;
        Ok(Self {
            inputs: ports(session.inputs())?,
            outputs: ports(session.outputs())?,
            sessions: vec![Seat {
                shape: None,
                session,
            }],
            source,
        })
    }

    /// The session for inputs of that shape.
    fn session(&mut self, inputs: &[(String, Tensor)]) -> Result<&mut Session> {
        if self.source.shapes > 0 {
            let shape = inputs
                .iter()
                .map(|(_, tensor)| tensor.shape().to_vec())
                .collect();
            self.seat(shape)?;
        }
        let seat = self.sessions.last_mut();
        seat.map(|seat| &mut seat.session)
            .ok_or_else(|| Error::NotReady("the model has no session".into()))
    }

    /// Puts the session for a shape last: one that has run it, one that has run nothing, or a new one.
    fn seat(&mut self, shape: Vec<Vec<usize>>) -> Result<()> {
        let is_its = |seat: &Seat| seat.shape.as_ref().is_none_or(|seen| *seen == shape);
        let mut seat = match self.sessions.iter().rposition(is_its) {
            Some(at) => self.sessions.remove(at),
            None => Seat {
                shape: None,
                session: self.source.session()?,
            },
        };
        if self.sessions.len() >= self.source.shapes {
            self.sessions.remove(0);
        }
        seat.shape = Some(shape);
        self.sessions.push(seat);
        Ok(())
    }

    /// Runs it once.
    pub(super) fn run(&mut self, inputs: &[(String, Tensor)], wanted: &Wanted) -> Result<Outputs> {
        let failed = |error: ort::Error| Error::Failed(error.message().to_owned());
        let mut values: Vec<(&str, SessionInputValue<'_>)> = Vec::with_capacity(inputs.len());
        for (name, tensor) in inputs {
            values.push((name, view(tensor).map_err(failed)?));
        }
        let mut options = RunOptions::new().map_err(failed)?;
        // Where all items are of one size, no run needs much more than another.
        let takes_any_size = self.inputs.iter().any(Port::takes_any_size);
        if takes_any_size && bytes_of(inputs) > LARGE_INPUT_BYTES {
            options
                .set("memory.enable_memory_arena_shrinkage", "cpu:0")
                .map_err(failed)?;
        }
        let mut selector = OutputSelector::no_default();
        let names: Vec<&str> = match wanted.0.as_slice() {
            [] => self.outputs.iter().map(|port| port.name.as_str()).collect(),
            some => some.iter().map(String::as_str).collect(),
        };
        for name in names {
            selector = selector.with(name);
        }
        let options = options.with_outputs(selector);
        let outputs = self
            .session(inputs)?
            .run_with_options(values, &options)
            .map_err(failed)?;
        outputs
            .into_iter()
            .map(|(name, value)| Ok((name.to_owned(), copy(name, &value)?)))
            .collect()
    }
}

fn bytes_of(inputs: &[(String, Tensor)]) -> usize {
    inputs.iter().map(|(_, tensor)| tensor.bytes()).sum()
}

impl Source {
    fn session(&self) -> Result<Session> {
        build(&self.environment, self.threads, &self.providers)
            .and_then(|mut builder| {
                builder
                    .commit_from_file(&self.path)
                    .map_err(|error| error.to_string())
            })
            .map_err(|reason| Error::NotReady(format!("the model cannot be loaded: {reason}")))
    }
}

fn build(
    environment: &Environment,
    threads: usize,
    providers: &[Provider],
) -> Result<SessionBuilder, String> {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is what `map_err` hands over"
    )]
    fn said<T>(error: ort::Error<T>) -> String {
        error.message().to_owned()
    }
    let builder = Session::builder(environment).map_err(said)?;
    let providers: Vec<ExecutionProviderDispatch> =
        providers.iter().copied().filter_map(dispatch).collect();
    builder
        .with_execution_providers(providers)
        .map_err(said)?
        .with_optimization_level(GraphOptimizationLevel::All)
        .map_err(said)?
        .with_intra_threads(threads)
        .map_err(said)?
        .with_inter_threads(1)
        .map_err(said)?
        // A thread that spins while it waits takes the processor from what it waits for.
        .with_intra_op_spinning(false)
        .map_err(said)
}

/// A provider that was asked for and does not work is an error, not a slow answer.
fn dispatch(provider: Provider) -> Option<ExecutionProviderDispatch> {
    match provider {
        Provider::Cpu => None,
        Provider::Cuda(device) => Some(
            CUDA::default()
                .with_device_id(device)
                // Measured on an H100: trying all algorithms takes twice as long as asking which suits, for a tenth of speed.
                .with_conv_algorithm_search(ConvAlgorithmSearch::Heuristic)
                // Many models share the card: none takes twice what it needs.
                .with_arena_extend_strategy(ArenaExtendStrategy::SameAsRequested)
                .build()
                .error_on_failure(),
        ),
        Provider::TensorRt(device) => Some(
            TensorRT::default()
                .with_device_id(device)
                .build()
                .error_on_failure(),
        ),
    }
}

fn ports(outlets: &[Outlet]) -> Result<Vec<Port>> {
    outlets.iter().map(port).collect()
}

fn port(outlet: &Outlet) -> Result<Port> {
    let name = outlet.name().to_owned();
    let unsupported = |what: String| {
        Error::NotReady(format!(
            "the model's {name} is a {what}, which is not supported"
        ))
    };
    let ValueType::Tensor { ty, shape, .. } = outlet.dtype() else {
        return Err(unsupported(outlet.dtype().to_string()));
    };
    let data_type = match ty {
        TensorElementType::Float32 => DataType::Fp32,
        TensorElementType::Int64 => DataType::Int64,
        TensorElementType::Int32 => DataType::Int32,
        TensorElementType::Uint8 => DataType::Uint8,
        TensorElementType::Bool => DataType::Bool,
        other => return Err(unsupported(format!("tensor of {other}"))),
    };
    Ok(Port {
        shape: shape
            .iter()
            .map(|side| usize::try_from(*side).ok())
            .collect(),
        name,
        data_type,
    })
}

/// The runtime reads the numbers where they are.
fn view(tensor: &Tensor) -> ort::Result<SessionInputValue<'_>> {
    let shape = tensor.shape();
    Ok(match tensor.data() {
        Data::F32(values) => TensorRef::from_array_view((shape, values.as_slice()))?.into(),
        Data::I64(values) => TensorRef::from_array_view((shape, values.as_slice()))?.into(),
        Data::I32(values) => TensorRef::from_array_view((shape, values.as_slice()))?.into(),
        Data::U8(values) => TensorRef::from_array_view((shape, values.as_slice()))?.into(),
        Data::Bool(values) => TensorRef::from_array_view((shape, values.as_slice()))?.into(),
    })
}

fn copy(name: &str, value: &DynValue) -> Result<Tensor> {
    let failed = |error: ort::Error| Error::Failed(error.message().to_owned());
    let ValueType::Tensor { ty, shape, .. } = value.dtype() else {
        return Err(Error::Failed(format!("the output {name} is not a tensor")));
    };
    let data = match ty {
        TensorElementType::Float32 => Data::F32(numbers(value).map_err(failed)?),
        TensorElementType::Int64 => Data::I64(numbers(value).map_err(failed)?),
        TensorElementType::Int32 => Data::I32(numbers(value).map_err(failed)?),
        TensorElementType::Uint8 => Data::U8(numbers(value).map_err(failed)?),
        TensorElementType::Bool => Data::Bool(numbers(value).map_err(failed)?),
        other => {
            return Err(Error::Failed(format!(
                "the output {name} is a tensor of {other}"
            )));
        }
    };
    let shape = shape
        .iter()
        .map(|side| usize::try_from(*side).unwrap_or(0))
        .collect();
    Tensor::new(shape, data).ok_or_else(|| Error::Failed(format!("the output {name} has no shape")))
}

fn numbers<T: ort::value::PrimitiveTensorElementType + Clone>(
    value: &DynValue,
) -> ort::Result<Vec<T>> {
    value
        .try_extract_tensor::<T>()
        .map(|(_, values)| values.to_vec())
}
