//! Tables of the network: nodes, links, lanes, movements, conflicts, signals.

use crate::city::{Aspect, City, Control, DriveSide, Policy, Rule, TimingPlan, Turn};
use crate::import::Imported;
use crate::import::folder::{Table, cells, coordinate, flag, line, names, plain};

/// All tables of the network, in the order of the list of tables.
pub fn tables(imported: &Imported) -> Vec<Table> {
    let city = &imported.city;
    let mut tables = vec![config(imported), nodes(city), links(city), lanes(city), movements(city), conflicts(city)];
    if !city.controllers.is_empty() {
        tables.extend(signals(city));
    }
    tables
}

fn config(imported: &Imported) -> Table {
    let mut table = Table::new(
        "config.csv",
        "dataset_name,short_length,long_length,speed,crs,geometry_field_format,currency,version_number,id_type,drive_side",
    );
    let side = if imported.city.drive_side == DriveSide::Left { "left" } else { "right" };
    cells(&mut table, [&imported.title, "m", "m", "km/h", &imported.city.crs, "WKT", "", "1", "string", side].map(String::from));
    table
}

fn nodes(city: &City) -> Table {
    let mut table = Table::new("node.csv", "node_id,x_coord,y_coord,name,ctrl_type,zone_id,parent_node_id");
    for node in &city.nodes {
        let control = match node.control {
            Control::None => "none",
            Control::Yield => "yield",
            Control::Stop => "stop",
            Control::AllWayStop => "all_way_stop",
            Control::RightBeforeLeft => "right_before_left",
            Control::Signal => "signal",
            Control::Roundabout => "roundabout",
        };
        let (x, y) = (coordinate(node.at_m[0]), coordinate(node.at_m[1]));
        cells(&mut table, [node.id.clone(), x, y, node.name.clone(), control.into(), String::new(), String::new()]);
    }
    table
}

fn links(city: &City) -> Table {
    let mut table = Table::new(
        "link.csv",
        "link_id,from_node_id,to_node_id,directed,name,geometry,length,facility_type,free_speed,lanes,allowed_uses,priority",
    );
    for link in &city.links {
        let uses = city.lanes[link.lanes.clone()].iter().fold(crate::city::Uses::NONE, |sum, lane| sum.with(lane.allowed));
        cells(
            &mut table,
            [
                link.id.clone(),
                city.nodes[link.from].id.clone(),
                city.nodes[link.to].id.clone(),
                "1".into(),
                link.name.clone(),
                line(&link.shape_m),
                plain(link.length_m),
                link.facility.clone(),
                kmh(link.free_speed_mps),
                link.lanes.len().to_string(),
                names(uses),
                link.priority.to_string(),
            ],
        );
    }
    table
}

/// GMNS counts lanes from the left, from 1; here the kerb comes first.
fn number(city: &City, lane: usize) -> usize {
    let lanes = &city.links[city.lanes[lane].link].lanes;
    match city.drive_side {
        DriveSide::Right => lanes.end - lane,
        DriveSide::Left => lane - lanes.start + 1,
    }
}

/// Speeds have ten digits, so that the conversion does not show.
fn kmh(speed_mps: f64) -> String {
    plain((speed_mps * 3.6 * 1.0e6).round() / 1.0e6)
}

fn lanes(city: &City) -> Table {
    let mut table =
        Table::new("lane.csv", "lane_id,link_id,lane_num,allowed_uses,l_barrier,r_barrier,width,start_m,end_m,length_m,speed_kmh,geometry");
    let barrier = |open: bool| if open { "none" } else { "regulatory" }.to_owned();
    for (index, lane) in city.lanes.iter().enumerate() {
        cells(
            &mut table,
            [
                lane.id.clone(),
                city.links[lane.link].id.clone(),
                number(city, index).to_string(),
                names(lane.allowed),
                barrier(lane.change_left),
                barrier(lane.change_right),
                plain(lane.width_m),
                "0".into(),
                plain(lane.length_m),
                plain(lane.length_m),
                kmh(lane.speed_mps),
                line(&lane.shape_m),
            ],
        );
    }
    table
}

