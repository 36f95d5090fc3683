//! `cargo bench`: the quick suite of `forecity bench`; `cargo bench -- --suite full` for the rest.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mine = std::env::args_os().skip(1).filter(|word| word != "--bench");
    forecity::cli::main(["forecity", "bench"].map(OsString::from).into_iter().chain(mine))
}
