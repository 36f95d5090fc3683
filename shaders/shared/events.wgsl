// A row of its world's list of interventions, for stages that bind `counters`. Its order means nothing; the host sorts. Twin: src/stages/events.rs.
fn event(rung: u32, waited: u32, trip: u32, key: u32) {
    let at = COUNTERS * (1u + params.worlds);
    let world = key / params.lanes;
    let n = atomicAdd(&counters[at + world], 1u);
    if n < EVENT_SLOTS {
        // Behind the lengths of all lists, which fill a multiple of EVENT_HEAD words.
        let rows = at + (params.worlds + EVENT_HEAD - 1u) / EVENT_HEAD * EVENT_HEAD;
        let to = rows + (world * EVENT_SLOTS + n) * EVENT_WORDS;
        atomicStore(&counters[to], atomicLoad(&counters[0]));
        atomicStore(&counters[to + 1u], rung | (waited << 8u));
        atomicStore(&counters[to + 2u], trip);
        atomicStore(&counters[to + 3u], key);
    }
}
