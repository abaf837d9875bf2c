//! The `paicha` program. Everything is in `cli`.

/// See `paicha --help`.
fn main() -> std::process::ExitCode {
    paicha::cli::main()
}
