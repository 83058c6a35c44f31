//! Where a model runs: on the processor, or on a card, and there with how many sessions.
//!
//! ONNX Runtime plans convolutions on a card for one shape of their input and forgets the plan with the next. On an H100
//! each change took 0.3 s, of shapes seen before too, while a batch of 32 pictures takes 6 ms. So a shape that comes again
//! has its own session there, batches come in few sizes, and a model whose pictures come in any size stays on the processor.

use super::settings::Settings;
use crate::engine::Port;

/// Sessions of one model on a card, each for one shape: batches of 1, 2, 4, ... 128.
const SHAPES: usize = 8;
/// How a convolution is written in a model's file (ONNX, `NodeProto.op_type`).
const CONVOLUTION: &[u8] = b"\x22\x04Conv";

/// Where a model runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub is_on_card: bool,
    /// Sessions, each for one shape of the inputs; 0 has one session take every shape.
    pub shapes: usize,
}

impl Place {
    pub(super) const PROCESSOR: Self = Self {
        is_on_card: false,
        shapes: 0,
    };

    /// Where a model with these inputs and this file belongs.
    pub(super) fn of(settings: &Settings, inputs: &[Port], file: &[u8]) -> Self {
        let has_card = settings.providers.iter().any(|provider| provider.is_card());
        let is_planned = memchr::memmem::find(file, CONVOLUTION).is_some();
        let takes_any_size = inputs.iter().any(Port::takes_any_size);
        let is_on_card = has_card && !(is_planned && takes_any_size);
        let shapes = if is_on_card && is_planned { SHAPES } else { 0 };
        Self {
            is_on_card,
            shapes: settings.shapes.unwrap_or(shapes),
        }
    }

    /// As how many items a batch runs: filled up, so that batches come in few sizes.
    pub(super) fn fill(self, items: usize) -> usize {
        if self.shapes == 0 {
            items
        } else {
            items.next_power_of_two()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DataType, local::settings::Provider};

    fn picture(width: Option<usize>) -> [Port; 1] {
        [Port {
            name: "x".into(),
            data_type: DataType::Fp32,
            shape: vec![None, Some(3), Some(64), width],
        }]
    }

    #[test]
    fn a_card_gets_what_it_need_not_plan_again_and_again() {
        let on_card = Settings {
            providers: vec![Provider::Cuda(0)],
            ..Settings::default()
        };
        let (convolves, other) = (b"..\x22\x04Conv..", b"..\x22\x06MatMul..");
        let place = |width, file: &[u8]| Place::of(&on_card, &picture(width), file);
        let planned = Place {
            is_on_card: true,
            shapes: SHAPES,
        };
        assert_eq!(place(Some(64), convolves), planned);
        assert_eq!(place(None, convolves), Place::PROCESSOR);
        let takes_all = Place {
            is_on_card: true,
            shapes: 0,
        };
        assert_eq!(place(None, other), takes_all);
        let at_home = Place::of(&Settings::default(), &picture(Some(64)), convolves);
        assert_eq!(at_home, Place::PROCESSOR);
    }

    #[test]
    fn batches_on_a_card_come_in_few_sizes() {
        let planned = Place {
            is_on_card: true,
            shapes: SHAPES,
        };
        assert_eq!([1, 3, 8, 9].map(|items| planned.fill(items)), [1, 4, 8, 16]);
        assert_eq!(Place::PROCESSOR.fill(9), 9);
    }
}
