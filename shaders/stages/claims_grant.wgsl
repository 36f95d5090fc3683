// claims_grant: who may enter each junction in this tick. One invocation a junction and world: it takes the claims in one total order.
// Twin: src/stages/claims_grant.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lanes: array<Lane>;
@group(0) @binding(2) var<storage, read> pool: array<u32>;
@group(0) @binding(3) var<storage, read> vehicles: array<Vehicle>;
@group(0) @binding(4) var<storage, read> lane_start: array<u32>;
@group(0) @binding(5) var<storage, read> claims: array<Claim>;
@group(0) @binding(6) var<storage, read> phases: array<u32>;
@group(0) @binding(7) var<storage, read_write> gate: array<u32>;
@group(0) @binding(8) var<storage, read_write> counters: array<atomic<u32>>;

override GROUP: u32 = 64;

/// Bits of a gate within this stage.
const PENDING: u32 = 8u;
const NO_ROOM: u32 = 16u;
const GRANTED: u32 = 32u;
const DENIED: u32 = 64u;
/// An empty exit lane counts as at least so long [Q10 m]: 30 m; short lanes are driven through.
const EMPTY_EXIT: i32 = 30720;
/// ... and so many of them are looked through.
const LANES_BEYOND: u32 = 16u;
/// Gap kept behind the junction [1/16 m]: 2 m.
const EXIT_GAP_Q4: i32 = 32;
/// At amber the foes' vehicles of the next 2 s still come [slots].
const AMBER_SLOTS: u32 = 8u;
/// Last slot of a claim's mask.
const HORIZON: u32 = 63u;
/// Merging vehicles keep a second apart [slots].
const MERGE_SLOTS: u32 = 4u;
/// Who goes after a vehicle lets it pass half a second before [slots] ...
const LEAD_SLOTS: u32 = 2u;
/// ... and who crosses it a step at least, so that he sees it on its connector: a second is so many slots.
const SECOND: u32 = 4u;
/// A driver who waits out of courtesy yields only to who arrives within a second [slots].
const COURTESY_SLOTS: u32 = 4u;

/// World of this invocation and its first key.
var<private> world: u32;
var<private> base: u32;

/// Who goes first: smaller first.
fn rank(connector: u32, shown: u32, head: u32) -> u32 {
    let flags = lanes[connector].flags;
    let rule = (flags >> LANE_RULE_SHIFT) & 3u;
    let turn = (flags >> LANE_TURN_SHIFT) & 3u;
    if (head & CLAIM_WAITED) != 0u {
        return 1u;
    }
    if shown == ASPECT_GREEN {
        return 2u;
    }
    if shown == ASPECT_PERMISSIVE || shown == ASPECT_AMBER {
        return 4u;
    }
    if shown == ASPECT_STOP_GO {
        return 6u;
    }
    if rule == 0u {
        return select(3u, 4u, turn > 1u);
    }
    if rule == 3u {
        return 5u;
    }
    return select(5u, 6u, turn > 1u);
}

/// Is anybody on `foe` still before the end of the shared area when my first vehicle comes?
fn occupied(foe: u32, end: i32, slot: u32) -> bool {
    let key = base + foe;
    for (var row = lane_start[key]; row < lane_start[key + 1u]; row++) {
        let v = vehicles[row];
        let to_clear = end - (v.x - long(v.traits));
        if to_clear > 0 {
            if slot <= arrival_slot(to_clear, v.v, params.classes[v.traits & 63u].a10, wanted_speed(v.traits, foe)) {
                return true;
            }
        }
    }
    return false;
}

