// A row of the list of interventions, for stages that bind `counters`. Its order means nothing; the host sorts. Twin: src/stages/events.rs.
fn event(rung: u32, waited: u32, trip: u32, key: u32) {
    let at = COUNTERS * (1u + params.worlds);
    let n = atomicAdd(&counters[at], 1u);
    if n < EVENT_SLOTS {
        let to = at + EVENT_HEAD + n * EVENT_WORDS;
        atomicStore(&counters[to], atomicLoad(&counters[0]));
        atomicStore(&counters[to + 1u], rung | (waited << 8u));
        atomicStore(&counters[to + 2u], trip);
        atomicStore(&counters[to + 3u], key);
    }
}
