//! Several requests as one, and its answer as several.

use crate::{DataType, Error, Result, Tensor, tensor::Data};

use super::queue::{Job, Outputs};

/// Names, types and all dimensions but the first: what must be equal to share a run.
#[derive(PartialEq, Eq)]
pub(super) struct Shape<'a>(Vec<(&'a str, DataType, &'a [usize])>);

/// Which outputs a caller wants; none named is all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted(pub Vec<String>);

impl<'a> Shape<'a> {
    pub(super) fn of(inputs: &'a [(String, Tensor)]) -> Self {
        let part = |(name, tensor): &'a (String, Tensor)| {
            let rest = tensor.shape().get(1..).unwrap_or_default();
            (name.as_str(), tensor.data_type(), rest)
        };
        Self(inputs.iter().map(part).collect())
    }
}

impl Wanted {
    /// Everything that one of them wants.
    pub(super) fn union<'a>(all: impl Iterator<Item = &'a Self>) -> Self {
        let mut names: Vec<String> = Vec::new();
        for Self(wanted) in all {
            if wanted.is_empty() {
                return Self::default();
            }
            for name in wanted {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        Self(names)
    }

    /// What this caller gets of what was computed, in its order.
    fn pick(&self, outputs: Outputs) -> Outputs {
        if self.0.is_empty() {
            return outputs;
        }
        let mut outputs = outputs;
        let find = |name: &String| {
            let at = outputs.iter().position(|(known, _)| known == name)?;
            Some(outputs.swap_remove(at))
        };
        self.0.iter().filter_map(find).collect()
    }
}

/// The inputs of all jobs, one after another; the last item again and again until there are `rows`.
pub(super) fn join(jobs: &[Job], rows: usize) -> Result<Vec<(String, Tensor)>> {
    let Some(first) = jobs.first() else {
        return Ok(Vec::new());
    };
    let mut joined = Vec::with_capacity(first.inputs.len());
    for (at, (name, tensor)) in first.inputs.iter().enumerate() {
        let parts: Vec<&Tensor> = jobs.iter().map(|job| &job.inputs[at].1).collect();
        let items: usize = parts.iter().map(|part| part.shape()[0]).sum();
        // The last item is copied only where there is something to fill.
        let missing = rows.saturating_sub(items);
        let last = parts.last().filter(|_| missing > 0);
        let last = last.and_then(|part| part.rows(part.shape()[0].checked_sub(1)?, 1));
        let fill = std::iter::repeat_n(last.as_ref(), missing).flatten();
        let parts: Vec<&Tensor> = parts.into_iter().chain(fill).collect();
        let mut shape = tensor.shape().to_vec();
        shape[0] = rows;
        let data = concat(&parts, tensor.data_type());
        let whole = data.and_then(|data| Tensor::new(shape, data));
        let whole = whole.ok_or_else(|| Error::Failed("a batch did not fit together".into()))?;
        joined.push((name.clone(), whole));
    }
    Ok(joined)
}

fn concat(parts: &[&Tensor], data_type: DataType) -> Option<Data> {
    macro_rules! of {
        ($kind:ident) => {{
            let size = parts.iter().map(|part| part.data().len()).sum();
            let mut whole = Vec::with_capacity(size);
            for part in parts {
                let Data::$kind(values) = part.data() else {
                    return None;
                };
                whole.extend_from_slice(values);
            }
            Data::$kind(whole)
        }};
    }
    Some(match data_type {
        DataType::Fp32 => of!(F32),
        DataType::Int64 => of!(I64),
        DataType::Int32 => of!(I32),
        DataType::Uint8 => of!(U8),
        DataType::Bool => of!(Bool),
    })
}

/// Every job's part of the outputs of that many rows; `None` when they are not one row for each item.
pub(super) fn split(jobs: &[Job], rows: usize, outputs: Outputs) -> Option<Vec<Outputs>> {
    let items: Vec<usize> = jobs.iter().map(Job::items).collect();
    if let [job] = jobs
        && items == [rows]
    {
        return Some(vec![job.wanted.pick(outputs)]);
    }
    let is_by_item = |tensor: &Tensor| tensor.shape().first() == Some(&rows);
    if !outputs.iter().all(|(_, tensor)| is_by_item(tensor)) {
        return None;
    }
    let mut start = 0;
    let mut answers = Vec::with_capacity(jobs.len());
    for (job, items) in jobs.iter().zip(items) {
        let part =
            |(name, tensor): &(String, Tensor)| Some((name.clone(), tensor.rows(start, items)?));
        let all: Option<Outputs> = outputs.iter().map(part).collect();
        answers.push(job.wanted.pick(all?));
        start += items;
    }
    Some(answers)
}

/// The name of an output with a number that is none.
pub(super) fn not_a_number(outputs: &Outputs) -> Option<&str> {
    let broken = |tensor: &Tensor| {
        tensor
            .as_f32()
            .is_some_and(|values| values.iter().any(|value| value.is_nan()))
    };
    outputs
        .iter()
        .find(|(_, tensor)| broken(tensor))
        .map(|(name, _)| name.as_str())
}
