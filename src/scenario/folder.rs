//! A city folder: its tables as written, GMNS names and columns.

use crate::diagnostic::{Diagnostic, Diagnostics, Place};
use crate::scenario::source;
use crate::scenario::table::{Form, Table};
use crate::{ids, units};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Tables that are read.
#[rustfmt::skip]
pub const FORMS: &[Form] = &[
    Form { file: "config.csv", required: &[], known: &["dataset_name", "short_length", "long_length", "speed", "crs", "geometry_field_format", "currency", "version_number", "id_type", "drive_side"] },
    Form { file: "node.csv", required: &["node_id", "x_coord", "y_coord"], known: &["name", "ctrl_type", "zone_id", "parent_node_id", "z_coord", "node_type"] },
    Form { file: "link.csv", required: &["link_id", "from_node_id", "to_node_id", "directed"], known: &["name", "geometry", "geometry_id", "length", "facility_type", "free_speed", "lanes", "allowed_uses", "priority", "parent_link_id", "dir_flag", "grade", "capacity", "toll", "bike_facility", "ped_facility", "parking"] },
    Form { file: "lane.csv", required: &["lane_id", "link_id", "lane_num"], known: &["allowed_uses", "l_barrier", "r_barrier", "width", "start_m", "end_m", "length_m", "speed_kmh", "geometry"] },
    Form { file: "movement.csv", required: &["mvmt_id", "node_id", "ib_link_id", "ob_link_id", "type"], known: &["start_ib_lane", "end_ib_lane", "start_ob_lane", "end_ob_lane", "ctrl_type", "allowed_uses", "geometry", "length_m", "speed_kmh", "controller_id", "signal_index", "keep_clear", "penalty", "capacity", "mvmt_code"] },
    Form { file: "conflict.csv", required: &["mvmt_a", "mvmt_b"], known: &["kind", "a_yields", "b_yields", "a_from_m", "a_to_m", "b_from_m", "b_to_m"] },
    Form { file: "geometry.csv", required: &["geometry_id", "geometry"], known: &[] },
    Form { file: "signal_controller.csv", required: &["controller_id"], known: &["policy", "offset_s"] },
    Form { file: "signal_timing_plan.csv", required: &["timing_plan_id", "controller_id"], known: &["cycle_length", "timeday_id", "offset_s"] },
    Form { file: "signal_timing_phase.csv", required: &["timing_phase_id", "timing_plan_id", "signal_phase_num"], known: &["duration_s", "min_green", "max_green", "aspects", "ring", "barrier", "position", "extension", "clearance", "yellow_s", "all_red_s"] },
    Form { file: "signal_phase_mvmt.csv", required: &["timing_phase_id"], known: &["mvmt_id", "link_id", "protection", "signal_phase_mvmt_id"] },
    Form { file: "zone.csv", required: &["zone_id"], known: &["name", "boundary", "super_zone", "x_coord", "y_coord", "population", "jobs", "income_decile", "origins", "destinations"] },
    Form { file: "use_definition.csv", required: &["use"], known: &["persons_per_vehicle", "pce", "class_of", "length_m", "width_m", "max_speed_mps", "accel_mps2", "decel_mps2", "emergency_decel_mps2", "headway_s", "min_gap_m", "speed_factor", "speed_dev", "speed_factor_min", "speed_factor_max", "noise", "following", "special_conditions", "description"] },
    Form { file: "use_group.csv", required: &["use_group", "uses"], known: &["description"] },
    Form { file: "mode.csv", required: &["mode", "class"], known: &["weight"] },
    Form { file: "trip.csv", required: &["trip_id", "mode", "depart"], known: &["origin", "destination", "persons", "income_decile", "path_id", "depart_lane", "depart_pos_m", "depart_speed_mps", "arrive_pos_m"] },
    Form { file: "path.csv", required: &["path_id", "link_ids"], known: &[] },
    Form { file: "halt.csv", required: &["trip_id", "lane_id", "at_m"], known: &["dwell_s", "until_s"] },
    Form { file: "od.csv", required: &["origin_zone_id", "destination_zone_id", "mode", "time_from", "time_to", "trips"], known: &[] },
    Form { file: "detector.csv", required: &["detector_id", "lane_id", "at_m"], known: &[] },
];

/// Tables that the format knows and this version does not read.
const NOT_READ: &[&str] = &[
    "link_tod.csv",
    "lane_tod.csv",
    "movement_tod.csv",
    "time_set_definitions.csv",
    "location.csv",
    "segment.csv",
    "segment_lane.csv",
    "segment_tod.csv",
    "population.csv",
    "signal_coordination.csv",
    "signal_detector.csv",
    "dependency.csv",
];
/// Tables that are read elsewhere.
const ELSEWHERE: &[&str] = &["alias.csv", "counts.csv"];

/// A folder.
#[derive(Clone, Debug, Default)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// As the user named it.
    pub name: String,
    /// Its tables, by file name.
    pub tables: BTreeMap<&'static str, Table>,
}

impl Folder {
    /// Reads all tables that are there. C106 if the two without which there is no city are missing.
    pub fn read(path: &Path, name: &str, found: &mut Diagnostics) -> Folder {
        let mut folder = Folder { path: path.to_path_buf(), name: name.trim_end_matches('/').to_owned(), tables: BTreeMap::new() };
        let mut files: Vec<String> = match std::fs::read_dir(path) {
            Ok(entries) => entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).filter(|f| f.ends_with(".csv")).collect(),
            Err(e) => {
                let message = format!("cannot read the folder \"{name}\": {}", source::reason(&e));
                let hint = "a city is a folder with node.csv and link.csv; or use grid:13x7".to_owned();
                found.push(Diagnostic::error(101, message).at(&Place::file(name), "").hint(hint));
                return folder;
            }
        };
        files.sort();
        for file in &files {
            let shown = folder.shown(file);
            if let Some(form) = FORMS.iter().find(|f| f.file == file) {
                if let Some(table) = Table::read(&path.join(file), &shown, form, found) {
                    folder.tables.insert(form.file, table);
                }
            } else if NOT_READ.contains(&file.as_str()) {
                found.push(Diagnostic::warning(110, format!("{file} is not read by this version")).at(&Place::file(&shown), ""));
            } else if !ELSEWHERE.contains(&file.as_str()) {
                let near = ids::nearest(file, FORMS.iter().map(|f| f.file)).map(|n| format!("did you mean {n}?"));
                found.push(
                    Diagnostic::warning(104, format!("{} is not a table of a city", units::short(file)))
                        .at(&Place::file(&shown), "")
                        .hint(near),
                );
            }
        }
        for file in ["node.csv", "link.csv"] {
            if !files.iter().any(|f| f == file) {
                let message = format!("\"{name}\" has no {file}");
                let hint = "a city is a folder with node.csv and link.csv; `forecity import` writes one".to_owned();
                found.push(Diagnostic::error(106, message).at(&Place::file(name), "").hint(hint));
            }
        }
        folder
    }

    /// How a file of it is named.
    #[must_use]
    pub fn shown(&self, file: &str) -> String {
        format!("{}/{file}", self.name)
    }

    /// A table, if it is there.
    #[must_use]
    pub fn table(&self, file: &str) -> Option<&Table> {
        self.tables.get(file)
    }
}
