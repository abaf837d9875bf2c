//! Derives the photos named on the command line into a folder and prints what was found: for looking at results with one's own
//! eyes. `cargo run -p paicha-photos --example derive -- OUT_FOLDER PHOTO...`

#![expect(clippy::print_stdout, reason = "a program for a person at a terminal")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use paicha_photos::{DeriveLimits, derive, estimate_memory_bytes};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().ok_or("usage: derive OUT_FOLDER PHOTO...")?;
    std::fs::create_dir_all(&folder)?;
    for path in arguments {
        derive_one(&path, &folder)?;
    }
    Ok(())
}

fn derive_one(path: &Path, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(path)?;
    let started = Instant::now();
    let derived = derive(&bytes, &DeriveLimits::default());
    let elapsed_ms = started.elapsed().as_millis();
    println!("{} {} bytes, {elapsed_ms} ms, {:?}", path.display(), bytes.len(), derived.state);
    println!("  memory {:?}", estimate_memory_bytes(&bytes));
    println!("  {:?}", derived.facts);
    println!("  dhash {:016x?} phash {:016x?} entropy {:.2?}", derived.dhash, derived.phash, derived.entropy_bits);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    for (suffix, picture) in [("preview", &derived.preview), ("thumbnail", &derived.thumbnail)] {
        if let Some(picture) = picture {
            println!("  {suffix} {} x {}, {} bytes", picture.width, picture.height, picture.jpeg.len());
            std::fs::write(folder.join(format!("{stem}_{suffix}.jpg")), &picture.jpeg)?;
        }
    }
    Ok(())
}
