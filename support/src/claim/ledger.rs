//! The ledger: every claim of the notes, with what would make it true.

use std::sync::OnceLock;

use serde::Deserialize;

use super::Error;
use super::entry::Claim;
use crate::data;

/// All claims of the course, in the order of the chapters.
#[derive(Debug, Clone, PartialEq)]
pub struct Ledger {
    claims: Vec<Claim>,
}

impl Ledger {
    /// The ledger of this course: `data/claims.toml` as it was when the crate was compiled.
    ///
    /// # Errors
    /// Those of [`Ledger::parse`], if someone has broken the file.
    pub fn course() -> Result<&'static Self, Error> {
        static COURSE: OnceLock<Ledger> = OnceLock::new();
        if let Some(ledger) = COURSE.get() {
            return Ok(ledger);
        }
        let ledger = Self::parse(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../data/claims.toml"
        )))?;
        Ok(COURSE.get_or_init(|| ledger))
    }

    /// Reads a ledger and checks every entry of it.
    ///
    /// # Errors
    /// [`Error::Toml`] if the text is not TOML with `[[claim]]` tables; [`Error::Entry`], which names the id, for an
    /// unknown, missing or empty field, an id used twice, a timing claim without bounds or an exact one with bounds, a
    /// bound that makes no sense, a correction that is missing or has nothing to correct.
    pub fn parse(text: &str) -> Result<Self, Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            #[serde(default)]
            claim: Vec<toml::Table>,
        }

        let tables = toml::from_str::<File>(text)?.claim;
        let claims = data::entries(tables, Claim::check, |id, problem| Error::Entry {
            id,
            problem,
        })?;
        Ok(Self { claims })
    }

    /// Every claim, in the order of the file.
    #[must_use]
    pub fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The claim with this id.
    ///
    /// # Errors
    /// [`Error::UnknownClaim`], with up to three ids like it.
    pub fn get(&self, id: &str) -> Result<&Claim, Error> {
        self.claims
            .iter()
            .find(|claim| claim.id == id)
            .ok_or_else(|| Error::UnknownClaim {
                id: id.into(),
                near: data::near(id, self.claims.iter().map(|claim| claim.id.as_str())),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::{Bound, Expect, Kind, Limit};
    use super::*;

    const SOUND: &str = r#"[[claim]]
        id = "a-claim"
        notebook = "01-theory"
        section = "多道技术"
        en = "It is so."
        zh = "如此。"
        kind = "timing"
        expect = "refuted"
        why = "It is not."
        why_zh = "并非如此。"
        bounds = [{ what = "a / b", about = 1.0, margin = 0.15 }]
    "#;

    fn error(text: &str) -> String {
        Ledger::parse(text).map(|_| ()).unwrap_err().to_string()
    }

    #[test]
    fn a_sound_entry_is_read() {
        let ledger = Ledger::parse(SOUND).unwrap();
        let claim = ledger.get("a-claim").unwrap();
        assert_eq!(
            claim.bounds,
            [Bound {
                what: "a / b".into(),
                limit: Limit::About(1.0),
                margin: 0.15
            }]
        );
        assert_eq!((claim.kind, claim.expect), (Kind::Timing, Expect::Refuted));
    }

    #[test]
    fn an_unsound_entry_is_refused_by_name() {
        let bounds = "bounds = [{ what = \"a / b\", about = 1.0, margin = 0.15 }]";
        for (from, to, says) in [
            ("why = \"It is not.\"", "", "`why` has to say"),
            ("\"refuted\"", "\"holds\"", "needs none"),
            ("\"refuted\"", "\"perhaps\"", "perhaps"),
            (bounds, "", "needs `bounds`"),
            ("\"timing\"", "\"exact\"", "no `bounds`"),
            ("kind", "sort", "sort"),
            ("\"多道技术\"", "\" \"", "`section` is empty"),
            (
                "about = 1.0",
                "about = 1.0, at-most = 2.0",
                "exactly one of",
            ),
            ("about = 1.0", "about = 0.0", "no ratio"),
            ("about = 1.0", "about = inf", "no ratio"),
            ("about = 1.0,", "", "exactly one of"),
            ("about = 1.0", "around = 1.0", "around"),
            ("margin = 0.15", "margin = 15.0", "no fraction"),
            ("margin = 0.15", "margin = nan", "no fraction"),
            ("margin = 0.15", "margin = 0.0", "no fraction"),
            ("margin = 0.15", "margin = -0.1", "no fraction"),
            ("01-theory", "../theory", "hyphens"),
        ] {
            let text = SOUND.replace(from, to);
            assert_ne!(text, SOUND, "{from} is not there");
            let error = error(&text);
            assert!(
                error.contains("`a-claim`") && error.contains(says),
                "{to}: {error}"
            );
        }
        assert!(error(&SOUND.replace("id = ", "name = ")).contains("`number 1`"));
        assert!(
            error(&(SOUND.to_owned() + SOUND))
                .contains("`a-claim` in data/claims.toml: this id is used twice")
        );
        let twice = "bounds = [{ what = \"r\", about = 1, margin = 0.1 }, { what = \"r\", at-most = 1, margin = 0.1 }]";
        assert!(error(&SOUND.replace(bounds, twice)).contains("two bounds are named `r`"));
        assert!(error("[[claims]]").contains("claims"));
    }

    #[test]
    fn the_ledger_of_the_course_is_sound() {
        let claims = Ledger::course().unwrap().claims();
        assert!(claims.len() > 70);
        assert!(
            claims.is_sorted_by(|a, b| a.notebook <= b.notebook),
            "grouped by chapter"
        );
        for claim in claims {
            assert!(
                claim.en.ends_with('.') && claim.zh.ends_with('。'),
                "{}: whole sentences",
                claim.id
            );
            assert!(
                !claim.section.is_ascii() || claim.section == "GIL",
                "{}: a heading of the notes",
                claim.id
            );
        }
    }

    #[test]
    fn a_misspelt_id_names_its_neighbours() {
        let error = Ledger::course().unwrap().get("join-togeter").unwrap_err();
        let Error::UnknownClaim { near, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!(near[0], "join-together");
        assert!(near.len() <= 3);
        assert!(error.to_string().contains("did you mean `join-together`"));
        let far = Ledger::course()
            .unwrap()
            .get("~~~~")
            .unwrap_err()
            .to_string();
        assert!(!far.contains("did you mean"), "{far}");
    }
}
