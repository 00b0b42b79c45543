//! What a catalogue of translations still lacks.

use std::fs;
use std::path::{Path, PathBuf};

/// The `.po` files under a folder, sorted.
///
/// # Errors
/// When a folder cannot be read.
pub fn catalogues(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut found = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            found.extend(catalogues(&path)?);
        } else if path.extension().is_some_and(|e| e == "po") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// The messages of these catalogues that have no translation, or one that somebody has yet to look at.
///
/// # Errors
/// When a file cannot be read as a catalogue.
pub fn lacking(catalogues: &[PathBuf]) -> Result<Vec<String>, String> {
    let found: Result<Vec<_>, _> = catalogues.iter().map(|path| lacking_in(path)).collect();
    Ok(found?.concat())
}

fn lacking_in(path: &Path) -> Result<Vec<String>, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let catalogue = polib::po_file::parse(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut found = Vec::new();
    for message in catalogue.messages() {
        let what = match (message.is_translated(), message.is_fuzzy()) {
            (false, _) => "missing",
            (true, true) => "fuzzy",
            (true, false) => continue,
        };
        found.push(format!("{name}: {what}: {}", message.msgid()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_and_fuzzy_messages_are_found() {
        let path = std::env::temp_dir().join(format!("course-{}.po", std::process::id()));
        let head = "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=utf-8\\n\"\n";
        let text = format!(
            "{head}\nmsgid \"a\"\nmsgstr \"甲\"\n\nmsgid \"b\"\nmsgstr \"\"\n\n#, fuzzy\nmsgid \"c\"\nmsgstr \"丙\"\n"
        );
        fs::write(&path, text).expect("the temporary folder can be written");
        let found = lacking(std::slice::from_ref(&path));
        fs::remove_file(&path).expect("it was written");
        let name = path.file_name().expect("a file").to_string_lossy();
        let want = [format!("{name}: missing: b"), format!("{name}: fuzzy: c")];
        assert_eq!(found.as_deref(), Ok(&want[..]));
    }
}
