//! Results under SUMO's names: tripinfo, edgedata, summary, fcd. One file a run; times count from midnight.
//!
//! What means something else here: `timeLoss` is our `delay_s` (without the wait outside, planned halts left out); `departDelay` counts from
//! the wished departure to the tick of entry; `edgedata` holds lanes only, nothing of the junctions.

use super::table::Scene;
use super::tables::{link_delay_s, place, road_delay_ms, road_ticks, trip, wait_ticks};
use crate::city::junction::curve;
use crate::observe::{LinkInterval, Status, TripRow};
use std::io::{self, Write};

/// Head of every file.
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- written by forecity; timeLoss leaves out the wait outside the network and planned halts; edges hold their lanes only -->\n";

/// Writes one document of a run.
pub type Writer = fn(&Scene<'_>, &mut dyn Write) -> io::Result<()>;

/// The kinds there are: file stem and writer.
pub const KINDS: [(&str, Writer); 4] = [("tripinfo", tripinfo), ("edgedata", edgedata), ("summary", summary), ("fcd", fcd)];

/// Text as an attribute.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Name of a lane, by index in the city.
fn lane_name(scene: &Scene<'_>, lane: u32) -> String {
    escaped(scene.city.lanes.get(lane as usize).map_or("", |lane| &lane.id))
}

/// `tripinfos`: the trips that arrived, in order of arrival.
///
/// # Errors
/// When the sink takes no more.
pub fn tripinfo(scene: &Scene<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEAD}<tripinfos>")?;
    let mut arrived: Vec<&TripRow> = scene.run.trips.iter().filter(|row| row.status == Status::Arrived).collect();
    arrived.sort_by_key(|row| row.arrive_tick);
    for row in arrived {
        let time = |tick: u32| scene.run.start_s + scene.span_s(u64::from(tick));
        let milli = |n: u32| f64::from(n) / 1000.0;
        writeln!(
            out,
            "    <tripinfo id=\"{}\" depart=\"{:.2}\" departLane=\"{}\" departPos=\"{:.2}\" departSpeed=\"{:.2}\" departDelay=\"{:.2}\" arrival=\"{:.2}\" arrivalLane=\"{}\" arrivalPos=\"{:.2}\" arrivalSpeed=\"{:.2}\" duration=\"{:.2}\" routeLength=\"{:.2}\" waitingTime=\"{:.2}\" waitingCount=\"{}\" stopTime=\"{:.2}\" timeLoss=\"{:.2}\" rerouteNo=\"{}\" devices=\"\" vType=\"{}\" speedFactor=\"{:.2}\" vaporized=\"\"/>",
            escaped(&row.id),
            time(row.depart_tick),
            lane_name(scene, row.depart_lane),
            milli(row.depart_pos_mm),
            milli(row.depart_speed_mmps),
            scene.span_s(wait_ticks(scene.run, row)),
            time(row.arrive_tick),
            lane_name(scene, row.arrive_lane),
            milli(row.arrive_pos_mm),
            milli(row.arrive_speed_mmps),
            scene.span_s(road_ticks(scene.run, row)),
            row.length_mm as f64 / 1000.0,
            scene.span_s(u64::from(row.stopped_ticks)),
            row.stops,
            scene.span_s(u64::from(row.halt_ticks)),
            road_delay_ms(scene.run, row) as f64 / 1000.0,
            row.reroutes,
            escaped(scene.city.classes.get(row.class as usize).map_or("", |class| &class.id)),
            f64::from(row.speed_factor_q12) / 4096.0,
        )?;
    }
    writeln!(out, "</tripinfos>")
}

/// `meandata`: links by interval; attributes besides `sampledSeconds` only where somebody was.
///
/// # Errors
/// When the sink takes no more.
pub fn edgedata(scene: &Scene<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEAD}<meandata>")?;
    let mut open: Option<(u32, u32)> = None;
    for row in &scene.run.links {
        if open != Some((row.from_tick, row.to_tick)) {
            if open.is_some() {
                writeln!(out, "    </interval>")?;
            }
            let time = |tick: u32| scene.run.start_s + scene.span_s(u64::from(tick));
            writeln!(out, "    <interval begin=\"{:.2}\" end=\"{:.2}\" id=\"forecity\">", time(row.from_tick), time(row.to_tick))?;
            open = Some((row.from_tick, row.to_tick));
        }
        edge(scene, row, out)?;
    }
    if open.is_some() {
        writeln!(out, "    </interval>")?;
    }
    writeln!(out, "</meandata>")
}

/// One edge of one interval.
fn edge(scene: &Scene<'_>, row: &LinkInterval, out: &mut dyn Write) -> io::Result<()> {
    let Some(link) = scene.city.links.get(row.link as usize) else { return Ok(()) };
    let seconds = scene.span_s(row.present_ticks);
    write!(out, "        <edge id=\"{}\" sampledSeconds=\"{seconds:.2}\"", escaped(&link.id))?;
    if row.present_ticks > 0 {
        let span_s = scene.span_s(u64::from(row.to_tick - row.from_tick)).max(1e-9);
        let speed_mps = row.driven_q4 as f64 / 16.0 / seconds;
        let (lanes, length_m) = (link.lanes.len().max(1) as f64, link.length_m.max(0.001));
        let density = seconds / span_s / length_m * 1000.0;
        let covered = row.length_cm_ticks as f64 / 100.0 * f64::from(scene.run.step_ms) / 1000.0;
        if speed_mps > 0.0 {
            write!(out, " traveltime=\"{:.2}\"", length_m / speed_mps)?;
        }
        write!(
            out,
            " density=\"{density:.2}\" laneDensity=\"{:.2}\" occupancy=\"{:.2}\" waitingTime=\"{:.2}\" timeLoss=\"{:.2}\" speed=\"{speed_mps:.2}\"",
            density / lanes,
            100.0 * covered / (span_s * lanes * length_m),
            scene.span_s(row.stopped_ticks),
            link_delay_s(scene, row),
        )?;
    }
    writeln!(
        out,
        " departed=\"{}\" arrived=\"{}\" entered=\"{}\" left=\"{}\"/>",
        row.departed_veh, row.arrived_veh, row.entered_veh, row.left_veh
    )
}

