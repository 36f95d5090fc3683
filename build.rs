//! Tells the program which compiler made it, and the tests whether the reference data and a browser are there (else those that need them are
//! reported as ignored). Never fails: what cannot be known stays unknown. The commit is not asked for here, or every commit
//! would build the whole crate anew; who packages a release sets `FORECITY_COMMIT`.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(reference_data)");
    println!("cargo::rerun-if-env-changed=FORECITY_DATA");
    let data = std::env::var_os("FORECITY_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    if data.join("sumo").is_dir() {
        println!("cargo::rustc-cfg=reference_data");
    }
    println!("cargo::rustc-check-cfg=cfg(browser)");
    println!("cargo::rerun-if-env-changed=FORECITY_CHROMIUM");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let there = std::env::split_paths(&path).any(|folder| names.iter().any(|name| folder.join(name).is_file()));
    if there || std::env::var_os("FORECITY_CHROMIUM").is_some() {
        println!("cargo::rustc-cfg=browser");
    }
    let Some(compiler) = std::env::var_os("RUSTC") else { return };
    let said = Command::new(compiler).arg("--version").output().ok().filter(|output| output.status.success());
    if let Some(version) = said.and_then(|output| String::from_utf8(output.stdout).ok()) {
        println!("cargo::rustc-env=FORECITY_RUSTC={}", version.trim());
    }
}
