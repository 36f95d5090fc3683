// signals: the phase of every controller in this tick. One invocation a controller and world. Twin: src/stages/signals.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> clock: vec4u; // x: tick
@group(0) @binding(2) var<storage, read> lanes: array<Lane>;
@group(0) @binding(3) var<storage, read> pool: array<u32>;
@group(0) @binding(4) var<storage, read> vehicles: array<Vehicle>;
@group(0) @binding(5) var<storage, read> lane_start: array<u32>;
@group(0) @binding(6) var<storage, read_write> phases: array<u32>;

override GROUP: u32 = 64;

/// How long before the line a vehicle calls a green and extends it, at the limit [s].
const PASSAGE_S: i32 = 3;
/// How far before and behind a line vehicles count for its pressure [Q10 m]: 100 m, as far as the lists go.
const APPROACH: i32 = 102400;
/// Who is slower stands [Q16 m/s]: 1 m/s.
const MOVING: i32 = 65536;
/// Longest red of who could drive, under max-pressure [s].
const MAX_RED_S: u32 = 120u;
/// An exit is full if its last vehicle stands nearer than this to its beginning [Q10 m]: 7.5 m, a car and its gap.
const ROOM: i32 = 7680;

// Which vehicles before a line are counted: all within the passage time; of these, those that drive, those that stand; all within 100 m; of
// these, those that have stood for too long.
const NEAR: u32 = 0u;
const DRIVING: u32 = 1u;
const STANDING: u32 = 2u;
const ALL: u32 = 3u;
const LATE: u32 = 4u;

/// Header of the controller and first key of the world of this invocation.
var<private> head: u32;
var<private> base: u32;

/// What a light is worth to who waits: 0 = closed.
fn worth(aspect: u32) -> u32 {
    switch aspect {
        case ASPECT_GREEN, ASPECT_OFF: {
            return 3u;
        }
        case ASPECT_PERMISSIVE: {
            return 2u;
        }
        case ASPECT_STOP_GO: {
            return 1u;
        }
        default: {
            return 0u;
        }
    }
}

/// A word of a phase.
fn phase_word(phase: u32, word: u32) -> u32 {
    return pool[pool[head + 3u] + phase * pool[head + 2u] + word];
}

/// What a link's light is worth in a phase.
fn shows(phase: u32, link: u32) -> u32 {
    let position = pool[pool[head + 4u] + link * 2u];
    return worth((phase_word(phase, 4u + (position >> 3u)) >> ((position & 7u) * 4u)) & 15u);
}

fn connector_of(link: u32) -> u32 {
    return pool[pool[head + 4u] + link * 2u + 1u];
}

fn is_green(phase: u32) -> bool {
    return phase_word(phase, 3u) == 1u;
}

fn is_seen(v: Vehicle, who: u32) -> bool {
    if (v.traits & FLAG_STANDS) != 0u {
        return false;
    }
    switch who {
        case DRIVING: {
            return v.v >= MOVING;
        }
        case STANDING: {
            return v.v < MOVING;
        }
        case LATE: {
            return (v.clock & 0xffffu) > (MAX_RED_S << params.k);
        }
        default: {
            return true;
        }
    }
}

/// The connector that a vehicle would take from the lane `delta` to the left.
fn beside(own: u32, delta: i32, v: Vehicle, cursor: u32, uses: u32) -> u32 {
    let there = lane_beside(own, delta, uses);
    if there == NONE {
        return WAY_NONE;
    }
    return way_of(there, cursor, v.key, uses);
}

/// The connector that a vehicle takes `steps` links after its own.
fn aim(lane: u32, v: Vehicle, steps: u32) -> u32 {
    let uses = params.classes[v.traits & 63u].uses;
    var here = select(lane, lanes[lane].exit, (lanes[lane].flags & LANE_CONNECTOR) != 0u);
    var cursor = v.cursor;
    var way = v.next & WAY_MASK;
    if way == WAY_NONE {
        way = beside(here, i32(v.next >> 24u) - 128, v, cursor, uses);
    }
    for (var step = 0u; step < steps; step++) {
        if way >= WAY_END {
            return way;
        }
        here = lanes[way].exit;
        cursor += 1u;
        way = way_of(here, cursor, v.key, uses);
        if way == WAY_NONE {
            way = beside(here, changes_needed(here, cursor), v, cursor, uses);
        }
    }
    return way;
}

