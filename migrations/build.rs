//! Lists the SQL files of both engines for `src/lib.rs`, so that a new pair is embedded by existing. It checks the
//! names only; a test compares the pairs. A migration that was released is never edited: its checksum is stored in
//! every database, and a changed one refuses to start.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR for build scripts");
    let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    let mut code = String::new();
    for (folder, constant) in [("sqlite", "SQLITE"), ("postgres", "POSTGRES")] {
        println!("cargo::rerun-if-changed={folder}");
        code.push_str(&list(&Path::new(&root).join(folder), folder, constant));
    }
    fs::write(Path::new(&out).join("migrations.rs"), code).expect("the build directory is writable");
}

/// The Rust source of one constant: version, description and text of each `NNNN_words.sql`, in order.
fn list(directory: &Path, folder: &str, constant: &str) -> String {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", directory.display()))
        .map(|entry| entry.expect("a directory entry is readable").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".sql"))
        .collect();
    names.sort();
    let mut code = format!("const {constant}: &[(i64, &str, &str)] = &[\n");
    for name in names {
        println!("cargo::rerun-if-changed={folder}/{name}");
        let (version, description) = name
            .trim_end_matches(".sql")
            .split_once('_')
            .unwrap_or_else(|| panic!("{folder}/{name}: a migration is named 0001_words.sql"));
        let version: i64 =
            version.parse().unwrap_or_else(|_| panic!("{folder}/{name}: a migration begins with its number"));
        writeln!(
            code,
            "    ({version}, {description:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{folder}/{name}\"))),"
        )
        .expect("writing to a string cannot fail");
    }
    code.push_str("];\n");
    code
}
