//! The codes. A number never changes its meaning; `forecity info C211` prints its page.

/// One code.
pub struct Code {
    /// Number, printed as `C211`.
    pub number: u16,
    /// Title.
    pub title: &'static str,
    /// What it means and what to do.
    pub page: &'static str,
}

impl Code {
    /// The code of a number.
    #[must_use]
    pub fn find(number: u16) -> Option<&'static Code> {
        CODES.iter().find(|c| c.number == number)
    }
}

const fn code(number: u16, title: &'static str, page: &'static str) -> Code {
    Code { number, title, page }
}

/// All codes, ascending.
#[rustfmt::skip]
pub const CODES: &[Code] = &[
    code(101, "a file cannot be read", "The file is missing, is not a regular file, is too large, or is not UTF-8 text.\nPaths in a study are relative to the study file; a city is a folder.\nDo: check the name; save the file as UTF-8."),
    code(102, "the file is not TOML or CSV", "The text breaks the grammar of its format, so nothing behind this place is trusted. Only the first such fault is shown.\nTOML: strings stand in double quotes, one key a line, tables in [brackets]; inline tables stand on one line.\nCSV: a header row, commas, fields with commas in double quotes, the same number of fields in each row."),
    code(103, "unknown key", "The study has a key, verb or table that does not exist. Nothing unknown is passed over, because a misspelt key would change the answer in silence.\nDo: correct it as the hint says; `forecity schema study` lists all keys."),
    code(104, "unknown column or table", "A CSV file of the city has a column that is not read, or a row that is not used. It is ignored and said once a file.\nDo: nothing, if the column is for other programs; else correct its name."),
    code(105, "format too new or too old", "`format` says for which version of the study format the file was written; this program reads format 1.\nDo: write `format = 1`, or use a newer forecity."),
    code(106, "a table or column is required", "Something must be there and is not: a [table] or key of the study, a file or column of the city.\nDo: add it; the hint gives a line that works."),
    code(107, "wrong kind of value", "A text stands where a number is wanted, a number where a text is wanted, or a cell of a table is not a number.\nDo: write it as the hint shows. Decimal point, no thousands separator."),
    code(109, "not one of the words allowed here", "The value must be one of a short list of words; the hint names them.\nExample: policy = \"fixed\" | \"actuated\" | \"max-pressure\" | \"off\" | \"flashing\"."),
    code(110, "read, but not done by this version", "The study asks for something that its format has and this version does not do yet. It is checked like the rest, and said here, so that nobody takes its absence from the result for an answer.\nDo: nothing; or remove it, to be rid of the warning."),
    code(111, "not carried out by this version", "The study asks for something that would change its numbers or its files, and that this version does not carry out: some actions, equilibrium routing, a system beside traffic. `check` says so and goes on; `run` refuses, because a result without it would answer another question.\nDo: remove it, or wait for the version that has it. The study need not change then."),
    code(112, "it does nothing here", "A key of the study is right, but what stands beside it leaves it nothing to do: a share of informed drivers where the method of routing informs nobody.\nDo: remove it, or choose the method that it belongs to."),
    code(201, "missing unit", "Every quantity carries its unit: limit = \"30 km/h\", never limit = 30.\nBare numbers are for counts, shares, ids and coordinates only."),
    code(202, "unknown unit", "The unit does not exist or measures something else. One blank stands between number and unit.\nms s min h d | mm cm m km ft mi | m/s km/h mph | m/s2 | veh/h trips/h | % | g kg t | W kW MW | Wh kWh MWh | l m3 l/s m3/h | mm/h | kPa bar | deg | C | ISO 4217 money"),
    code(203, "undefined reference between tables", "A row names a node, link, lane, zone, class, path or controller that no table defines.\nDo: correct the id, or add the row; the hint gives the nearest id there is."),
    code(204, "duplicate id", "Two rows of a table, two variants or two actions have the same id. Ids are names: they must be unique.\nDo: rename or remove one of the two."),
    code(211, "a road matches none or several", "`road` must name exactly one road: a chain of links of that name (gaps up to 150 m are bridged).\nCase, accents and repeated blanks are ignored, nothing else.\nDo: correct the name, or narrow it with near = \"...\", way, from_crossing, to_crossing; or name one link by its id: \"#n1_2_n1_3\"."),
    code(212, "a junction matches none or several", "`at = \"A Street & B Street\"` must be the one junction where both roads meet; `\"#id\"` names a node by its id.\nDo: choose one of the candidates by its id."),
    code(213, "a zone, stop or element is not there", "The name is neither a name nor an id in the table of the city.\nDo: take the nearest name of the hint, or look at zone.csv."),
    code(214, "an action does not fit what it names", "The thing is there, but cannot be changed so: a signal where there is none, a lane that the road does not have, a turn that was never built, a cycle without green.\nDo: see the hint, or look at the city with `forecity check --resolved`."),
    code(221, "a circle of variants", "`from` must lead back to base. A variant that inherits from itself, directly or not, has no meaning.\nDo: remove one `from`."),
    code(222, "unknown path of a sweep", "An axis of [sweep] is a path: demand.KEY, model.KEY, time.KEY, or do.ID.FIELD, where ID is the id of an action and FIELD one that this action has.\nDo: give the action an id, or correct the path."),
    code(223, "unknown measure", "report.measures and runs.until name measures as NAME.STATISTIC: travel_time.mean, delay.p95, vkt.total.\nDo: take one of those that the hint lists."),
    code(230, "out of range", "The value lies outside what the laws and number formats of the engine admit: speeds to 64 m/s, accelerations 0.25 to 4 m/s2, braking to 12 m/s2, time gaps 0.125 to below 4 s, standstill gaps 0.5 to 8 m, lanes of 0.1 m to 2097 km.\nDo: use a value in the range printed."),
    code(231, "the value used differs from the one written", "The engine computes in integers. A value that they hold only to worse than 0.1 %, or one that is clamped to the range of the laws, is used as printed.\nDo: nothing, or write the value that is used."),
    code(232, "an action changes nothing", "Everything is already as the action says, nobody is touched by it, or its part of the day lies outside the run. It is done nevertheless, and the variant equals the one before it.\nDo: correct the action, or remove it."),
    code(233, "turns go with a lane", "A lane is given to others up to the junction, and no other lane of the street leads where its turns led. Who would turn there takes another way, or has none.\nDo: take another lane or a part of the street, or say in the report that these turns are banned."),
    code(301, "zone without road", "Trips start or end in a zone that has no link where they could.\nDo: list links in zone.csv (origins, destinations), or move the zone's centre near a road."),
    code(302, "no path", "There is no way from origin to destination, or a given path names links that are not joined by a movement its vehicle may use.\nDo: look at the turn named; add the movement or change the path."),
    code(303, "conflicting phases both green", "A signal shows protected green (G) to two movements that cross. One of them must yield (g).\nDo: change the aspects of the phase named."),
    code(304, "movement without lane", "A movement leaves or enters a lane that its link does not have, or a link that does not touch the movement's node.\nDo: correct start_ib_lane .. end_ob_lane; GMNS counts lanes from the left, from 1."),
    code(305, "isolated part", "Some links cannot be reached from the largest part of the network, or cannot reach it.\nTrips there find no path. Do: check one-way streets and missing movements at the places named."),
    code(306, "no demand", "The city has neither trip.csv nor od.csv and the study names no trips: nobody would move.\nDo: add `trips` to [demand], or import with --demand."),
    code(307, "derived where the files are silent", "The folder has no movements, conflicts or signal plans, so they were derived from geometry. They are plausible, not surveyed.\nDo: add movement.csv, conflict.csv, signal_controller.csv with what is really there."),
    code(310, "feeder without source", "A part of the power network has no source.\nDo: close a switch or add a generator; otherwise its load is counted as unserved."),
    code(311, "pump without bus", "A pump is listed as electric, but no bus feeds it.\nDo: add the row to dependency.csv."),
    code(401, "no such device", "The device asked for is not there.\nDo: `forecity info` lists the devices; --device cpu always works."),
    code(402, "self-test differs", "The device computes another result than the processor in the start-up test, so its results cannot be trusted.\nDo: update its driver, or use --device cpu."),
    code(403, "not enough memory", "The batch of worlds does not fit into the memory of the device.\nDo: use the number of worlds named (--worlds), or another device."),
    code(404, "device lost", "The driver gave the device up in the middle of a run.\nDo: run again; finished batches are kept."),
    code(405, "device not usable", "The device is there, but lacks something that the engine needs.\nDo: use --device cpu."),
    code(412, "no display", "A window was asked for where there is none.\nDo: forecity view --render out.png."),
    code(420, "disk full", "The results do not fit on the disk. What was finished is kept.\nDo: free space and run the same command again; it resumes."),
    code(501, "forced moves", "Vehicles were moved by the last rungs of the gridlock ladder (rotate, teleport) more often than the limit admits. The result is marked invalid.\nDo: look at the interventions table for the place; it is gridlock, not traffic."),
    code(502, "refused demand", "More trips than the limit admits still waited outside the network at the end.\nDo: lower the demand, lengthen `drain`, or read the result as a lower bound."),
    code(503, "unfinished trips", "More trips than the limit admits were still driving at the end.\nDo: lengthen `drain`."),
    code(504, "ledger does not close", "Vehicles were lost or made: a defect of the program, not of your input.\nDo: please report it, with the manifest."),
    code(505, "collision", "Two vehicles overlapped: a defect of the program, not of your input.\nDo: please report it, with the manifest."),
    code(506, "the dynamics broke a promise", "Vehicles of a lane were out of order, overlapped, left it or got lost; the run was stopped at the next look. What was seen until then is kept and marked invalid. It is a defect of the program or of the device, not of your input.\nDo: run it once more with --device cpu; please report it, with the study, the seed and the snapshot beside the manifest."),
    code(510, "the result differs", "A rerun gave another row than the published result; the first such row is printed.\nDo: compare version and input hashes in both manifests."),
    code(521, "a published table could be attacked", "Small groups can be reconstructed from the tables that were to be published; nothing was written.\nDo: raise min_group or drop a split."),
    code(601, "approximated on import", "The importer represented something by the nearest thing this program has; the count and the worst places are listed."),
    code(602, "ignored on import", "The importer read something this program has no use for; it is counted by kind."),
    code(603, "repaired on import", "The importer mended a defect of the source; each is listed in import.json."),
    code(604, "the source cannot be imported", "A file to be imported is broken or is of no known format.\nDo: look at the place named."),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_ascend_and_have_pages() {
        assert!(CODES.windows(2).all(|c| c[0].number < c[1].number));
        assert!(CODES.iter().all(|c| !c.title.is_empty() && c.page.len() > 40));
    }
}
