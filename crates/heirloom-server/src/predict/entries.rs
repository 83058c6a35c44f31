//! What is asked for: `{task: {type: {"modelName": …, "options": {…}}}}`.

use std::collections::HashMap;

use serde::Deserialize;

/// Everything that one request wants to know.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Tasks {
    /// The place of a picture in the space of meanings.
    pub visual: bool,
    /// The place of a text there.
    pub textual: bool,
    pub faces: Option<Faces>,
    pub text: Option<Text>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Faces {
    /// How sure the detector must be, 0 to 1.
    pub score_min: f32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Text {
    /// How sure it must be that there is text, 0 to 1.
    pub box_score_min: f32,
    /// How sure the characters must be, 0 to 1.
    pub text_score_min: f32,
}

/// The models are the pack's, whatever their names; only the options count.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    #[serde(rename = "modelName")]
    _model_name: String,
    #[serde(default)]
    options: Options,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    #[serde(default)]
    min_score: f32,
}

impl Tasks {
    /// `None` when the text is something else, or asks for what nobody knows.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let asked: HashMap<String, HashMap<String, Entry>> = serde_json::from_str(text).ok()?;
        let mut tasks = Self::default();
        for (task, entries) in &asked {
            for (kind, entry) in entries {
                tasks.add(task, kind, entry.options.min_score)?;
            }
        }
        (tasks != Self::default()).then_some(tasks)
    }

    /// Detection and recognition of one task come together, in any order.
    fn add(&mut self, task: &str, kind: &str, score_min: f32) -> Option<()> {
        let text = |known: Option<Text>| {
            known.unwrap_or(Text {
                box_score_min: 0.0,
                text_score_min: 0.0,
            })
        };
        match (task, kind) {
            ("clip", "visual") => self.visual = true,
            ("clip", "textual") => self.textual = true,
            ("facial-recognition", "detection") => self.faces = Some(Faces { score_min }),
            ("facial-recognition", "recognition") => {
                self.faces = self.faces.or(Some(Faces { score_min: 0.0 }));
            }
            ("ocr", "detection") => {
                self.text = Some(Text {
                    box_score_min: score_min,
                    ..text(self.text)
                });
            }
            ("ocr", "recognition") => {
                self.text = Some(Text {
                    text_score_min: score_min,
                    ..text(self.text)
                });
            }
            _ => return None,
        }
        Some(())
    }

    /// Whether a text alone cannot answer.
    pub(super) fn needs_image(self) -> bool {
        self.visual || self.faces.is_some() || self.text.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_of_a_task_are_one_whatever_their_order() {
        let detection = r#""detection": {"modelName": "a", "options": {"minScore": 0.5}}"#;
        let recognition = r#""recognition": {"modelName": "a", "options": {"minScore": 0.9}}"#;
        for halves in [[detection, recognition], [recognition, detection]] {
            let halves = halves.join(", ");
            let text = format!(r#"{{"ocr": {{{halves}}}, "facial-recognition": {{{halves}}}}}"#);
            let tasks = Tasks::parse(&text).unwrap();
            let text = tasks.text.unwrap();
            assert_eq!((text.box_score_min, text.text_score_min), (0.5, 0.9));
            assert_eq!(tasks.faces, Some(Faces { score_min: 0.5 }));
            assert!(tasks.needs_image() && !tasks.textual);
        }
    }

    #[test]
    fn what_nobody_knows_is_refused() {
        let entry = r#"{"modelName": "a"}"#;
        for text in [
            String::new(),
            "[]".into(),
            "{}".into(),
            r#"{"clip": {}}"#.into(),
            format!(r#"{{"clip": {{"smell": {entry}}}}}"#),
            format!(r#"{{"astrology": {{"visual": {entry}}}}}"#),
            r#"{"clip": {"visual": {}}}"#.into(),
            r#"{"clip": {"visual": {"modelName": 3}}}"#.into(),
        ] {
            assert_eq!(Tasks::parse(&text), None, "{text}");
        }
        assert!(Tasks::parse(&format!(r#"{{"clip": {{"textual": {entry}}}}}"#)).is_some());
    }
}
