//! Dense arrays of numbers.

use std::fmt;

/// A dense array in row-major order.
#[derive(Clone, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Data,
}

/// The numbers of a tensor, by type.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Data {
    F32(Vec<f32>),
    I64(Vec<i64>),
    I32(Vec<i32>),
    U8(Vec<u8>),
    Bool(Vec<bool>),
}

/// The type of a tensor's numbers, by the names of the Open Inference Protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataType {
    Fp32,
    Int64,
    Int32,
    Uint8,
    Bool,
}

impl Tensor {
    /// `None` when the numbers do not fill the shape.
    pub fn new(shape: Vec<usize>, data: Data) -> Option<Self> {
        let size = shape
            .iter()
            .try_fold(1usize, |size, side| size.checked_mul(*side))?;
        (size == data.len()).then_some(Self { shape, data })
    }

    pub fn f32(shape: Vec<usize>, values: Vec<f32>) -> Option<Self> {
        Self::new(shape, Data::F32(values))
    }

    pub fn i64(shape: Vec<usize>, values: Vec<i64>) -> Option<Self> {
        Self::new(shape, Data::I64(values))
    }

    /// Size of the numbers.
    pub fn bytes(&self) -> usize {
        self.data.len() * self.data_type().size()
    }

    /// A part of the first dimension; `None` when it does not reach so far.
    pub fn rows(&self, start: usize, count: usize) -> Option<Self> {
        let (rows, rest) = self.shape.split_first()?;
        let end = start.checked_add(count).filter(|end| end <= rows)?;
        let row: usize = rest.iter().product();
        let range = start * row..end * row;
        let data = match &self.data {
            Data::F32(values) => Data::F32(values[range].to_vec()),
            Data::I64(values) => Data::I64(values[range].to_vec()),
            Data::I32(values) => Data::I32(values[range].to_vec()),
            Data::U8(values) => Data::U8(values[range].to_vec()),
            Data::Bool(values) => Data::Bool(values[range].to_vec()),
        };
        let mut shape = self.shape.clone();
        shape[0] = count;
        Some(Self { shape, data })
    }

    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub fn data(&self) -> &Data {
        &self.data
    }

    pub fn into_data(self) -> Data {
        self.data
    }

    pub fn data_type(&self) -> DataType {
        match self.data {
            Data::F32(_) => DataType::Fp32,
            Data::I64(_) => DataType::Int64,
            Data::I32(_) => DataType::Int32,
            Data::U8(_) => DataType::Uint8,
            Data::Bool(_) => DataType::Bool,
        }
    }

    /// The numbers, if they are of this type.
    pub fn as_f32(&self) -> Option<&[f32]> {
        match &self.data {
            Data::F32(values) => Some(values),
            _ => None,
        }
    }

    /// The numbers, if they are of this type.
    pub fn as_i64(&self) -> Option<&[i64]> {
        match &self.data {
            Data::I64(values) => Some(values),
            _ => None,
        }
    }
}

impl DataType {
    /// As the Open Inference Protocol writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Fp32 => "FP32",
            Self::Int64 => "INT64",
            Self::Int32 => "INT32",
            Self::Uint8 => "UINT8",
            Self::Bool => "BOOL",
        }
    }

    /// The type of such a name; `None` when it is not known here.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [
            Self::Fp32,
            Self::Int64,
            Self::Int32,
            Self::Uint8,
            Self::Bool,
        ];
        all.into_iter().find(|known| known.name() == name)
    }

    /// Bytes of one number.
    pub fn size(self) -> usize {
        match self {
            Self::Int64 => 8,
            Self::Fp32 | Self::Int32 => 4,
            Self::Uint8 | Self::Bool => 1,
        }
    }
}

impl Data {
    /// Numbers from their bytes, the lowest first; `None` when the last is not whole.
    pub fn from_le(data_type: DataType, bytes: &[u8]) -> Option<Self> {
        fn numbers<const N: usize, T>(bytes: &[u8], number: fn([u8; N]) -> T) -> Option<Vec<T>> {
            let (whole, rest) = bytes.as_chunks::<N>();
            rest.is_empty()
                .then(|| whole.iter().copied().map(number).collect())
        }
        Some(match data_type {
            DataType::Fp32 => Self::F32(numbers(bytes, f32::from_le_bytes)?),
            DataType::Int64 => Self::I64(numbers(bytes, i64::from_le_bytes)?),
            DataType::Int32 => Self::I32(numbers(bytes, i32::from_le_bytes)?),
            DataType::Uint8 => Self::U8(bytes.to_vec()),
            DataType::Bool => Self::Bool(bytes.iter().map(|byte| *byte != 0).collect()),
        })
    }

    /// Appends the bytes of the numbers, the lowest first.
    pub fn to_le(&self, into: &mut Vec<u8>) {
        match self {
            Self::F32(values) => into.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Self::I64(values) => into.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Self::I32(values) => into.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            Self::U8(values) => into.extend_from_slice(values),
            Self::Bool(values) => into.extend(values.iter().map(|value| u8::from(*value))),
        }
    }

    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::I32(values) => values.len(),
            Self::U8(values) => values.len(),
            Self::Bool(values) => values.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Shape and type only: the numbers would fill the log.
impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tensor({:?} {:?})", self.data_type(), self.shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_must_fill_the_shape() {
        assert!(Tensor::f32(vec![2, 3], vec![0.0; 6]).is_some());
        assert!(Tensor::f32(vec![2, 3], vec![0.0; 5]).is_none());
        assert!(Tensor::f32(vec![usize::MAX, 2], vec![]).is_none());
        assert!(Tensor::f32(vec![], vec![0.0]).is_some());
    }

    #[test]
    fn rows_are_cut_out_of_the_first_dimension() {
        let whole = Tensor::i64(vec![3, 2], (0..6).collect()).unwrap();
        assert_eq!(whole.rows(1, 2), Tensor::i64(vec![2, 2], vec![2, 3, 4, 5]));
        assert_eq!(whole.rows(2, 2), None);
        assert_eq!(Tensor::f32(vec![], vec![0.0]).unwrap().rows(0, 1), None);
    }
}