/// 0 free, 1 precedence of others, 2 somebody is or comes into a shared area.
fn blocked(connector: u32, claim: Claim, amber: bool, yields: bool) -> u32 {
    let slot = claim.head & 255u;
    let close = (claim.head & CLAIM_CLOSE) != 0u;
    var result = 0u;
    let conflicts = lanes[connector].conflicts; // who claims has some
    for (var j = 0u; j < pool[conflicts]; j++) {
        let at = conflicts + 1u + j * 3u;
        let foe = pool[at];
        let bits = pool[at + 1u];
        let end = i32(pool[at + 2u]);
        let merge = (bits & CONFLICT_MERGE) != 0u;
        if merge && (bits & (CONFLICT_I_YIELD | CONFLICT_FOE_YIELDS)) == 0u {
            continue; // streams of the same rank sort themselves as they drive
        }
        let foe_gate = gate[base + foe];
        let foe_claim = claims[base + foe];
        if !merge {
            if occupied(foe, end, slot + (bits >> 24u)) {
                return 2u;
            }
        }
        let mine = yields && (bits & CONFLICT_I_YIELD) != 0u && (bits & CONFLICT_FOE_YIELDS) == 0u;
        if !mine && (foe_gate & GRANTED) != 0u {
            let passing = select((bits >> 16u) & 255u, MERGE_SLOTS, merge);
            let foe_slot = foe_claim.head & 255u;
            if slot <= foe_slot + passing && foe_slot <= slot + passing {
                return 2u;
            }
        }
        let comes_at_all = (foe_gate & 3u) != GATE_CLOSED || (foe_gate & (PENDING | DENIED)) != 0u;
        if mine && comes_at_all && ((foe_gate & NO_ROOM) == 0u || merge) && (foe_claim.head & CLAIM_ANY) != 0u {
            let both_stand = (claim.head & CLAIM_STANDOFF) != 0u && (foe_claim.head & CLAIM_STOPPED) != 0u;
            // The last slot holds all who come later: they may.
            var until = select(HORIZON - 1u, min(slot + ((bits >> 8u) & 255u), HORIZON), close);
            if amber || (foe_gate & 3u) == GATE_AMBER {
                until = min(until, max(slot, AMBER_SLOTS));
            }
            if (claim.head & CLAIM_WAITED) != 0u {
                until = min(until, max(slot, COURTESY_SLOTS));
            }
            let before = select(max(SECOND >> params.k, LEAD_SLOTS), LEAD_SLOTS, merge);
            let since = max(slot, before) - before;
            let comes = (foe_claim.low & mask_low(since, until)) | (foe_claim.high & mask_high(since, until));
            if comes != 0u && !both_stand {
                result = 1u;
            }
        }
    }
    return result;
}

/// Room that the vehicles of a connector will take [1/16 m].
fn on_the_way(connector: u32) -> i32 {
    let key = base + connector;
    var taken = 0;
    for (var row = lane_start[key]; row < lane_start[key + 1u]; row++) {
        taken += (long(vehicles[row].traits) >> 6u) + EXIT_GAP_Q4;
    }
    return taken;
}

/// Row of the first vehicle of the feeder that will use a connector; of the last one if none will.
fn first_row(connector: u32, source: u32) -> u32 {
    let end = lane_start[base + source + 1u];
    var row = lane_start[base + source];
    while row + 1u < end {
        if (vehicles[row].next & WAY_MASK) == connector {
            break;
        }
        row += 1u;
    }
    return row;
}

/// Room behind a connector along the route of a vehicle [1/16 m]; empty links of a few metres are looked through.
fn room_ahead(connector: u32, v: Vehicle) -> i32 {
    var at = lanes[connector].exit;
    var free = 0;
    var cursor = v.cursor + 1u;
    for (var n = 0u; ; n++) {
        if n == LANES_BEYOND {
            free = EMPTY_EXIT >> 6u; // tiny lanes and junctions, and nobody on any of them
            break;
        }
        let end = lane_start[base + at + 1u];
        if end > lane_start[base + at] {
            let tail = vehicles[end - 1u];
            free += ((tail.x - long(tail.traits)) >> 6u) + ((tail.v * 3) >> 12u); // it drives on for 3 s, in 1/16 m
            break;
        }
        if (lanes[at].flags & LANE_CONNECTOR) == 0u {
            free += lanes[at].length >> 6u; // nobody stands in a junction on purpose
        }
        if free >= (EMPTY_EXIT >> 6u) {
            break;
        }
        if (lanes[at].flags & LANE_CONNECTOR) != 0u {
            at = lanes[at].exit;
            continue;
        }
        at = way_of(at, cursor, v.key, params.classes[v.traits & 63u].uses);
        cursor += 1u;
        if at >= WAY_END {
            free = EMPTY_EXIT >> 6u;
            break;
        }
    }
    return free;
}

/// Is there room behind the junction for the first vehicle, after all that are already on their way there?
fn has_room(connector: u32, head: u32) -> bool {
    let source = lanes[connector].feeder;
    if lane_start[base + source] == lane_start[base + source + 1u] {
        return true; // who turns from the wrong lane has waited long enough
    }
    var free = room_ahead(connector, vehicles[first_row(connector, source)]);
    free -= on_the_way(connector);
    for (var j = 0u; j < pool[lanes[connector].siblings]; j++) {
        free -= on_the_way(pool[lanes[connector].siblings + 1u + j]);
    }
    return free >= i32((head >> 8u) & 4095u) + EXIT_GAP_Q4;
}

