// insert: may the first waiting trip of a lane enter? One invocation a key. Twin: src/stages/insert.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> clock: vec4u; // x: tick
@group(0) @binding(2) var<storage, read> lanes: array<Lane>;
@group(0) @binding(3) var<storage, read> pool: array<u32>;
@group(0) @binding(4) var<storage, read> trips: array<Trip>;
@group(0) @binding(5) var<storage, read> plan: array<Vehicle>;
@group(0) @binding(6) var<storage, read> lane_start: array<u32>;
@group(0) @binding(7) var<storage, read> queue_start: array<u32>;
@group(0) @binding(8) var<storage, read_write> entries: array<Entry>;
@group(0) @binding(9) var<storage, read_write> queue: array<u32>;

override GROUP: u32 = 64;

/// A leader slower than this is a queue: one may stop behind it [Q16 m/s]: 3.
const CRAWL: i32 = 196608;

/// Can the vehicle behind live with it?
fn spares(foe: Vehicle, space: i32, v: i32, own: u32) -> bool {
    let c = class_of(foe.traits);
    if space < max(c.s0 >> 1u, reach_of(foe.traits, foe.v)) {
        return false;
    }
    return accel(foe.traits, foe.v, v, space, wanted_speed(foe.traits, own)) >= -c.bc10;
}

/// Nearest ahead and behind `x` among all who will be here; NONE = nobody.
fn neighbours(key: u32, own: u32, x: i32) -> vec2u {
    var ahead = NONE;
    var behind = NONE;
    let origins = lanes[own].origins;
    for (var j = 0u; j <= pool[origins]; j++) {
        var source = key;
        if j < pool[origins] {
            source = key - own + pool[origins + 1u + j * 2u];
        }
        for (var row = lane_start[source]; row < lane_start[source + 1u]; row++) {
            if plan[row].lane != key {
                continue;
            }
            let there = plan[row].x;
            if there >= x {
                if ahead == NONE {
                    ahead = row;
                } else if there < plan[ahead].x {
                    ahead = row;
                }
            } else if behind == NONE {
                behind = row;
            } else if there > plan[behind].x {
                behind = row;
            }
        }
    }
    return vec2u(ahead, behind);
}

/// Can the first vehicles of the lanes before this one live with a rear bumper at `rear`?
fn entrants_spare(key: u32, own: u32, rear: i32, v: i32) -> bool {
    let origins = lanes[own].origins;
    for (var j = 0u; j < pool[origins]; j++) {
        let before = pool[origins + 1u + j * 2u];
        let offset = pool[origins + 2u + j * 2u];
        let source = key - own + before;
        let first = lane_start[source];
        if offset == BESIDE || first == lane_start[source + 1u] {
            continue;
        }
        let foe = plan[first];
        if foe.lane != source {
            continue;
        }
        if !spares(foe, lanes[before].length - foe.x + i32(offset) + rear, v, own) {
            return false;
        }
    }
    return true;
}

fn judge(key: u32, index: u32) -> Entry {
    let none = Entry(NONE, 0, 0);
    let trip = trips[index];
    let c = class_of(trip.traits);
    let own = key % params.lanes;
    // On a lane shorter than itself its tail sticks out behind the start.
    let x = min(max(trip.x, c.length), lanes[own].length);
    let v0 = wanted_speed(trip.traits, own);
    let near = neighbours(key, own, x);
    var gap = FREE_GAP;
    var lead_v = FREE_SPEED;
    if near.x != NONE {
        gap = plan[near.x].x - long(plan[near.x].traits) - x;
        lead_v = plan[near.x].v;
    }
    let room = gap - c.s0;
    if room < 0 {
        return none;
    }
    var v = min(v0 << 6u, krauss(lead_v, room, c.b8, c.tau8) << 8u);
    if trip.v >= 0 {
        v = min(v, trip.v);
    } else if v < ((min(v0 << 6u, lead_v) >> 2u) * 3) {
        // Nobody enters at a crawl behind a leader who drives: it would cost the whole stream its speed.
        return none;
    }
    v = max(v, 0);
    if accel(trip.traits, v, lead_v, gap, v0) < -c.bc10 {
        if trip.v < 0 && lead_v > CRAWL {
            return none;
        }
        v = min(v, lead_v);
    }
    if near.y != NONE {
        if !spares(plan[near.y], x - c.length - plan[near.y].x, v, own) {
            return none;
        }
    } else if !entrants_spare(key, own, x - c.length, v) {
        return none;
    }
    return Entry(index, x, v);
}

@compute @workgroup_size(GROUP)
fn insert(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let key = id.x + id.y * groups.x * GROUP;
    if key >= params.worlds * params.lanes {
        return;
    }
    var mine = Entry(NONE, 0, 0);
    let index = queue[key];
    if index < queue_start[key + 1u] {
        if trips[index].due <= clock.x {
            mine = judge(key, index);
            if mine.trip != NONE {
                queue[key] = index + 1u;
            }
        }
    }
    entries[key] = mine;
}
