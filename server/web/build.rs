//! Builds this crate again when a web app was built again. A folder that is not there yet is waited for by watching where it will appear.

use std::path::Path;

fn main() {
    for app in ["field", "console"] {
        let built = format!("../../web/{app}/dist");
        let watched = if Path::new(&built).exists() { built } else { format!("../../web/{app}") };
        println!("cargo::rerun-if-changed={watched}");
    }
}
