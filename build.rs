//! Tells the program which compiler made it. Never fails: what cannot be known stays unknown. The commit is not asked for here, or every commit
//! would build the whole crate anew; who packages a release sets `FORECITY_COMMIT`.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let Some(compiler) = std::env::var_os("RUSTC") else { return };
    let said = Command::new(compiler).arg("--version").output().ok().filter(|output| output.status.success());
    if let Some(version) = said.and_then(|output| String::from_utf8(output.stdout).ok()) {
        println!("cargo::rustc-env=FORECITY_RUSTC={}", version.trim());
    }
}
