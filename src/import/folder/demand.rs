//! Tables of the demand: zones, classes, modes, paths, trips, halts, detectors.

use crate::city::{City, DepartPos, DepartSpeed, Following};
use crate::import::Imported;
use crate::import::folder::{Table, cells, coordinate, names, plain};
use std::collections::BTreeMap;

/// All tables of the demand; those without rows are left out, but for classes and modes.
pub fn tables(imported: &Imported) -> Vec<Table> {
    let city = &imported.city;
    let mut tables = Vec::new();
    if !city.zones.is_empty() {
        tables.push(zones(city));
    }
    tables.extend([classes(city), modes(city)]);
    if !city.trips.is_empty() {
        tables.extend(trips(city));
    }
    if city.trips.iter().any(|trip| !trip.halts.is_empty()) {
        tables.push(halts(city));
    }
    if !city.detectors.is_empty() {
        tables.push(detectors(city));
    }
    tables
}

fn zones(city: &City) -> Table {
    let mut table = Table::new("zone.csv", "zone_id,name,boundary,x_coord,y_coord,population,jobs,income_decile,origins,destinations");
    let list = |links: &[usize]| links.iter().map(|link| city.links[*link].id.as_str()).collect::<Vec<&str>>().join(" ");
    for zone in &city.zones {
        cells(
            &mut table,
            [
                zone.id.clone(),
                zone.name.clone(),
                String::new(),
                coordinate(zone.at_m[0]),
                coordinate(zone.at_m[1]),
                plain(zone.population),
                plain(zone.jobs),
                zone.income_decile.to_string(),
                list(&zone.origins),
                list(&zone.destinations),
            ],
        );
    }
    table
}

fn classes(city: &City) -> Table {
    let mut table = Table::new(
        "use_definition.csv",
        "use,persons_per_vehicle,pce,class_of,length_m,width_m,max_speed_mps,accel_mps2,decel_mps2,emergency_decel_mps2,headway_s,min_gap_m,\
         speed_factor,speed_dev,speed_factor_min,speed_factor_max,noise,following",
    );
    for class in &city.classes {
        // Space in a standing queue against that of a car.
        let pce = ((class.length_m + class.min_gap_m) / 7.5 * 100.0).round() / 100.0;
        let law = if class.following == Following::Idm { "idm" } else { "krauss" };
        cells(
            &mut table,
            [
                class.id.clone(),
                plain(class.persons),
                plain(pce),
                names(class.uses),
                plain(class.length_m),
                plain(class.width_m),
                plain(class.max_speed_mps),
                plain(class.accel_mps2),
                plain(class.decel_mps2),
                plain(class.emergency_decel_mps2),
                plain(class.headway_s),
                plain(class.min_gap_m),
                plain(class.speed_factor),
                plain(class.speed_dev),
                plain(class.speed_factor_range[0]),
                plain(class.speed_factor_range[1]),
                plain(class.noise),
                law.into(),
            ],
        );
    }
    table
}

fn modes(city: &City) -> Table {
    let mut table = Table::new("mode.csv", "mode,class,weight");
    for mode in &city.modes {
        for (class, weight) in &mode.mix {
            cells(&mut table, [mode.id.clone(), city.classes[*class].id.clone(), plain(*weight)]);
        }
    }
    table
}

fn trips(city: &City) -> [Table; 2] {
    let mut paths = Table::new("path.csv", "path_id,link_ids");
    let mut table =
        Table::new("trip.csv", "trip_id,mode,depart,origin,destination,path_id,depart_lane,depart_pos_m,depart_speed_mps,arrive_pos_m");
    let mut known: BTreeMap<&[usize], String> = BTreeMap::new();
    let zone = |slot: Option<usize>| slot.map_or_else(String::new, |slot| city.zones[slot].id.clone());
    for trip in &city.trips {
        let next = format!("p{}", known.len() + 1);
        let path = known.entry(trip.path.as_slice()).or_insert_with(|| {
            let ids: Vec<&str> = trip.path.iter().map(|link| city.links[*link].id.as_str()).collect();
            cells(&mut paths, [next.clone(), ids.join(" ")]);
            next
        });
        cells(
            &mut table,
            [
                trip.id.clone(),
                city.modes[trip.mode].id.clone(),
                plain(trip.depart_s),
                zone(trip.origin),
                zone(trip.destination),
                path.clone(),
                trip.depart_lane.map_or_else(String::new, |lane| lane.to_string()),
                match trip.depart_pos {
                    DepartPos::Base => String::new(),
                    DepartPos::At(at_m) => plain(at_m),
                },
                match trip.depart_speed {
                    DepartSpeed::Max => String::new(),
                    DepartSpeed::At(speed_mps) => plain(speed_mps),
                },
                trip.arrive_pos_m.map_or_else(String::new, plain),
            ],
        );
    }
    [paths, table]
}

fn halts(city: &City) -> Table {
    let mut table = Table::new("halt.csv", "trip_id,lane_id,at_m,dwell_s,until_s");
    for trip in &city.trips {
        for halt in &trip.halts {
            let until = if halt.until_s.is_nan() { String::new() } else { plain(halt.until_s) };
            cells(&mut table, [trip.id.clone(), city.lanes[halt.lane].id.clone(), plain(halt.at_m), plain(halt.dwell_s), until]);
        }
    }
    table
}

fn detectors(city: &City) -> Table {
    let mut table = Table::new("detector.csv", "detector_id,lane_id,at_m");
    for detector in &city.detectors {
        cells(&mut table, [detector.id.clone(), city.lanes[detector.lane].id.clone(), plain(detector.at_m)]);
    }
    table
}