fn movements(city: &City) -> Table {
    let mut table = Table::new(
        "movement.csv",
        "mvmt_id,node_id,ib_link_id,start_ib_lane,end_ib_lane,ob_link_id,start_ob_lane,end_ob_lane,type,ctrl_type,allowed_uses,geometry,\
         length_m,speed_kmh,controller_id,signal_index,keep_clear",
    );
    for movement in &city.movements {
        let (from, to) = (number(city, movement.from_lane).to_string(), number(city, movement.to_lane).to_string());
        let turn = match movement.turn {
            Turn::Through => "thru",
            Turn::Right => "right",
            Turn::Left => "left",
            Turn::UTurn => "uturn",
        };
        let rule = match (movement.signal, movement.rule) {
            (Some(_), _) => "signal",
            (None, Rule::Go) => "none",
            (None, Rule::Yield) => "yield",
            (None, Rule::Stop) => "stop",
            (None, Rule::AllWayStop) => "all_way_stop",
        };
        let (controller, position) = movement
            .signal
            .map_or_else(Default::default, |(controller, position)| (city.controllers[controller].id.clone(), position.to_string()));
        cells(
            &mut table,
            [
                movement.id.clone(),
                city.nodes[movement.node].id.clone(),
                city.links[city.lanes[movement.from_lane].link].id.clone(),
                from.clone(),
                from,
                city.links[city.lanes[movement.to_lane].link].id.clone(),
                to.clone(),
                to,
                turn.into(),
                rule.into(),
                names(movement.allowed),
                line(&movement.shape_m),
                plain(movement.length_m),
                kmh(movement.speed_mps),
                controller,
                position,
                flag(movement.keep_clear),
            ],
        );
    }
    table
}

fn conflicts(city: &City) -> Table {
    let mut table = Table::new("conflict.csv", "mvmt_a,mvmt_b,kind,a_yields,b_yields,a_from_m,a_to_m,b_from_m,b_to_m");
    let metres = |value: f64| plain((value * 1000.0).round() / 1000.0);
    for conflict in &city.conflicts {
        cells(
            &mut table,
            [
                city.movements[conflict.a].id.clone(),
                city.movements[conflict.b].id.clone(),
                if conflict.merge { "merge" } else { "cross" }.into(),
                flag(conflict.a_yields),
                flag(conflict.b_yields),
                metres(conflict.area_a_m[0]),
                metres(conflict.area_a_m[1]),
                metres(conflict.area_b_m[0]),
                metres(conflict.area_b_m[1]),
            ],
        );
    }
    table
}

fn signals(city: &City) -> [Table; 3] {
    let mut controllers = Table::new("signal_controller.csv", "controller_id,policy,offset_s");
    let mut plans = Table::new("signal_timing_plan.csv", "timing_plan_id,controller_id,cycle_length,timeday_id,offset_s");
    let mut phases =
        Table::new("signal_timing_phase.csv", "timing_phase_id,timing_plan_id,signal_phase_num,duration_s,min_green,max_green,aspects");
    for controller in &city.controllers {
        let policy = match controller.policy {
            Policy::Fixed => "fixed",
            Policy::Actuated => "actuated",
            Policy::MaxPressure => "max-pressure",
        };
        cells(&mut controllers, [controller.id.clone(), policy.into(), plain(controller.offset_s)]);
        let only = [TimingPlan { id: format!("{}.plan", controller.id), phases: controller.phases.clone(), ..TimingPlan::default() }];
        for plan in if controller.plans.is_empty() { &only[..] } else { &controller.plans[..] } {
            let cycle: f64 = plan.phases.iter().map(|phase| phase.duration_s).sum();
            let offset = plan.offset_s.map_or_else(String::new, plain);
            cells(&mut plans, [plan.id.clone(), controller.id.clone(), plain(cycle), plan.timeday.clone(), offset]);
            for (index, phase) in plan.phases.iter().enumerate() {
                let letters: String = phase.aspects.iter().map(|aspect| letter(*aspect)).collect();
                let number = (index + 1).to_string();
                let [duration, least, most] = [phase.duration_s, phase.min_s, phase.max_s].map(plain);
                cells(&mut phases, [format!("{}.{number}", plan.id), plan.id.clone(), number, duration, least, most, letters]);
            }
        }
    }
    [controllers, plans, phases]
}

fn letter(aspect: Aspect) -> char {
    match aspect {
        Aspect::Red => 'r',
        Aspect::Amber => 'y',
        Aspect::Green => 'G',
        Aspect::Permissive => 'g',
        Aspect::RedAmber => 'u',
        Aspect::Off => 'o',
        Aspect::StopThenGo => 's',
    }
}
