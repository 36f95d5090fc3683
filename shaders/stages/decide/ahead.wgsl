// decide, second part: what lies ahead on the route, and the lane changes that it needs. Appended to decide.wgsl.

/// Nobody looks less far ahead [Q10 m]: 50 m; see the law `look_ahead`.
const LEAST_SIGHT: i32 = 51200;
/// Lanes that a driver looks along.
const MOST_LANES_AHEAD: u32 = 8u;
/// A driver stops so far before a closed line [Q10 m]: 1 m.
const LINE_GAP: i32 = 1024;
/// The leader on a merging connector counts as at most so far before the shared end [Q10 m]: 1 m. Who comes in beside him follows his speed; he
/// does not wait on the connector until he is past.
const MERGE_ZONE: i32 = 1024;
/// From so far before the shared end on, streams of one rank sort themselves [Q10 m]: 60 m.
const ZIP_DISTANCE: i32 = 61440;
/// Braking for that [Q10 m/s2]: 2.
const ZIP_BRAKING: i32 = 2048;
/// ... and gaps open on the way there: so many metres before the merge zone leave one metre that need not be free yet [2^n]: 4. Two queues draw
/// apart while they move; were all of the gap asked for at once, who comes there would stop beside the other and start from rest.
const ZIP_SLOPE: u32 = 2u;
/// No time to change lanes on a link shorter than this [Q10 m]: 40 m.
const TOO_SHORT: i32 = 40960;
/// ... unless this link is as short [Q10 m]: 20 m.
const ROOM_TO_CHANGE: i32 = 20480;
/// Who turns from the wrong lane stands so near its end [Q10 m]: 30 m.
const CUT_DISTANCE: i32 = 30720;
/// ... and waits for who drives this near to the line of the lane it crosses [Q10 m]: 30 m.
const CUT_CLEARANCE: i32 = 30720;
/// Braking for somebody who cuts across [Q10 m/s2]: 4.
const HARD_BRAKING: i32 = 4096;
/// Who has to leave a lane and passed the place where he wanted to wait stops so far before its end [Q10 m]: 2 m.
const WALL_END: i32 = 2048;
/// The intelligent driver stops a little less than s0 before a thing [Q10 m]: 0.25 m.
const WALL_MARGIN: i32 = 256;

/// Does connector `goal` lead to a lane that does not serve the turn at `cursor` and is too short to leave? Within a roundabout nobody waits
/// for that.
fn misses(goal: u32, cursor: u32) -> bool {
    let exit = lanes[goal].exit;
    let code = turn_code(cursor);
    return lanes[exit].length < TOO_SHORT && code != ROUTE_END && connectors(turn_entry(exit, code)) == 0u && (lanes[exit].flags & LANE_ROUNDABOUT) == 0u;
}

/// Where who has to change waits, before the end of its lane: within it, or who comes onto a link of a metre could never leave it. Towards the end
/// of a lane of centimetres he drives with the strength to get there.
fn setback(here: u32, key: u32, need: i32) -> i32 {
    let half = lanes[here].length / 2;
    let end = min(WALL_END, half);
    let aim = end - (WALL_END - end) / 2;
    return select(aim, min(wall_setback(key) * max(-need, 1), half), need < 0 && aim == WALL_END && (lanes[here].flags & LANE_ROUNDABOUT) == 0u);
}

/// The end of a lane that does not serve the next turn: wait for a gap some way before it, never pass it.
fn wall(b: Bound, v0: i32, left: i32, here: u32, need: i32) -> Bound {
    let aim = setback(here, me.key, 0);
    let back = setback(here, me.key, need);
    // Who is past his place goes no further than he must.
    let brakes = ((me.v >> 8u) * (me.v >> 8u)) >> 8u; // v^2 / (2 b) with b = 2 m/s2
    let stop = clamp(left - brakes, aim, back);
    let margin = min(WALL_MARGIN, lanes[here].length / 4);
    let gap = left - stop - margin + params.classes[me.traits & 63u].s0;
    return Bound(min(b.a, accel(me.traits, me.v, 0, gap, v0)), min(b.room, max(left - margin, 0)));
}

/// Vehicles that turned off onto other connectors of my lane and whose rear is still in it.
fn turning_tails(bound: Bound, here: u32, goal: u32, v0: i32, left: i32) -> Bound {
    var b = bound;
    for (var j = 0u; j < lanes[here].conn_count; j++) {
        let other = lanes[here].conn_start + j;
        let end = lane_start[base + other + 1u];
        if other != goal && end > lane_start[base + other] {
            let tail_rear = rear_of(end - 1u);
            if tail_rear < 0 {
                b = follow(b, v0, left + tail_rear, vehicles[end - 1u].v);
            }
        }
    }
    return b;
}

