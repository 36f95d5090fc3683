//! Every kernel is valid on every device, its row tells the truth, and the records are those of the host.

use forecity::backend::compose;
use forecity::backend::fault::CAUSES;
use forecity::stages::{STEP, Stage};
use forecity::tables::layout::{self, Claim, Class, Entry, Lane, Log, Loop, Params, Sums, Swap, Trip, Vehicle};
use naga::valid::{Capabilities, GlobalUse, ModuleInfo, ValidationFlags, Validator};
use std::mem::{offset_of, size_of};

fn compiled(stage: &Stage) -> (naga::Module, ModuleInfo) {
    let text = compose::text(stage);
    let module = naga::front::wgsl::parse_str(&text).unwrap_or_else(|error| panic!("{}: {}", stage.name, error.emit_to_string(&text)));
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
        .validate(&module)
        .unwrap_or_else(|error| panic!("{}: {}", stage.name, error.emit_to_string(&text)));
    (module, info)
}

/// Columns of a row in the order of its bindings.
fn columns(stage: &Stage) -> Vec<&'static str> {
    std::iter::once("params").chain([stage.reads, stage.writes, stage.owns, stage.adds].into_iter().flatten().copied()).collect()
}

#[test]
fn every_kernel_is_valid_and_its_row_tells_the_truth() {
    for stage in &STEP {
        let (module, info) = compiled(stage);
        assert_eq!(module.entry_points.len(), 1, "{}", stage.name);
        assert_eq!(module.entry_points[0].name, stage.name);
        let uses = info.get_entry_point(0);
        let mut found = vec![None; columns(stage).len()];
        let mut storage = 0;
        for (handle, global) in module.global_variables.iter() {
            let Some(binding) = &global.binding else {
                assert!(matches!(global.space, naga::AddressSpace::WorkGroup | naga::AddressSpace::Private), "{}", stage.name);
                continue;
            };
            let name = global.name.as_deref().unwrap();
            found[binding.binding as usize] = Some(name.to_owned());
            let wanted = if stage.reads.contains(&name) || name == "params" {
                GlobalUse::READ
            } else if stage.writes.contains(&name) {
                GlobalUse::WRITE
            } else if stage.owns.contains(&name) {
                GlobalUse::READ | GlobalUse::WRITE
            } else {
                assert!(stage.adds.contains(&name), "{}: {name} is in no column of its row", stage.name);
                let naga::TypeInner::Array { base, .. } = module.types[global.ty].inner else { panic!("{name} is no array") };
                assert!(
                    matches!(module.types[base].inner, naga::TypeInner::Atomic(_)),
                    "{}: {name} is added to without atomics",
                    stage.name
                );
                GlobalUse::ATOMIC
            };
            let seen = uses[handle];
            if wanted == GlobalUse::ATOMIC {
                assert!(!seen.is_empty(), "{}: {name} is never used", stage.name);
            } else {
                assert_eq!(seen, wanted, "{}: {name}", stage.name);
            }
            match global.space {
                naga::AddressSpace::Storage { .. } => storage += 1,
                naga::AddressSpace::Uniform => assert!(name == "params" || name == "clock"),
                other => panic!("{}: {name} lies in {other:?}", stage.name),
            }
        }
        let found: Vec<String> = found.into_iter().map(Option::unwrap_or_default).collect();
        assert_eq!(found, columns(stage), "{}", stage.name);
        assert!(storage <= 8, "{}: {storage} storage buffers, the default limit of WebGPU is 8", stage.name);
    }
}

#[test]
fn kernels_know_no_floating_numbers_and_little_group_memory() {
    for stage in &STEP {
        let (module, _) = compiled(stage);
        for (_, kind) in module.types.iter() {
            if let Some(scalar) = kind.inner.scalar() {
                assert_ne!(scalar.kind, naga::ScalarKind::Float, "{}: {:?}", stage.name, kind.name);
            }
        }
        let mut layouter = naga::proc::Layouter::default();
        layouter.update(module.to_ctx()).unwrap();
        let group = module.global_variables.iter().filter(|(_, global)| global.space == naga::AddressSpace::WorkGroup);
        let bytes: u32 = group.map(|(_, global)| layouter[global.ty].size).sum();
        assert!(bytes <= 16 << 10, "{}: {bytes} B", stage.name);
        assert!(stage.wgsl.is_ascii() && compose::text(stage).is_ascii(), "{}", stage.name);
    }
}

