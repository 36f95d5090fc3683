//! The program as people and scripts meet it: exit codes, documents, interruption, full disks, wrong input.

#![expect(clippy::unwrap_used, reason = "what is missing fails the test")]
#[path = "common/program.rs"]
mod program;

use program::{Ended, Folder, files};
use serde_json::Value;

/// A study of a few seconds of computing.
const SMALL: &str =
    "format = 1\ncity = { grid = [4, 3] }\n[time]\nfrom = \"07:00\"\nto = \"07:20\"\nwarmup = \"5 min\"\n[runs]\nseeds = 2\n";

fn has(document: &Value, fields: &[&str]) {
    for field in fields {
        let pointer = format!("/{}", field.replace('.', "/"));
        assert!(document.pointer(&pointer).is_some(), "no {field} in {document:#}");
    }
}

/// State and table hashes of the runs of a manifest, by seed.
fn hashes(manifest: &Value) -> Vec<(u64, String)> {
    let of = |run: &Value| (run["seed"].as_u64().unwrap(), format!("{} {}", run["state_hash"], run["table_hashes"]));
    manifest["runs"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn alone_it_prints_six_lines_and_only_what_works() {
    let here = Folder::new("alone");
    let ended = here.run("").with(0, "forecity demo");
    assert_eq!(ended.out.lines().count(), 6, "{}", ended.out);
    let help = here.run("--help").with(0, "Exit codes").out;
    for verb in ["assign", "solve"] {
        assert!(!help.contains(&format!("\n  {verb} ")) && !ended.out.contains(&format!("forecity {verb}")), "{verb} is offered");
    }
    let view = if cfg!(feature = "view") { &["view"][..] } else { &[] };
    for verb in ["demo", "import", "check", "run", "report", "rerun", "bench", "info", "schema"].iter().chain(view) {
        assert!(help.contains(&format!("\n  {verb}")), "{verb} is not in the help");
        here.run(&format!("{verb} --help")).with(0, "Usage");
    }
}

#[test]
fn wrong_words_end_with_2() {
    let here = Folder::new("usage");
    here.run("rum grid:4x3").with(2, "run");
    here.run("run").with(2, "required");
    here.run("run grid:4x3 --sedes 1..2").with(2, "--seeds");
    here.run("run grid:4x3 --seeds 9..1").with(2, "list of seeds");
    here.run("info C999").with(2, "no code C999");
    here.run("run grid:4x3 --seeds 1..20000").with(2, "--yes");
}

#[test]
fn wrong_input_ends_with_3() {
    let here = Folder::new("input");
    here.run("run nowhere.toml").with(3, "C101");
    here.run("run grid:1x99999").with(3, "C230");
    here.run("run grid:4x3 --set demand.scael=1.1").with(3, "did you mean \"scale\"?");
    here.run("run grid:4x3 --only storm").with(3, "no variant is named");
    let json = here.run("run nowhere.toml --json").with(3, "").json();
    assert_eq!(json["document"], "forecity.diagnostics/1");
    has(&json["diagnostics"][0], &["severity", "code", "message", "file", "line", "column", "end_column", "hint"]);
}

#[test]
fn no_display_and_no_such_device_end_with_5() {
    let here = Folder::new("device");
    if cfg!(feature = "view") {
        let mut view = here.command("view grid:4x3");
        let ended =
            Ended::from(&view.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET").output().expect("starts"));
        let ended = ended.with(5, "C412");
        assert!(ended.talk.contains("--render"), "{ended:?}");
    }
    here.run("run grid:4x3 --device no-such-adapter").with(5, "no-such-adapter");
}

#[test]
fn a_run_beyond_its_limits_is_kept_and_ends_with_6() {
    let here = Folder::new("limits");
    let ended = here.run("run grid:3x3 --seeds 1 -o out --set 'demand.trips=60000 trips/h'").with(6, "INVALID");
    assert!(ended.out.lines().nth(1).unwrap().starts_with("valid"), "{}", ended.out);
    let manifest = here.json("out/manifest.json");
    assert!(manifest["complete"] == true && !manifest["runs"][0]["invalid"].as_array().unwrap().is_empty());
}

#[test]
fn the_document_of_a_run_holds_what_is_promised() {
    let here = Folder::new("document");
    here.write("small.toml", SMALL);
    let ended = here.run("run small.toml --json").with(0, "");
    assert!(ended.talk.is_empty(), "{}", ended.talk);
    let run = ended.json();
    assert_eq!(run["document"], "forecity.run/1");
    has(&run, &["forecity.version", "forecity.commit", "forecity.result_version", "study.path", "study.title", "study.blake3"]);
    has(&run, &["city.path", "city.network_hash", "city.quality", "device.kind", "device.name", "device.backend", "device.driver"]);
    has(&run, &["device.threads", "device.worlds_per_batch", "runs.planned", "runs.done", "runs.reused", "runs.invalid", "complete"]);
    has(&run, &["timing.wall_s", "timing.simulated_s", "timing.real_time_factor", "timing.vehicle_steps", "timing.vehicle_steps_per_s"]);
    has(&run, &["variants.0.name", "variants.0.slug", "variants.0.point", "variants.0.axes", "variants.0.seeds", "comparisons", "answer"]);
    // Base alone has no effect to tell.
    assert!(run["answer"].is_null() && run["comparisons"] == serde_json::json!([]));
    has(&run["variants"][0]["measures"][0], &["measure", "unit", "n", "mean", "sd", "ci95.1", "lower_bound"]);
    let validity = &run["variants"][0]["validity"];
    has(validity, &["demanded", "departed", "arrived", "refused", "unfinished", "courtesy", "rerouted", "rotated", "teleported"]);
    has(validity, &["collisions", "ledger_error_max"]);
    has(&run, &["result_hash", "out", "exit_code", "diagnostics"]);
    assert!(run["runs"]["planned"] == 2 && run["runs"]["done"] == 2 && run["complete"] == true && run["exit_code"] == 0);
    let totals = |name: &str| validity[name].as_u64().unwrap();
    assert!(totals("demanded") > 100 && totals("arrived") == totals("demanded"), "{validity}");
    let mean_min = run["variants"][0]["measures"][0]["mean"].as_f64().unwrap();
    assert!(run["variants"][0]["measures"][0]["unit"] == "min" && (0.5..6.0).contains(&mean_min), "{mean_min} min on a grid of 600 m");
    let manifest = here.json("out/small/manifest.json");
    assert_eq!(manifest["document"], "forecity.manifest/1");
    assert_eq!(manifest["result_hash"], run["result_hash"]);
    assert_eq!(here.read("out/small/study.toml"), SMALL);
    assert!(files(&here.0).iter().all(|file| !file.ends_with(".part")));
}

#[test]
fn info_describes_the_machine_and_a_city() {
    let here = Folder::new("info");
    let info = here.run("info --json").with(0, "").json();
    assert_eq!(info["document"], "forecity.info/1");
    has(
        &info,
        &["forecity.version", "forecity.commit", "forecity.result_version", "forecity.features", "forecity.rustc", "forecity.target"],
    );
    has(&info, &["cpu.model", "cpu.cores", "cpu.threads", "cpu.simd", "memory_bytes", "devices.0.kind", "devices.0.name"]);
    has(&info, &["limits.vehicles", "limits.lanes", "limits.worlds"]);
    let city = here.run("info grid:4x3 --json").with(0, "").json();
    let fields = ["nodes", "links", "lanes", "movements", "signals", "zones", "trips", "length_km", "network_hash", "quality"];
    has(&city["city"], &fields);
    here.run("info C211").with(0, "road");
    here.run("info codes").with(0, "C111");
    here.run("info").with(0, "device");
}

#[test]
fn check_and_schema_are_for_machines_too() {
    let here = Folder::new("check");
    here.write("small.toml", SMALL);
    let check = here.run("check small.toml --json").with(0, "").json();
    has(&check, &["document", "diagnostics", "errors", "city.links", "study.time.step_s"]);
    here.run("check small.toml --resolved --plan").with(0, "2 seeds");
    let schema = here.run("schema study").with(0, "").json();
    has(&schema, &["properties.city", "properties.variant", "properties.sweep"]);
}

#[test]
fn a_rerun_is_identical_and_a_forgery_is_found() {
    let here = Folder::new("rerun");
    here.write("studies/small.toml", SMALL);
    here.run("run studies/small.toml -q -o out").with(0, "");
    here.run("rerun out").with(0, "identical: 2 of 2 runs");
    let rerun = here.run("rerun out/manifest.json --json --threads 1 --worlds 1").with(0, "").json();
    assert!(rerun["document"] == "forecity.rerun/1" && rerun["identical"] == true && rerun["compared"] == 2);
    assert_eq!(rerun["differing"], serde_json::json!([]));
    // The study may have changed since: the copy beside the manifest is what was run.
    here.write("studies/small.toml", &SMALL.replace("[4, 3]", "[5, 3]"));
    here.run("rerun out --seeds 2").with(0, "identical: 1 of 1 runs");
    let manifest = here.read("out/manifest.json");
    let hash = here.json("out/manifest.json")["runs"][1]["table_hashes"]["trips"].as_str().unwrap().to_owned();
    let forged: String = hash.chars().map(|c| if c == '0' { '1' } else { '0' }).collect();
    here.write("out/manifest.json", &manifest.replace(&hash, &forged));
    here.run("rerun out").with(4, "trips");
    let rerun = here.run("rerun out --json").with(4, "").json();
    assert_eq!(rerun["identical"], false);
    has(&rerun["differing"][0], &["variant", "point", "seed", "table", "row", "column", "expected", "found"]);
    here.run("rerun nowhere.json").with(1, "cannot read");
    here.write("no.json", "{}");
    here.run("rerun no.json").with(1, "no manifest");
}

#[test]
fn a_batch_gives_each_seed_what_it_gets_alone() {
    let here = Folder::new("worlds");
    here.run("run grid:4x3 --seeds 1..4 --worlds 2 -q -o batch").with(0, "");
    here.run("run grid:4x3 --seeds 1..4 --worlds 4 --threads 1 -q -o four").with(0, "");
    let batch = hashes(&here.json("batch/manifest.json"));
    assert_eq!(batch, hashes(&here.json("four/manifest.json")));
    for (seed, hash) in &batch {
        here.run(&format!("run grid:4x3 --seeds {seed} -q -o alone{seed}")).with(0, "");
        assert_eq!(hashes(&here.json(&format!("alone{seed}/manifest.json"))), vec![(*seed, hash.clone())]);
    }
    assert!(batch.windows(2).all(|pair| pair[0].1 != pair[1].1), "two seeds are the same day");
}

#[test]
fn more_seeds_reuse_what_is_there_and_fewer_leave_nothing_behind() {
    let here = Folder::new("reuse");
    here.write("small.toml", SMALL);
    here.run("run small.toml --seeds 1..2 -o out").with(0, "");
    here.run("run small.toml --seeds 1..3 -o out").with(0, "reused 2 of 3");
    here.run("run small.toml --seeds 1..3 -o out --fresh --json").with(0, "\"reused\": 0");
    // Another study in the same folder: nothing of it is mixed in.
    here.write("small.toml", &SMALL.replace("07:20", "07:10"));
    let run = here.run("run small.toml --seeds 2 -o out --json").with(0, "").json();
    assert_eq!(run["runs"]["reused"], 0);
    let tables: Vec<String> = files(&here.0).into_iter().filter(|file| file.contains("tables/trips")).collect();
    assert_eq!(tables.len(), 1, "{tables:?}");
    let measures: Vec<String> = files(&here.0).into_iter().filter(|file| file.contains("tables/measures")).collect();
    assert!(measures.len() == 1 && measures[0].ends_with("variant=base/point=0/2-2.parquet"), "{measures:?}");
}

#[test]
fn other_formats_lie_beside() {
    let here = Folder::new("also");
    here.write("small.toml", &format!("{SMALL}[outputs]\nvehicles = {{ every = \"10 s\" }}\n"));
    here.run("run small.toml --seeds 1 --also sumo,csv -o out").with(0, "");
    let all = files(&here.0.join("out"));
    for table in ["trips", "links", "network", "vehicles", "measures"] {
        let csv = format!("tables/{table}/variant=base/point=0/1-1.csv");
        assert!(all.contains(&csv) && all.contains(&csv.replace(".csv", ".parquet")), "{csv} is not in {all:?}");
        let text = here.read(&format!("out/{csv}"));
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let width = rows.headers().unwrap().len();
        let lengths: Vec<usize> = rows.records().map(|row| row.unwrap().len()).collect();
        assert!(!lengths.is_empty() && lengths.iter().all(|len| *len == width));
        let bytes = std::fs::read(here.0.join("out").join(csv.replace(".csv", ".parquet"))).unwrap();
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    }
    for (kind, element) in [("tripinfo", "tripinfo"), ("edgedata", "edge"), ("summary", "step"), ("fcd", "vehicle")] {
        let text = here.read(&format!("out/sumo/variant=base/point=0/1.{kind}.xml"));
        let mut met = 0;
        let walked = forecity::import::xml::walk(&text, &mut |step| {
            met += usize::from(matches!(&step, forecity::import::xml::Step::Open(open) if open.name == element));
        });
        assert!(walked.is_ok() && met > 10, "{kind}: {walked:?}, {met} x {element}");
    }
    assert!(all.contains(&"pictures/map.svg".to_owned()));
    // Trips of the table and of the XML are the same trips.
    let trips = here.read("out/tables/trips/variant=base/point=0/1-1.csv").lines().count() - 1;
    let infos = here.read("out/sumo/variant=base/point=0/1.tripinfo.xml").matches("<tripinfo ").count();
    assert_eq!(trips, infos);
}

#[test]
fn what_is_not_carried_out_is_refused_and_checked() {
    let here = Folder::new("refused");
    let variant = "[[variant]]\nname = \"slow\"\ndo = [{ rain = { depth = \"48 mm\", lasts = \"90 min\", from = \"07:30\" } }]\n";
    let road = here.run("check grid:4x3 --json").json();
    assert_eq!(road["errors"], 0);
    here.write("variant.toml", &format!("{SMALL}{variant}"));
    let found = here.run("check variant.toml --json").json();
    let codes: Vec<&str> = found["diagnostics"].as_array().unwrap().iter().filter_map(|d| d["code"].as_str()).collect();
    assert!(codes.contains(&"C111"), "{found:#}");
    here.run("run variant.toml").with(3, "C111");
    for (what, text) in
        [("flood", "[systems]\nflood = { cell = \"5 m\" }\n"), ("routing", "[model]\nrouting = { method = \"equilibrium\" }\n")]
    {
        here.write("other.toml", &format!("{SMALL}{text}"));
        here.run("check other.toml").with(0, "C111");
        let ended = here.run("run other.toml").with(3, "C111");
        assert!(!here.0.join("out/other").exists(), "{what} was run: {ended:?}");
    }
    // What was refused once and is carried out now.
    for text in [
        "[model]\nteleport_after = \"300 s\"\n",
        "[demand]\nscale = { normal = [1.0, 0.05] }\n",
        "[sweep]\n\"demand.scale\" = [0.9, 1.1]\n",
    ] {
        here.write("carried.toml", &format!("{SMALL}{text}"));
        let found = here.run("check carried.toml --json").json();
        assert!(found["diagnostics"].as_array().is_none_or(Vec::is_empty), "{found:#}");
    }
    here.run("run grid:4x3 --do 'close = { road = \"1st Street\" }'").with(3, "error[C");
}

#[test]
fn all_faults_come_at_once_with_their_places() {
    let here = Folder::new("faults");
    here.write(
        "bad.toml",
        "format = 1\ncity = { grid = [4, 3], limit = \"50 kmh\" }\ntitel = \"typo\"\n[time]\nfrom = \"07:00\"\nto = \"06:00\"\nstep = 0.5\n[report]\nmeasures = [\"travel_tme.mean\"]\n",
    );
    let ended = here.run("check bad.toml").with(3, "-->");
    for (code, line, hint) in
        [("C202", 2, "km/h"), ("C103", 3, "title"), ("C230", 6, ""), ("C201", 7, "0.5 min"), ("C223", 9, "travel_time.mean")]
    {
        let at = format!("bad.toml:{line}:");
        let block = ended.talk.split("error[").find(|block| block.starts_with(code) && block.contains(&at));
        let block = block.unwrap_or_else(|| panic!("no {code} on line {line} in\n{}", ended.talk));
        assert!(block.contains('^') && block.contains(hint), "{block}");
    }
    let json = here.run("check bad.toml --json").with(3, "").json();
    assert!(json["errors"].as_u64() >= Some(5), "{json:#}");
}

#[test]
fn the_scenarios_are_sound_and_run() {
    let here = Folder::new("scenarios");
    let scenarios = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut names: Vec<_> = std::fs::read_dir(&scenarios).unwrap().map(|e| e.unwrap().path()).filter(|path| path.is_dir()).collect();
    names.sort();
    assert!(names.len() >= 3);
    for path in names {
        let listed = std::fs::read_to_string(scenarios.join("README.md")).unwrap();
        assert!(listed.contains(path.file_name().unwrap().to_str().unwrap()), "{} is not in scenarios/README.md", path.display());
        here.run(&format!("check {}", path.display())).with(0, "demand");
        let out = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        here.run(&format!("run {} --seeds 1 -o out/{out}", path.display())).with(0, "valid");
        here.run(&format!("rerun out/{out}")).with(0, "identical");
    }
}
