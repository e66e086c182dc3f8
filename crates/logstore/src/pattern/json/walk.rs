//! Going through an event once, for all selectors.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Found, Question};
use crate::pattern::comparison::Scalar;
use crate::pattern::number::Number;
use crate::pattern::selector::Step;

/// Returns which questions an event settles; `None` for what is not JSON, or leads deeper
/// than 128 levels.
pub(super) fn settle(questions: &[Question], message: &str) -> Option<Vec<bool>> {
    let mut settled = vec![false; questions.len()];
    let mut reader = serde_json::Deserializer::from_str(message);
    let all = (0..questions.len()).collect();
    Here { questions, settled: &mut settled, depth: 0, leading: all }
        .deserialize(&mut reader)
        .ok()?;
    reader.end().ok()?;
    Some(settled)
}

/// A value of the event, and the questions whose selectors lead to it so far.
struct Here<'q, 's> {
    questions: &'q [Question],
    settled: &'s mut Vec<bool>,
    /// How many steps it is from the event.
    depth: usize,
    /// By their numbers.
    leading: Vec<usize>,
}

impl Here<'_, '_> {
    fn found(&mut self, found: Found<'_>) {
        for number in &self.leading {
            let (Some(question), Some(settled)) =
                (self.questions.get(*number), self.settled.get_mut(*number))
            else {
                continue;
            };
            if question.selector.steps.len() == self.depth && !*settled {
                *settled = question.is_settled_by(found);
            }
        }
    }

    /// Returns the questions that lead on by a step.
    fn leading_on(&self, goes: impl Fn(&Step) -> bool) -> Vec<usize> {
        let leads = |number: &usize| {
            let steps = self.questions.get(*number).map(|question| &question.selector.steps);
            steps.and_then(|steps| steps.get(self.depth)).is_some_and(&goes)
        };
        self.leading.iter().copied().filter(leads).collect()
    }

    fn next(&mut self, leading: Vec<usize>) -> Here<'_, '_> {
        Here { questions: self.questions, settled: self.settled, depth: self.depth + 1, leading }
    }
}

impl<'de> DeserializeSeed<'de> for Here<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Here<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(mut self, value: bool) -> Result<(), E> {
        self.found(Found::Scalar(Scalar::Boolean(value)));
        Ok(())
    }

    fn visit_i64<E>(mut self, value: i64) -> Result<(), E> {
        self.found(Found::Scalar(Scalar::Number(Number::Whole(value))));
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "numbers beyond 63 bits are not exact")]
    fn visit_u64<E>(mut self, value: u64) -> Result<(), E> {
        let number = i64::try_from(value).map_or(Number::Real(value as f64), Number::Whole);
        self.found(Found::Scalar(Scalar::Number(number)));
        Ok(())
    }

    fn visit_f64<E>(mut self, value: f64) -> Result<(), E> {
        self.found(Found::Scalar(Scalar::Number(Number::Real(value))));
        Ok(())
    }

    fn visit_str<E>(mut self, value: &str) -> Result<(), E> {
        self.found(Found::Scalar(Scalar::Text(value)));
        Ok(())
    }

    fn visit_unit<E>(mut self) -> Result<(), E> {
        self.found(Found::Null);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        self.found(Found::Container);
        let mut index = 0;
        loop {
            let leading = self.leading_on(|step| match step {
                Step::Index(wanted) => *wanted == index,
                Step::AnyElement => true,
                Step::Key(_) | Step::AnyMember => false,
            });
            let is_more = if leading.is_empty() {
                elements.next_element::<IgnoredAny>()?.is_some()
            } else {
                elements.next_element_seed(self.next(leading))?.is_some()
            };
            if !is_more {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<(), A::Error> {
        self.found(Found::Container);
        while let Some(leading) = members.next_key_seed(Key(&self))? {
            if leading.is_empty() {
                members.next_value::<IgnoredAny>()?;
            } else {
                members.next_value_seed(self.next(leading))?;
            }
        }
        Ok(())
    }
}

/// Reads a key only to see which questions lead on by it.
struct Key<'h, 'q, 's>(&'h Here<'q, 's>);

impl<'de> DeserializeSeed<'de> for Key<'_, '_, '_> {
    type Value = Vec<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_, '_> {
    type Value = Vec<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Vec<usize>, E> {
        Ok(self.0.leading_on(|step| match step {
            Step::Key(wanted) => wanted == key,
            Step::AnyMember => true,
            Step::Index(_) | Step::AnyElement => false,
        }))
    }
}
