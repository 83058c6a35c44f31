//! Small ONNX models, written by code.

use prost::Message;

/// ONNX's number of a type of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Float = 1,
    Uint8 = 2,
    Int32 = 6,
    Int64 = 7,
    Bool = 9,
}

/// A side of a shape; a negative one is free.
pub type Side = i64;

/// A model that is put together node by node.
#[derive(Clone, Debug)]
pub struct Model(Graph);

impl Model {
    pub fn new(name: &str) -> Self {
        Self(Graph {
            name: name.into(),
            ..Graph::default()
        })
    }

    pub fn input(mut self, name: &str, of: Type, shape: &[Side]) -> Self {
        self.0.inputs.push(value(name, of, shape));
        self
    }

    pub fn output(mut self, name: &str, of: Type, shape: &[Side]) -> Self {
        self.0.outputs.push(value(name, of, shape));
        self
    }

    pub fn node(mut self, operator: &str, inputs: &[&str], outputs: &[&str]) -> Self {
        self.0.nodes.push(Node {
            inputs: inputs.iter().map(|name| (*name).into()).collect(),
            outputs: outputs.iter().map(|name| (*name).into()).collect(),
            operator: operator.into(),
        });
        self
    }

    pub fn constant(mut self, name: &str, shape: &[Side], numbers: Vec<f32>) -> Self {
        self.0.constants.push(Constant {
            shape: shape.to_vec(),
            data_type: Type::Float as i32,
            numbers,
            name: name.into(),
        });
        self
    }

    /// The file.
    pub fn bytes(self) -> Vec<u8> {
        File {
            version: 8,
            graph: Some(self.0),
            operators: vec![Operators { version: 17 }],
        }
        .encode_to_vec()
    }

    /// `y = x + x`, for rows of any number.
    pub fn double(width: Side) -> Self {
        Self::new("double")
            .input("x", Type::Float, &[-1, width])
            .output("y", Type::Float, &[-1, width])
            .node("Add", &["x", "x"], &["y"])
    }

    /// `y = sqrt(x)`: what is below zero has none.
    pub fn root(width: Side) -> Self {
        Self::new("root")
            .input("x", Type::Float, &[-1, width])
            .output("y", Type::Float, &[-1, width])
            .node("Sqrt", &["x"], &["y"])
    }

    /// Several layers of the same square of weights: work that grows with its size, and gains from company.
    pub fn layers(width: usize, count: usize) -> Self {
        let side = width as Side;
        let weights = (0..width * width).map(|at| ((at * 7919) % 1009) as f32 / 1009.0 - 0.5);
        let scale = 1.0 / (width as f32).sqrt();
        let mut model = Self::new("layers")
            .input("x", Type::Float, &[-1, side])
            .output("y", Type::Float, &[-1, side])
            .constant(
                "w",
                &[side, side],
                weights.map(|weight| weight * scale).collect(),
            );
        let mut last = "x".to_owned();
        for layer in 0..count {
            let (product, next) = (format!("p{layer}"), format!("h{layer}"));
            model = model.node("MatMul", &[&last, "w"], &[&product]);
            model = model.node("Relu", &[&product], &[&next]);
            last = next;
        }
        model.node("Identity", &[&last], &["y"])
    }
}

fn value(name: &str, of: Type, shape: &[Side]) -> Value {
    let side = |(at, side): (usize, &Side)| Dimension {
        size: (*side >= 0).then_some(*side),
        name: (*side < 0).then(|| format!("d{at}")),
    };
    Value {
        name: name.into(),
        kind: Some(Kind {
            tensor: Some(TensorKind {
                of: of as i32,
                shape: Some(Shape {
                    sides: shape.iter().enumerate().map(side).collect(),
                }),
            }),
        }),
    }
}

// The messages of ONNX's format, as far as they are written here; their names there stand beside them.

/// `ModelProto`.
#[derive(Clone, PartialEq, Message)]
struct File {
    #[prost(int64, tag = "1")]
    version: i64,
    #[prost(message, optional, tag = "7")]
    graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    operators: Vec<Operators>,
}

/// `OperatorSetIdProto`.
#[derive(Clone, PartialEq, Message)]
struct Operators {
    #[prost(int64, tag = "2")]
    version: i64,
}

/// `GraphProto`.
#[derive(Clone, PartialEq, Message)]
struct Graph {
    #[prost(message, repeated, tag = "1")]
    nodes: Vec<Node>,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(message, repeated, tag = "5")]
    constants: Vec<Constant>,
    #[prost(message, repeated, tag = "11")]
    inputs: Vec<Value>,
    #[prost(message, repeated, tag = "12")]
    outputs: Vec<Value>,
}

/// `NodeProto`.
#[derive(Clone, PartialEq, Message)]
struct Node {
    #[prost(string, repeated, tag = "1")]
    inputs: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    outputs: Vec<String>,
    #[prost(string, tag = "4")]
    operator: String,
}

/// `TensorProto`.
#[derive(Clone, PartialEq, Message)]
struct Constant {
    #[prost(int64, repeated, tag = "1")]
    shape: Vec<i64>,
    #[prost(int32, tag = "2")]
    data_type: i32,
    #[prost(float, repeated, tag = "4")]
    numbers: Vec<f32>,
    #[prost(string, tag = "8")]
    name: String,
}

/// `ValueInfoProto`.
#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, optional, tag = "2")]
    kind: Option<Kind>,
}

/// `TypeProto`.
#[derive(Clone, PartialEq, Message)]
struct Kind {
    #[prost(message, optional, tag = "1")]
    tensor: Option<TensorKind>,
}

/// `TypeProto.Tensor`.
#[derive(Clone, PartialEq, Message)]
struct TensorKind {
    #[prost(int32, tag = "1")]
    of: i32,
    #[prost(message, optional, tag = "2")]
    shape: Option<Shape>,
}

/// `TensorShapeProto`.
#[derive(Clone, PartialEq, Message)]
struct Shape {
    #[prost(message, repeated, tag = "1")]
    sides: Vec<Dimension>,
}

/// `TensorShapeProto.Dimension`.
#[derive(Clone, PartialEq, Message)]
struct Dimension {
    #[prost(int64, optional, tag = "1")]
    size: Option<i64>,
    #[prost(string, optional, tag = "2")]
    name: Option<String>,
}
