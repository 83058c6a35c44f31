//! What somebody looks for, in the space of the pictures.

use heirloom_inference::{Priority, Tensor};
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    Error, Result, Vision,
    vectors::{add, normalise},
    vision::aside,
};

const MODEL: &str = "search_textual";
const OUTPUT: &str = "text_embedding";
const LENGTH: usize = 384;
/// The model reads 128 word parts; what comes after this many characters is not even cut into words.
const CHARACTERS_MAX: usize = 4000;
/// Describes a picture of people; the classifier behind the pictures' embeddings hardly knows any.
const PEOPLE: &str = "person, people, portrait, face";
const PEOPLE_WEIGHT: f32 = 0.5;
/// Ways to say what somebody looks for, and how much each counts. The mean of several is nearer to the pictures than the
/// bare words, and further from them when there is no such picture (bench/quality).
const PHRASINGS: &[(&str, f32)] = &[
    ("", 2.0),
    ("a photo of ", 1.0),
    ("the ", 1.0),
    ("many kinds of ", 1.0),
];
/// The same for models that learned from pictures and their captions (Radford et al. 2021, 3.1.4).
const PHRASINGS_OF_CAPTIONS: &[(&str, f32)] = &[("", 1.0), ("a photo of ", 1.0)];

impl Vision {
    /// The place of a text among the pictures, of length one. Texts are read in English; emoji by their names.
    pub async fn text_vector(&self, text: &str, priority: Priority) -> Result<Vec<f32>> {
        let (pack, text) = (self.pack.clone(), readable(text)?);
        if let Some(clip) = &pack.clip {
            return self.clip_of_text(clip, text, priority).await;
        }
        let ids = aside(move || {
            let encoding = pack.tokenizer.as_ref()?.encode(text, true).ok()?;
            Some(encoding.get_ids().iter().map(|id| i64::from(*id)).collect())
        });
        let ids: Vec<i64> = ids.await?.ok_or(Error::NoText)?;
        let shape = vec![1, ids.len()];
        let mask = vec![1; ids.len()];
        let inputs = [("input_ids", ids), ("attention_mask", mask)].map(|(name, values)| {
            let tensor = Tensor::i64(shape.clone(), values).expect("one number a word part");
            (name, tensor)
        });
        let mut answer = self.ask(MODEL, inputs.into(), &[OUTPUT], priority).await?;
        answer.floats(OUTPUT, &[1, LENGTH])
    }

    /// The place where pictures of what a question asks for lie, of length one.
    pub async fn question_vector(&self, question: &str, priority: Priority) -> Result<Vec<f32>> {
        let phrasings = match &self.pack.clip {
            Some(_) => PHRASINGS_OF_CAPTIONS,
            None => PHRASINGS,
        };
        let mut sum = Vec::new();
        for (beginning, weight) in phrasings {
            let phrased = format!("{beginning}{}", readable(question)?);
            let vector = self.text_vector(&phrased, priority).await?;
            sum.resize(vector.len(), 0.0);
            add(&mut sum, &vector, *weight);
        }
        normalise(&mut sum);
        Ok(sum)
    }

    /// Moves a picture's embedding towards people, for pictures in which a face was found, where the models need it.
    pub async fn with_people(&self, embedding: &mut [f32], priority: Priority) -> Result<()> {
        if self.pack.clip.is_some() {
            return Ok(());
        }
        let direction = self
            .people
            .get_or_try_init(|| self.text_vector(PEOPLE, priority));
        add(embedding, direction.await?, PEOPLE_WEIGHT);
        normalise(embedding);
        Ok(())
    }
}

/// Emoji become words, what is too long ends.
fn readable(text: &str) -> Result<String> {
    let mut words = String::new();
    let text: String = text.chars().take(CHARACTERS_MAX).collect();
    for grapheme in text.graphemes(true) {
        match emojis::get(grapheme) {
            Some(emoji) => words.extend([" ", emoji.name(), " "]),
            None => words.push_str(grapheme),
        }
    }
    let words = words.trim();
    if words
        .chars()
        .any(|letter| !letter.is_whitespace() && !letter.is_control())
    {
        return Ok(words.to_owned());
    }
    Err(Error::NoText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_are_read_by_their_names() {
        assert_eq!(readable("🐶").unwrap(), "dog face");
        assert_eq!(
            readable("a 🐶on a beach").unwrap(),
            "a  dog face on a beach"
        );
        assert_eq!(readable("собака").unwrap(), "собака");
        assert!(readable(&"🌵".repeat(10_000)).is_ok());
        for nothing in ["", "  \n", "\0\0"] {
            assert!(matches!(readable(nothing), Err(Error::NoText)));
        }
    }
}