/// The vehicle before me on connectors that enter the same lane as `at`; `left` is my distance to its end. Where I may come there in this step,
/// who stands before such a connector and may drive through all of it in this step is on it already: or two would enter at once.
fn merging(b: Bound, at: u32, v0: i32, left: i32) -> Bound {
    let at_once = left < reach_of(me.traits, me.v);
    var nearest = -1;
    var who = NONE;
    for (var j = 0u; j < pool[lanes[at].siblings]; j++) {
        let other = pool[lanes[at].siblings + 1u + j];
        let length = lanes[other].length;
        for (var row = lane_start[base + other]; row < lane_start[base + other + 1u]; row++) {
            let foe_left = length - vehicles[row].x;
            if (foe_left < left || (foe_left == left && vehicles[row].key < me.key)) && foe_left > nearest {
                nearest = foe_left;
                who = row;
            }
        }
        if !at_once || (gate[base + other] & 3u) == GATE_CLOSED {
            continue;
        }
        let feeder = lanes[other].feeder;
        let end = lanes[feeder].length + length;
        for (var row = lane_start[base + feeder]; row < lane_start[base + feeder + 1u]; row++) {
            let foe_left = end - vehicles[row].x;
            if foe_left > left {
                break;
            }
            let comes = (vehicles[row].next & WAY_MASK) == other && foe_left < reach_of(vehicles[row].traits, vehicles[row].v);
            if comes && (foe_left < left || vehicles[row].key < me.key) && foe_left > nearest {
                nearest = foe_left;
                who = row;
            }
        }
    }
    if who == NONE {
        return b;
    }
    return follow(b, v0, left - min(nearest, MERGE_ZONE) - long(vehicles[who].traits), vehicles[who].v);
}

/// Acceleration behind the vehicles of the lanes that merge with mine one by one which are just nearer to the shared end than I, so that gaps
/// open before the line; gentle, because who is beside me now is not in my way yet.
fn zipping(at: u32, v0: i32, left: i32) -> i32 {
    var a = NO_BOUND;
    for (var j = 0u; j < pool[lanes[at].siblings]; j++) {
        let other = pool[lanes[at].siblings + 1u + j];
        let source = lanes[other].feeder;
        if left > ZIP_DISTANCE || (gate[base + other] & 3u) == GATE_CLOSED {
            continue;
        }
        // The last of those that are nearer to the end than I.
        let end = lanes[source].length + lanes[other].length;
        let open = left + (max(left - MERGE_ZONE, 0) >> ZIP_SLOPE);
        let first = lane_start[base + source];
        var row = behind(base + source, end - left - 1);
        while row > first {
            row -= 1u;
            let foe_left = end - vehicles[row].x;
            if (vehicles[row].next & WAY_MASK) == other && (foe_left < left || vehicles[row].key < me.key) {
                a = min(a, accel(me.traits, me.v, vehicles[row].v, open - foe_left - long(vehicles[row].traits), v0));
                break;
            }
        }
    }
    return max(a, -ZIP_BRAKING);
}

/// Has the first vehicle of a lane waited for a minute for a lane change that its turn needs, at the line?
fn stuck(own: u32) -> bool {
    let waited = (me.clock & 0xffffu) > params.courtesy_ticks && me.v < STANDING;
    return waited && lanes[own].length - me.x < CUT_DISTANCE && (me.next & WAY_MASK) == WAY_NONE && (me.next >> 24u) != 128u;
}

/// The connector that this vehicle takes from the wrong lane in this step, NONE if it must wait: it is open, and the first vehicle of its own
/// lane stands (it saw the mark in the step before) or is far.
fn cut(own: u32) -> u32 {
    let goal = cut_of(own, me);
    if goal == NONE {
        return NONE;
    }
    if (gate[base + goal] & 3u) != GATE_OPEN {
        return NONE;
    }
    let source = lanes[goal].feeder;
    let first = lane_start[base + source];
    if first != lane_start[base + source + 1u] {
        if vehicles[first].v >= STANDING && lanes[source].length - vehicles[first].x < CUT_CLEARANCE {
            return NONE;
        }
    } else if somebody_comes(source) {
        return NONE;
    }
    // Of several who want it from wrong lanes the nearest goes, from the left first.
    var left = lanes[source].left;
    var right = lanes[source].right;
    for (var step = 0u; step < CUT_LANES; step++) {
        for (var side = 0u; side < 2u; side++) {
            let beside = select(right, left, side == 0u);
            if beside == own {
                return goal;
            }
            if cuts(beside, goal) {
                return NONE;
            }
        }
        if left != NONE {
            left = lanes[left].left;
        }
        if right != NONE {
            right = lanes[right].right;
        }
    }
    return goal;
}