/// Name, size and members (name, offset) of a record.
type Record = (&'static str, usize, Vec<(&'static str, usize)>);

macro_rules! record {
    ($kind:ident: $($field:ident),*) => { (stringify!($kind), size_of::<$kind>(), vec![$((stringify!($field), offset_of!($kind, $field))),*]) };
}

fn records() -> Vec<Record> {
    vec![
        record!(Class: a10, b10, c10, t8, s0, r12, length, vmax10, bc10, sigma10, model, uses, b8, tau8, politeness8, reserved),
        record!(Params: worlds, lanes, controllers, junctions, k, tick_shift, routes, seeds, b_stop10, vcap, claim_distance, courtesy_ticks,
            patience_ticks, loops_at, teleport_ticks, junctions_at, controllers_at, cooldown_ticks, vehicles, loops, classes),
        record!(Lane: length, limit10, flags, place, left, right, conn_start, conn_count, turns, origins, feeder, exit, conflicts,
            signal, siblings, uses),
        record!(Trip: due, cursor, key, traits, x, v, arrive, halts),
        record!(Vehicle: lane, x, v, traits, trip, key, cursor, clock, odo, free_ms, stopped, halt, next),
        record!(Claim: low, high, head, order),
        record!(Entry: trip, x, v),
        record!(Swap: lane, x),
        record!(Sums: present, stopped, driven_q4, length_q4, entered, left, departed, arrived, queue_max, detected, occupied, detected_q8),
        record!(Loop: count, occupied, speed_q8),
        record!(Log: depart, depart_lane, depart_x, depart_v, arrive, arrive_lane, arrive_x, arrive_v, odo, free_ms, stopped, halt),
    ]
}

#[test]
fn records_are_the_same_on_both_sides() {
    let module = naga::front::wgsl::parse_str(compose::RECORDS).unwrap();
    let mut seen = 0;
    for (_, kind) in module.types.iter() {
        let naga::TypeInner::Struct { members, span } = &kind.inner else { continue };
        let name = kind.name.as_deref().unwrap();
        let records = records();
        let (_, size, fields) = records.iter().find(|record| record.0 == name).unwrap_or_else(|| panic!("{name} has no twin here"));
        let theirs: Vec<(&str, usize)> = members.iter().map(|m| (m.name.as_deref().unwrap(), m.offset as usize)).collect();
        assert_eq!(&theirs, fields, "{name}");
        assert_eq!(*span as usize, *size, "{name}");
        seen += 1;
    }
    assert_eq!(seen, records().len());
}

/// Value of a module-scope constant.
fn value(module: &naga::Module, constant: &naga::Constant) -> i64 {
    match module.global_expressions[constant.init] {
        naga::Expression::Literal(naga::Literal::U32(value)) => i64::from(value),
        naga::Expression::Literal(naga::Literal::I32(value)) => i64::from(value),
        ref other => panic!("{:?} is {other:?}", constant.name),
    }
}

macro_rules! constants {
    ($($name:ident),* $(,)?) => { vec![$((stringify!($name), i64::from(layout::$name))),*] };
}

/// Those of a claim's head.
fn of_claims() -> Vec<(&'static str, i64)> {
    constants![CLAIM_ANY, CLAIM_NEAR, CLAIM_CLOSE, CLAIM_WAITED, CLAIM_COMMITTED, CLAIM_STOPPED, CLAIM_PATIENT, CLAIM_STANDOFF,]
}