/// Vehicles before the line that take this link, of a kind; counted up to `most`.
fn seen(link: u32, who: u32, most: u32) -> u32 {
    let connector = connector_of(link);
    let list = pool[pool[head + 4u] + (pool[head + 5u] + link) * 2u];
    var count = 0u;
    for (var entry = 0u; entry < pool[list]; entry++) {
        let lane = pool[list + 1u + entry * 2u];
        let place = pool[list + 2u + entry * 2u];
        let line = lanes[lane].length + i32(place >> 4u);
        let within = select(APPROACH, PASSAGE_S * lanes[lane].limit10, who < ALL);
        for (var i = lane_start[base + lane]; i < lane_start[base + lane + 1u]; i++) {
            let v = vehicles[i];
            if line - v.x > within {
                break;
            }
            if is_seen(v, who) {
                if aim(lane, v, place & 15u) == connector {
                    count += 1u;
                    if count == most {
                        return count;
                    }
                }
            }
        }
    }
    return count;
}

/// Vehicles behind the line, each with the share of its way among those that lead on from the link.
fn behind(link: u32) -> i32 {
    let list = pool[pool[head + 4u] + (pool[head + 5u] + link) * 2u + 1u];
    var sum = 0u;
    for (var entry = 0u; entry < pool[list]; entry++) {
        let key = base + pool[list + 1u + entry * 2u];
        let place = pool[list + 2u + entry * 2u];
        for (var i = lane_start[key + 1u]; i > lane_start[key]; i--) {
            if i32(place >> 9u) + vehicles[i - 1u].x > APPROACH {
                break;
            }
            sum += place & 511u;
        }
    }
    return i32(sum >> 8u);
}

/// Could a vehicle leave the junction?
fn has_room(link: u32) -> bool {
    let key = base + lanes[connector_of(link)].exit;
    let end = lane_start[key + 1u];
    if lane_start[key] == end {
        return true;
    }
    let last = vehicles[end - 1u];
    return last.v >= MOVING || last.x - long(last.traits) >= ROOM;
}

fn pressure(phase: u32) -> i32 {
    var sum = 0;
    for (var link = 0u; link < pool[head + 5u]; link++) {
        if shows(phase, link) > 1u {
            if has_room(link) {
                let before = i32(seen(link, ALL, NONE));
                if before > 0 {
                    sum += max(before - behind(link), 0);
                }
            }
        }
    }
    return sum;
}

/// What the present green would pass while the transition behind it lasts, on each link that is driven to: twice 1800 vehicles an hour, because a
/// queue that flows is half as dense as one that stands, and counts half within 100 m.
fn loss(present: u32) -> i32 {
    var ticks = 0u;
    var phase = (present + 1u) % pool[head + 1u];
    while !is_green(phase) {
        ticks += phase_word(phase, 0u);
        phase = (phase + 1u) % pool[head + 1u];
    }
    var links = 0u;
    for (var link = 0u; link < pool[head + 5u]; link++) {
        if shows(present, link) > 1u {
            if seen(link, DRIVING, 1u) > 0u {
                links += 1u;
            }
        }
    }
    return i32((links * ticks) >> params.k);
}

/// The green of largest pressure w: of the others, the first after the present one that has it. Against the present one's u it has to be worth
/// what a change costs: (w - u)^2 > 2 w loss, so that greens grow with the root of the queues. `over`: the present one has had its longest green
/// and another is called.
fn best_phase(present: u32, over: bool) -> u32 {
    var own = 0;
    if !over {
        own = pressure(present);
    }
    var best = present;
    var most = own;
    for (var step = 1u; step < pool[head + 1u]; step++) {
        let phase = (present + step) % pool[head + 1u];
        if is_green(phase) {
            let here = pressure(phase);
            if here > most {
                most = here;
                best = phase;
            }
        }
    }
    let more = most - own;
    if !over && best != present {
        if more * more <= 2 * most * loss(present) {
            return present;
        }
    }
    return best;
}

