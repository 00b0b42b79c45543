//! All exercises of the course.

use std::collections::HashSet;
use std::sync::OnceLock;

use serde::Deserialize;

use super::Error;
use super::entry::Exercise;
use crate::data;

/// All exercises of the course, in the order of the chapters.
#[derive(Debug, Clone, PartialEq)]
pub struct Exercises {
    exercises: Vec<Exercise>,
}

impl Exercises {
    /// Those of this course: `data/exercises.toml` as it was when the crate was compiled.
    ///
    /// # Errors
    /// Those of [`Exercises::parse`], if someone has broken the file.
    pub fn course() -> Result<&'static Self, Error> {
        static COURSE: OnceLock<Exercises> = OnceLock::new();
        if let Some(exercises) = COURSE.get() {
            return Ok(exercises);
        }
        let exercises = Self::parse(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../data/exercises.toml"
        )))?;
        Ok(COURSE.get_or_init(|| exercises))
    }

    /// Reads exercises and checks every entry.
    ///
    /// # Errors
    /// [`Error::Toml`] if the text is not TOML with `[[exercise]]` tables; [`Error::Entry`], which names the id, for an
    /// unknown, missing or empty field, an id or a place in a notebook that is taken, an answer that has no form or
    /// several, a typical wrong answer that is right or of another kind.
    pub fn parse(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(default)]
            exercise: Vec<toml::Table>,
        }

        let entry = |id, problem| Error::Entry { id, problem };
        let tables = toml::from_str::<File>(text)?.exercise;
        let exercises = data::entries(tables, Exercise::sound, entry)?;
        let mut places = HashSet::new();
        for Exercise {
            id,
            notebook,
            number,
            ..
        } in &exercises
        {
            if !places.insert((notebook, number)) {
                let problem = format!("another entry is exercise {number} of {notebook}");
                return Err(entry(id.clone(), problem));
            }
        }
        Ok(Self { exercises })
    }

    /// Every exercise, in the order of the file.
    #[must_use]
    pub fn all(&self) -> &[Exercise] {
        &self.exercises
    }

    /// The exercise with this id.
    ///
    /// # Errors
    /// [`Error::Unknown`], with up to three ids like it.
    pub fn get(&self, id: &str) -> Result<&Exercise, Error> {
        let found = self.exercises.iter().find(|exercise| exercise.id == id);
        found.ok_or_else(|| Error::Unknown {
            id: id.into(),
            near: data::near(id, self.exercises.iter().map(|e| e.id.as_str())),
        })
    }
}