#[test]
#[expect(clippy::too_many_lines, reason = "a list of names, one a line")]
fn constants_are_the_same_on_both_sides() {
    let mut host = constants![
        NONE,
        ROUTE_END,
        FREE_SPEED,
        FREE_GAP,
        NO_BOUND,
        NOWHERE,
        BESIDE,
        WAY_MASK,
        WAY_END,
        WAY_NONE,
        LANE_CONNECTOR,
        LANE_CHANGE_LEFT,
        LANE_CHANGE_RIGHT,
        LANE_KEEP_CLEAR,
        LANE_RULE_SHIFT,
        LANE_TURN_SHIFT,
        LANE_ROUNDABOUT,
        LANE_CHOICE,
        LANE_WATCHED,
        LANE_ZIP,
        FLAG_HALTS,
        FLAG_WANT_LEFT,
        FLAG_WANT_RIGHT,
        FLAG_CUT,
        FLAG_STANDS,
        INTENT_SHIFT,
        FORCED_REROUTE,
        FORCED_ROTATE,
        FORCED_CUT,
        FORCED_TELEPORT,
        CONFLICT_MERGE,
        CONFLICT_I_YIELD,
        CONFLICT_FOE_YIELDS,
        GATE_CLOSED,
        GATE_OPEN,
        GATE_AMBER,
        GATE_WAS_OPEN,
        MARK_WANT_LEFT,
        MARK_WANT_RIGHT,
        MARK_CUT,
        MARK_STANDS,
        ASPECT_RED,
        ASPECT_AMBER,
        ASPECT_GREEN,
        ASPECT_PERMISSIVE,
        ASPECT_RED_AMBER,
        ASPECT_OFF,
        ASPECT_STOP_GO,
        COUNTER_CLAMPS,
        COUNTER_COURTESY,
        COUNTER_REROUTED,
        COUNTER_ROTATED,
        COUNTER_TELEPORTED,
        COUNTER_MISSED,
        COUNTER_HOPS,
        COUNTER_MISSED_HALTS,
        COUNTER_FAULTS,
        COUNTER_FAULT_LANE,
        COUNTER_INFORMED,
        COUNTERS,
        CUT_LANES,
        EVENT_SLOTS,
        EVENT_HEAD,
        EVENT_WORDS,
        RUNG_COURTESY,
        RUNG_REROUTE,
        RUNG_ROTATE,
        RUNG_TELEPORT,
        RUNG_MISSED,
        POLICY_FIXED,
        POLICY_ACTUATED,
        POLICY_MAX_PRESSURE,
    ];
    host.extend(of_claims());
    host.push(("PURPOSE_NOISE", forecity::random::Purpose::Noise as i64));
    host.sort_unstable();
    let module = naga::front::wgsl::parse_str(compose::RECORDS).unwrap();
    let mut kernels: Vec<(&str, i64)> =
        module.constants.iter().map(|(_, one)| (one.name.as_deref().unwrap(), value(&module, one))).collect();
    kernels.sort_unstable();
    assert_eq!(kernels, host);
}

/// `NAME: type = literal;` of a text, digits without separators.
fn literals(text: &str) -> Vec<(String, String)> {
    let constant = |line: &str| {
        let (name, rest) = line.trim_start().strip_prefix("pub ").unwrap_or(line.trim_start()).strip_prefix("const ")?.split_once(':')?;
        let value = rest.split_once('=')?.1.split_once(';')?.0.trim().trim_end_matches('u').replace('_', "");
        Some((name.to_owned(), value))
    };
    text.lines().filter_map(constant).filter(|(_, value)| value.bytes().all(|digit| digit.is_ascii_digit())).collect()
}

/// Constants of a stage stand in both files: a number changed on one side alone is found before a run differs.
#[test]
fn constants_of_stages_are_the_same_on_both_sides() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/stages");
    let mut compared = 0;
    for (stem, wgsl) in STEP.iter().map(|stage| (stage.name, stage.wgsl)).chain([("roads", compose::ROADS)]) {
        let mut host = literals(&std::fs::read_to_string(folder.join(format!("{stem}.rs"))).unwrap());
        for part in std::fs::read_dir(folder.join(stem)).into_iter().flatten() {
            host.extend(literals(&std::fs::read_to_string(part.unwrap().path()).unwrap()));
        }
        let kernel = literals(wgsl);
        // How the CPU cuts its work is its own affair.
        for (name, theirs) in host.iter().filter(|(name, _)| !name.ends_with("_A_PIECE")) {
            let Some((_, ours)) = kernel.iter().find(|(own, _)| own == name) else { panic!("{stem}.wgsl has no {name}") };
            assert_eq!(ours, theirs, "{stem}: {name}");
            compared += 1;
        }
    }
    assert!(compared > 40, "{compared}");
}

/// Each bit of a fault stands in both files, is one bit, and has its words.
#[test]
fn faults_are_the_same_on_both_sides() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let of = |path: &str| literals(&std::fs::read_to_string(folder.join(path)).unwrap());
    let (host, kernel) = (of("src/stages/faults.rs"), of("shaders/shared/faults.wgsl"));
    assert_eq!(host, kernel);
    let bits: Vec<String> = CAUSES.iter().map(|cause| cause.bit.to_string()).collect();
    assert_eq!(host.iter().map(|(_, bit)| bit.clone()).collect::<Vec<_>>(), bits);
    assert!(CAUSES.iter().zip(0..).all(|(cause, place)| cause.bit == 1 << place && !cause.what.is_empty()));
}