/// Does anybody call this phase, from the present one? `late`: only who has stood for too long and could drive counts.
fn calls(phase: u32, present: u32, late: bool) -> bool {
    for (var link = 0u; link < pool[head + 5u]; link++) {
        let now = shows(present, link);
        if shows(phase, link) <= now {
            continue;
        }
        if late {
            if !has_room(link) {
                continue;
            }
        }
        // Who may drive and does needs no better light.
        let who = select(select(STANDING, NEAR, now == 0u), LATE, late);
        if seen(link, who, 1u) > 0u {
            return true;
        }
    }
    return false;
}

/// The first green behind the present one, in the order of the plan, that somebody calls to whom it shows more; NONE if nobody does.
fn called(present: u32, late: bool) -> u32 {
    for (var step = 1u; step < pool[head + 1u]; step++) {
        let phase = (present + step) % pool[head + 1u];
        if is_green(phase) {
            if calls(phase, present, late) {
                return phase;
            }
        }
    }
    return NONE;
}

/// Does anybody drive up to a line that the goal would close?
fn extended(present: u32, goal: u32) -> bool {
    for (var link = 0u; link < pool[head + 5u]; link++) {
        let now = shows(present, link);
        if now > 1u && now > shows(goal, link) {
            if seen(link, DRIVING, 1u) > 0u {
                return true;
            }
        }
    }
    return false;
}

/// The goal if all that it closes had amber in the transition behind the present green, else the green that the plan has next.
fn way_to(present: u32, goal: u32) -> u32 {
    var last = present;
    var planned = (present + 1u) % pool[head + 1u];
    while !is_green(planned) {
        last = planned;
        planned = (planned + 1u) % pool[head + 1u];
    }
    for (var link = 0u; link < pool[head + 5u]; link++) {
        if shows(last, link) > 1u && shows(goal, link) == 0u {
            return planned;
        }
    }
    return goal;
}

/// The green that is to follow the present one; itself while it lasts. `state`: first word of the controller's.
fn goal_of(present: u32, state: u32) -> u32 {
    let elapsed = phases[state + 1u];
    let least = phase_word(present, 1u);
    if elapsed < least {
        return present;
    }
    if pool[head] == POLICY_ACTUATED {
        let goal = called(present, false);
        if goal == NONE {
            phases[state + 3u] = 0u;
            return present;
        }
        // Who calls after the minimum called before it, for all we know.
        let waited = phases[state + 3u] + select(1u, elapsed, elapsed == least);
        phases[state + 3u] = waited;
        if waited < phase_word(present, 2u) {
            if extended(present, goal) {
                return present;
            }
        }
        return way_to(present, goal);
    }
    let late = called(present, true);
    if late != NONE {
        return way_to(present, late);
    }
    var over = elapsed >= phase_word(present, 2u);
    if over {
        over = called(present, false) != NONE;
    }
    let best = best_phase(present, over);
    if best == present {
        return present;
    }
    return way_to(present, best);
}

@compute @workgroup_size(GROUP)
fn signals(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * GROUP;
    if i >= params.worlds * params.controllers || clock.x == 0u {
        return;
    }
    base = (i / params.controllers) * params.lanes;
    head = pool[params.controllers_at + i % params.controllers];
    let phase = phases[i * 4u];
    phases[i * 4u + 1u] += 1u;
    if pool[head] != POLICY_FIXED && is_green(phase) {
        let goal = goal_of(phase, i * 4u);
        if goal == phase {
            return;
        }
        phases[i * 4u + 2u] = goal;
    } else if phases[i * 4u + 1u] < phase_word(phase, 0u) {
        return;
    }
    var next = (phase + 1u) % pool[head + 1u];
    if phases[i * 4u + 2u] != NONE && is_green(next) {
        next = phases[i * 4u + 2u];
    }
    phases[i * 4u] = next;
    phases[i * 4u + 1u] = 0u;
    phases[i * 4u + 3u] = 0u;
}
