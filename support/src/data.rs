//! The files of `data/`: tables with an id, each checked as it is read, and the ids like a misspelt one.

use std::collections::HashSet;

use serde::de::DeserializeOwned;

use crate::order;

/// Turns tables into entries. An entry that cannot be read, that `check` refuses, or whose id is taken becomes an error
/// of its id, or of its place in the file if it has none, and of what is wrong with it.
pub(crate) fn entries<T: DeserializeOwned, E>(
    tables: Vec<toml::Table>,
    check: impl Fn(&T) -> Result<(), String>,
    error: impl Fn(String, String) -> E,
) -> Result<Vec<T>, E> {
    let mut entries = Vec::new();
    let mut seen = HashSet::new();
    for (n, table) in tables.into_iter().enumerate() {
        let id = match table.get("id").and_then(toml::Value::as_str) {
            Some(id) => id.to_owned(),
            None => format!("number {}", n + 1),
        };
        let read = table
            .try_into::<T>()
            .map_err(|e| e.message().to_owned())
            .and_then(|entry| check(&entry).map(|()| entry));
        match read {
            Err(problem) => return Err(error(id, problem)),
            Ok(_) if !seen.insert(id.clone()) => {
                return Err(error(id, "this id is used twice; ids are unique".into()));
            }
            Ok(entry) => entries.push(entry),
        }
    }
    Ok(entries)
}

/// Refuses the first of these fields that says nothing.
pub(crate) fn filled(fields: &[(&str, &str)]) -> Result<(), String> {
    match fields.iter().find(|(_, text)| text.trim().is_empty()) {
        Some((name, _)) => Err(format!("`{name}` is empty")),
        None => Ok(()),
    }
}

/// Refuses an id or the name of a notebook that could not be a part of an address.
pub(crate) fn plain(id: &str, notebook: &str) -> Result<(), String> {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if plain(id) && plain(notebook) {
        Ok(())
    } else {
        Err("`id` and `notebook` are made of letters, digits and hyphens".into())
    }
}

/// Up to three of the ids that are like this one, the nearest first.
pub(crate) fn near<'a>(id: &str, ids: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut near: Vec<_> = ids
        .map(|other| (strsim::jaro_winkler(id, other), other))
        .filter(|(likeness, _)| *likeness > 0.75)
        .collect();
    order::sort(&mut near, |(likeness, _)| -likeness);
    near.into_iter().take(3).map(|(_, id)| id.into()).collect()
}

/// The end of the sentence that says that there is no such id.
pub(crate) fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        format!("; did you mean {}?", quoted(near, " or "))
    }
}

/// The names in backticks.
pub(crate) fn quoted(names: &[String], separator: &str) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(separator)
}