/// Is somebody on his way to an empty lane, near its end? A lane may be so short that who is before it passes it in one step.
fn somebody_comes(there: u32) -> bool {
    let origins = lanes[there].origins;
    for (var j = 0u; j < pool[origins]; j++) {
        let source = pool[origins + 1u + j * 2u];
        let offset = pool[origins + 2u + j * 2u];
        let first = lane_start[base + source];
        if offset == BESIDE || first == lane_start[base + source + 1u] {
            continue;
        }
        if vehicles[first].v >= STANDING && lanes[source].length - vehicles[first].x + i32(offset) + lanes[there].length < CUT_CLEARANCE {
            return true;
        }
    }
    return false;
}

/// Does the first vehicle of a lane take this connector from there?
fn cuts(at: u32, goal: u32) -> bool {
    if at == NONE {
        return false;
    }
    if (gate[base + at] & MARK_CUT) == 0u {
        return false;
    }
    return cut_of(at, vehicles[lane_start[base + at]]) == goal;
}

/// Does somebody beside me turn from the wrong lane across my way?
fn cut_off(own: u32) -> bool {
    for (var side = 0u; side < 2u; side++) {
        let flag = select(FLAG_WANT_LEFT, FLAG_WANT_RIGHT, side == 0u);
        var beside = select(lanes[own].right, lanes[own].left, side == 0u);
        for (var step = 0u; step < CUT_LANES; step++) {
            if beside == NONE {
                break;
            }
            let at = beside;
            beside = select(lanes[at].right, lanes[at].left, side == 0u);
            if (gate[base + at] & MARK_CUT) == 0u {
                continue;
            }
            let foe = vehicles[lane_start[base + at]];
            let goal = cut_of(at, foe);
            if (foe.traits & flag) != 0u && goal != NONE {
                if (gate[base + goal] & 3u) == GATE_OPEN {
                    return true;
                }
            }
        }
    }
    return false;
}

/// Walks along the route: stop lines, tails, merging streams, lower limits.
fn ahead(bound: Bound, own: u32, v0: i32, leader: bool, need: i32) -> Bound {
    var b = bound;
    var has_lead = leader;
    let c = class_of(me.traits);
    var at = own;
    var left = lanes[at].length - me.x;
    var cursor = me.cursor;
    var way = me.next & WAY_MASK; // of the first lane
    var known = true;
    if (lanes[at].flags & LANE_CONNECTOR) != 0u {
        b = merging(b, at, v0, left);
    }
    for (var hop = 0u; hop < MOST_LANES_AHEAD; hop++) {
        // Everybody looks as far as that: how far exactly matters beyond.
        if left > LEAST_SIGHT {
            if left > sight(me.traits, me.v) {
                break;
            }
        }
        var goal = lanes[at].exit;
        if (lanes[at].flags & LANE_CONNECTOR) == 0u {
            if !known {
                way = way_of(at, cursor, me.key, c.uses);
            }
            known = false;
            if way == WAY_END {
                break;
            }
            goal = select(NONE, way, way < WAY_END);
            // Who would have to change on a link too short for it changes before.
            var too_late = false;
            if hop == 0u && need != 0 && goal != NONE && lanes[at].length > ROOM_TO_CHANGE {
                too_late = misses(goal, cursor + 1u);
            }
            if hop == 0u && goal == NONE && !has_lead {
                goal = cut(at);
                if goal != NONE {
                    b.room = min(b.room, left + lanes[goal].length);
                }
            }
            if goal == NONE || too_late {
                b = wall(b, v0, left, at, select(0, need, hop == 0u));
                break;
            }
            var shown = gate[base + goal] & 3u;
            if hop == 0u && !has_lead && lanes[goal].feeder == at {
                if cut_off(at) && !must_overrun(me.v, left, HARD_BRAKING) {
                    shown = GATE_CLOSED;
                }
            }
            if shown == GATE_CLOSED || (shown == GATE_AMBER && !must_overrun(me.v, left, params.b_stop10)) {
                let gap = max(left - LINE_GAP, 0) + c.s0;
                b.a = min(b.a, accel(me.traits, me.v, 0, gap, v0));
                b.room = min(b.room, left);
                break;
            }
            if hop == 0u && !has_lead {
                b = turning_tails(b, at, goal, v0, left);
            }
            b = merging(b, goal, v0, left + lanes[goal].length);
            if hop == 0u && (lanes[goal].flags & LANE_ZIP) != 0u {
                b.a = min(b.a, zipping(goal, v0, left + lanes[goal].length));
            }
            cursor += 1u;
        }
        b.a = min(b.a, slow_down(me.v, wanted_speed(me.traits, goal) << 6u, left, c.bc10));
        if !has_lead {
            let end = lane_start[base + goal + 1u];
            if end > lane_start[base + goal] {
                b = follow(b, v0, left + rear_of(end - 1u), vehicles[end - 1u].v);
                has_lead = true;
            }
        }
        if has_lead && (lanes[goal].flags & LANE_CONNECTOR) == 0u {
            break;
        }
        left += lanes[goal].length;
        at = goal;
    }
    return b;
}