/// The gate of the claim whose turn it is.
fn judge(connector: u32) -> u32 {
    let flags = lanes[connector].flags;
    let claim = claims[base + connector];
    let shown = aspect(world, connector);
    let rule = (flags >> LANE_RULE_SHIFT) & 3u;
    let was_open = (gate[base + connector] & GATE_WAS_OPEN) != 0u;
    let near = (claim.head & CLAIM_NEAR) != 0u;
    let amber = shown == ASPECT_AMBER;
    let yields = shown != ASPECT_GREEN;
    var may = true;
    if amber {
        may = near && (claim.head & CLAIM_PATIENT) != 0u;
    } else if shown == ASPECT_STOP_GO || (shown == ASPECT_OFF && rule >= 2u) {
        may = (claim.head & CLAIM_STOPPED) != 0u || (near && was_open);
    } else if shown == ASPECT_OFF && rule == 1u && (flags & LANE_ROUNDABOUT) == 0u {
        may = near; // the ring of a roundabout is seen from afar
    }
    let obstacle = blocked(connector, claim, amber, yields);
    if obstacle == 2u || (obstacle == 1u && !amber) || (!may && !amber) {
        return GATE_CLOSED | DENIED;
    }
    if obstacle == 1u || !may {
        return GATE_AMBER | DENIED;
    }
    if (flags & LANE_KEEP_CLEAR) != 0u && (claim.head & CLAIM_COMMITTED) == 0u {
        if !has_room(connector, claim.head) {
            return GATE_CLOSED | NO_ROOM;
        }
    }
    if (claim.head & CLAIM_WAITED) != 0u && !was_open {
        atomicAdd(&counters[COUNTERS * (1u + world) + COUNTER_COURTESY], 1u);
        let source = lanes[connector].feeder;
        var trip = NONE; // it turns from the lane beside
        if lane_start[base + source] != lane_start[base + source + 1u] {
            trip = vehicles[first_row(connector, source)].trip;
        }
        event(RUNG_COURTESY, 65535u - (claim.order >> 16u), trip, base + source);
    }
    return GATE_OPEN | GRANTED;
}

/// Gates before the pass, from signals and claims alone; the number of claims.
fn prepare(first: u32, count: u32) -> u32 {
    var found = 0u;
    for (var j = 0u; j < count; j++) {
        let connector = first + j;
        let shown = aspect(world, connector);
        let was_open = select(0u, GATE_WAS_OPEN, (gate[base + connector] & 3u) == GATE_OPEN);
        var now = GATE_OPEN;
        if shows_red(shown) {
            now = GATE_CLOSED;
        } else if shown == ASPECT_AMBER {
            now = GATE_AMBER;
        }
        if now != GATE_CLOSED && (claims[base + connector].head & CLAIM_ANY) != 0u {
            now |= PENDING;
            found += 1u;
        }
        gate[base + connector] = now | was_open;
    }
    return found;
}

/// The first of the pending claims in the total order.
fn first_pending(first: u32, count: u32) -> u32 {
    var next_rank = NONE;
    var next_order = NONE;
    var next = NONE;
    for (var j = 0u; j < count; j++) {
        let connector = first + j;
        if (gate[base + connector] & PENDING) == 0u {
            continue;
        }
        let claim = claims[base + connector];
        let r = rank(connector, aspect(world, connector), claim.head);
        if r < next_rank || (r == next_rank && (claim.order < next_order || (claim.order == next_order && connector < next))) {
            next_rank = r;
            next_order = claim.order;
            next = connector;
        }
    }
    return next;
}

@compute @workgroup_size(GROUP)
fn claims_grant(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * GROUP;
    if i >= params.worlds * params.junctions {
        return;
    }
    world = i / params.junctions;
    base = world * params.lanes;
    let at = params.junctions_at + 2u * (i % params.junctions);
    let first = pool[at];
    let count = pool[at + 1u];
    let found = prepare(first, count);
    for (var n = 0u; n < found; n++) {
        let next = first_pending(first, count);
        gate[base + next] = judge(next);
    }
    for (var j = 0u; j < count; j++) {
        let connector = first + j;
        gate[base + connector] = gate[base + connector] & 3u;
    }
}
