//! The door of forecity: see `forecity --help`.

fn main() -> std::process::ExitCode {
    forecity::cli::main().into()
}
