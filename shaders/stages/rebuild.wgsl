// rebuild: write next tick's vehicle array, lane after lane, the front vehicle first. One invocation a key, which owns its slice.
// Twin: src/stages/rebuild.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lanes: array<Lane>;
@group(0) @binding(2) var<storage, read> pool: array<u32>;
@group(0) @binding(3) var<storage, read> trips: array<Trip>;
@group(0) @binding(4) var<storage, read> plan: array<Vehicle>;
@group(0) @binding(5) var<storage, read> lane_start: array<u32>;
@group(0) @binding(6) var<storage, read> lane_next: array<u32>;
@group(0) @binding(7) var<storage, read> entries: array<Entry>;
@group(0) @binding(8) var<storage, read_write> vehicles: array<Vehicle>;

override GROUP: u32 = 64;

/// Without the intent of this tick.
fn settled(v: Vehicle) -> Vehicle {
    var next = v;
    next.clock &= ~(3u << INTENT_SHIFT);
    return next;
}

/// The same of a vehicle that comes from lane `source` onto `own`: it wants nothing yet, and who changed lanes on purpose does not do so again
/// at once. Who comes from the connector before a lane knows its way already.
fn arrived(v: Vehicle, source: u32, own: u32) -> Vehicle {
    var next = settled(v);
    if (lanes[source].flags & LANE_CONNECTOR) == 0u || lanes[source].exit != own {
        next.next = outlook(own, v.cursor, v.key, params.classes[v.traits & 63u].uses);
    }
    next.traits &= ~(FLAG_WANT_LEFT | FLAG_WANT_RIGHT | FLAG_CUT);
    if ((v.clock >> INTENT_SHIFT) & 3u) != 0u {
        next.clock |= params.cooldown_ticks << 16u;
    }
    return next;
}

/// Does `a` stand before the vehicle in slot `at`?
fn before(a: Vehicle, at: u32) -> bool {
    let x = vehicles[at].x;
    if a.x != x {
        return a.x > x;
    }
    let key = vehicles[at].key;
    return a.key < key || (a.key == key && a.trip < vehicles[at].trip);
}

/// Inserts into the slots first..end, which are sorted; slot `end` is free.
fn place(first: u32, end: u32, v: Vehicle) {
    var at = end;
    while at > first {
        if !before(v, at - 1u) {
            break;
        }
        vehicles[at] = vehicles[at - 1u];
        at -= 1u;
    }
    vehicles[at] = v;
}

@compute @workgroup_size(GROUP)
fn rebuild(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let key = id.x + id.y * groups.x * GROUP;
    if key >= params.worlds * params.lanes {
        return;
    }
    let own = key % params.lanes;
    let base = key - own;
    let first = lane_next[key];
    let end = lane_next[key + 1u];
    var n = first;
    for (var row = lane_start[key]; row < lane_start[key + 1u]; row++) {
        if plan[row].lane == key {
            vehicles[n] = settled(plan[row]);
            n += 1u;
        }
    }
    let mine = entries[key];
    let entering = select(0u, 1u, mine.trip != NONE);
    let origins = lanes[own].origins;
    for (var j = 0u; j < pool[origins]; j++) {
        if n + entering >= end {
            break;
        }
        let source = base + pool[origins + 1u + j * 2u];
        let beside = pool[origins + 2u + j * 2u] == BESIDE;
        for (var row = lane_start[source]; row < lane_start[source + 1u]; row++) {
            let goal = plan[row].lane;
            if goal == key {
                place(first, n, arrived(plan[row], source - base, own));
                n += 1u;
            } else if goal == source && !beside {
                break; // nobody overtakes who stays
            }
        }
    }
    for (var at = n + entering; at < end; at++) {
        // Who was promised and did not come: a row that does no harm until the host looks.
        vehicles[at] = Vehicle(key, NOWHERE, 0, 0u, 0u, 0u, 0u, 0u, 0u, 0u, 0u, 0u, (128u << 24u) | WAY_NONE);
    }
    if entering == 1u {
        let trip = trips[mine.trip];
        let next = outlook(own, trip.cursor, trip.key, params.classes[trip.traits & 63u].uses);
        place(first, n, Vehicle(key, mine.x, mine.v, trip.traits, mine.trip, trip.key, trip.cursor, 0u, 0u, 0u, 0u, 0u, next));
    }
}