/// `summary`: the network step by step.
///
/// # Errors
/// When the sink takes no more.
pub fn summary(scene: &Scene<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEAD}<summary>")?;
    let run = scene.run;
    let mut entries: Vec<(u32, u64)> =
        run.trips.iter().filter(|r| r.depart_tick != u32::MAX).map(|r| (r.depart_tick, wait_ticks(run, r))).collect();
    let mut arrivals: Vec<(u32, u64)> =
        run.trips.iter().filter(|r| r.arrive_tick != u32::MAX).map(|r| (r.arrive_tick, road_ticks(run, r))).collect();
    entries.sort_unstable();
    arrivals.sort_unstable();
    let (mut entered, mut arrived) = (Running::default(), Running::default());
    for row in &run.network {
        let mean_s = |running: &Running| if running.count == 0 { -1.0 } else { scene.span_s(running.ticks) / running.count as f64 };
        entered.advance(&entries, row.tick);
        arrived.advance(&arrivals, row.tick);
        let speed_mps = if row.inside == 0 { -1.0 } else { row.speed_sum_q8 as f64 / 256.0 / f64::from(row.inside) };
        writeln!(
            out,
            "    <step time=\"{:.2}\" loaded=\"{}\" inserted=\"{}\" running=\"{}\" waiting=\"{}\" ended=\"{}\" arrived=\"{}\" collisions=\"{}\" teleports=\"{}\" halting=\"{}\" meanWaitingTime=\"{:.2}\" meanTravelTime=\"{:.2}\" meanSpeed=\"{speed_mps:.2}\"/>",
            run.start_s + scene.span_s(u64::from(row.tick)),
            row.due,
            row.departed,
            row.inside,
            row.waiting_outside,
            row.arrived,
            row.arrived,
            run.validity.collisions,
            row.interventions[3],
            row.stopped,
            mean_s(&entered),
            mean_s(&arrived),
        )?;
    }
    writeln!(out, "</summary>")
}

/// A sum over events until now.
#[derive(Default)]
struct Running {
    count: usize,
    ticks: u64,
}

impl Running {
    /// Takes in the events up to a tick.
    fn advance(&mut self, events: &[(u32, u64)], tick: u32) {
        while let Some(event) = events.get(self.count).filter(|event| event.0 <= tick) {
            self.ticks += event.1;
            self.count += 1;
        }
    }
}

/// `fcd-export`: positions by time step. Nothing where no trajectories were asked for.
///
/// # Errors
/// When the sink takes no more.
pub fn fcd(scene: &Scene<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{HEAD}<fcd-export>")?;
    let mut open = None;
    for row in &scene.run.vehicles {
        if open != Some(row.tick) {
            if open.is_some() {
                writeln!(out, "    </timestep>")?;
            }
            writeln!(out, "    <timestep time=\"{:.2}\">", scene.run.start_s + scene.span_s(u64::from(row.tick)))?;
            open = Some(row.tick);
        }
        let pos_m = f64::from(row.pos_mm) / 1000.0;
        let line = shape(scene, row.lane);
        let at = curve::point_at(line, pos_m);
        let ahead = if line.len() < 2 {
            [0.0, 1.0]
        } else {
            curve::vector(curve::point_at(line, (pos_m - 0.5).max(0.0)), curve::point_at(line, pos_m + 0.5))
        };
        let degrees = libm::atan2(ahead[0], ahead[1]).to_degrees();
        let class = scene.run.trips.get(row.trip as usize).and_then(|trip| scene.city.classes.get(trip.class as usize));
        writeln!(
            out,
            "        <vehicle id=\"{}\" x=\"{:.2}\" y=\"{:.2}\" angle=\"{:.2}\" type=\"{}\" speed=\"{:.2}\" pos=\"{pos_m:.2}\" lane=\"{}\" slope=\"0.00\"/>",
            escaped(trip(scene, row.trip)),
            at[0],
            at[1],
            if degrees < 0.0 { degrees + 360.0 } else { degrees },
            escaped(class.map_or("", |class| &class.id)),
            f64::from(row.speed_mmps) / 1000.0,
            escaped(place(scene, row.lane)),
        )?;
    }
    if open.is_some() {
        writeln!(out, "    </timestep>")?;
    }
    writeln!(out, "</fcd-export>")
}

/// Centre line of a lane, or of a movement behind the lanes.
fn shape<'a>(scene: &Scene<'a>, index: u32) -> &'a [[f64; 2]] {
    let (city, index) = (scene.city, index as usize);
    let Some(lane) = city.lanes.get(index) else {
        return city.movements.get(index - city.lanes.len()).map_or(&[], |m| m.shape_m.as_slice());
    };
    if lane.shape_m.is_empty() { city.links.get(lane.link).map_or(&[], |link| link.shape_m.as_slice()) } else { &lane.shape_m }
}
