//! Decoded pixels, in the form that costs their codec least.

use std::{fmt, sync::Arc};

use heirloom_types::{
    frame::{Frame, Layout},
    geometry::Size,
};
use serde::{Deserialize, Serialize};

/// Pixels of one picture as people see it: orientation applied, in sRGB, eight bits a channel.
#[derive(Clone, Debug)]
pub enum Pixels {
    Frame(Frame),
    Planes(Planes),
}

/// Brightness and colours apart, as most JPEGs hold them: Y, Cb and Cr of JFIF (ITU-T T.871, section 7), the colours halved
/// both ways. Each plane lies in rows from the top, one plane behind the other, as libjpeg-turbo lays them: an odd side is one
/// longer, so that four values of brightness lie under each of the colours.
#[derive(Clone)]
pub struct Planes {
    size: Size,
    bytes: Arc<dyn AsRef<[u8]> + Send + Sync>,
}

/// Values of one kind, row by row.
#[derive(Clone, Copy)]
pub(crate) struct Plane<'p> {
    pub(crate) size: Size,
    pub(crate) values: &'p [u8],
}

/// How pixels lie in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Form {
    Frame(Layout),
    Planes,
}

impl Form {
    /// Bytes of a picture; `None` where no memory could hold them.
    pub(crate) fn bytes(self, size: Size) -> Option<usize> {
        let pixels = |size: Size| usize::try_from(size.pixels()).ok();
        match self {
            Self::Frame(layout) => pixels(size)?.checked_mul(layout.channels()),
            Self::Planes => {
                let [luma, blue, red] = plane_sizes(size).map(pixels);
                luma?.checked_add(blue?)?.checked_add(red?)
            }
        }
    }
}

impl Pixels {
    /// `None` when the bytes are not as many as they must be.
    pub(crate) fn new(
        size: Size,
        form: Form,
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
    ) -> Option<Self> {
        Some(match form {
            Form::Frame(layout) => Self::Frame(Frame::new(size, layout, bytes)?),
            Form::Planes => Self::Planes(Planes::new(size, bytes)?),
        })
    }

    pub fn size(&self) -> Size {
        match self {
            Self::Frame(frame) => frame.size(),
            Self::Planes(planes) => planes.size,
        }
    }

    pub(crate) fn form(&self) -> Form {
        match self {
            Self::Frame(frame) => Form::Frame(frame.layout()),
            Self::Planes(_) => Form::Planes,
        }
    }

    /// All bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Frame(frame) => frame.pixels(),
            Self::Planes(planes) => planes.bytes(),
        }
    }
}

impl From<Frame> for Pixels {
    fn from(frame: Frame) -> Self {
        Self::Frame(frame)
    }
}

impl Planes {
    /// `None` when the bytes are not as many as they must be.
    pub(crate) fn new(size: Size, bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Option<Self> {
        (Some(bytes.as_ref().len()) == Form::Planes.bytes(size)).then(|| Self {
            size,
            bytes: Arc::new(bytes),
        })
    }

    pub(crate) fn size(&self) -> Size {
        self.size
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        (*self.bytes).as_ref()
    }

    /// Y, Cb, Cr.
    pub(crate) fn each(&self) -> [Plane<'_>; 3] {
        let mut rest = self.bytes();
        plane_sizes(self.size).map(|size| {
            let (values, others) = rest.split_at(size.pixels() as usize);
            rest = others;
            Plane { size, values }
        })
    }
}

impl fmt::Debug for Planes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Planes({}x{})", self.size.width, self.size.height)
    }
}

/// Of Y, Cb and Cr.
pub(crate) fn plane_sizes(size: Size) -> [Size; 3] {
    let colours = Size::new(size.width.div_ceil(2), size.height.div_ceil(2));
    let luma = Size::new(colours.width * 2, colours.height * 2);
    [luma, colours, colours]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_of_odd_sides_have_colours_for_the_last_row() {
        let size = Size::new(5, 3);
        assert!(Planes::new(size, vec![0; 24 + 6 + 5]).is_none());
        let planes = Planes::new(size, (0..36).collect::<Vec<u8>>()).unwrap();
        let [luma, blue, red] = planes.each();
        assert_eq!((luma.size, luma.values.len()), (Size::new(6, 4), 24));
        assert_eq!((blue.size, blue.values[0]), (Size::new(3, 2), 24));
        assert_eq!(red.values, [30, 31, 32, 33, 34, 35]);
    }
}
