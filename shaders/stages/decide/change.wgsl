// decide, third part: courtesy to who has to come into my lane, and the own wish to change. Appended to decide.wgsl.

/// Deceleration for somebody who wants into my lane [Q10 m/s2]: 2.
const COURTESY_BRAKING: i32 = 2048;
/// Cooperation looks so far ahead [Q10 m]: 30 m, and as far as it takes to stop with COURTESY_BRAKING.
const COURTESY_SIGHT: i32 = 30720;
/// Whoever is nearer than that beside me (or than I could move in a step) is past helping: it would wait for me as I for it [Q10 m]: 1 m.
const COURTESY_GAP: i32 = 1024;
/// ... and look at so many vehicles ahead beside them.
const COURTESY_LOOK: u32 = 10u;
/// Where a lane ends two streams become one by one, too. All of the gap is open from so far on before the place where who has to leave it
/// waits, room for the change itself [Q10 m]: 10 m.
const DROP_ZONE: i32 = 10240;
/// ... and so many metres before that leave one metre that need not be free yet [2^n]: 8.
const DROP_SLOPE: u32 = 3u;
/// Who has to change takes a gap that leaves so much behind [Q10 m]: 0.5 m.
const TIGHT_GAP: i32 = 512;
/// From so far before the end of his lane on, for each change, who has to change comes in before somebody who is nearer than he drives in a step
/// [Q10 m]: 20 m, ...
const URGENT_DISTANCE: i32 = 20480;
/// ... and so many seconds.
const URGENT_S: i32 = 3;
/// A crawl [Q16 m/s]: 1.
const CRAWL: i32 = 65536;
/// Drivers see from so far what blocks a lane: 100 m, ...
const PASS_SIGHT: i32 = 102400;
/// ... and pass it on a lane that is free for so much farther: 20 m.
const PASS_ROOM: i32 = 20480;
/// MOBIL's threshold [Q10 m/s2]: 0.2.
const CHANGE_THRESHOLD: i32 = 205;
/// Braking that a change for its own sake may impose [Q10 m/s2]: 2.
const GENTLE: i32 = 2048;

/// The tighter constraint, and 1 = left, 2 = right, 0 = no change.
struct Wish { bound: Bound, intent: u32 }

/// First vehicle of a lane that is not ahead of x: the follower of a gap there.
fn behind(key: u32, x: i32) -> u32 {
    var low = lane_start[key];
    var high = lane_start[key + 1u];
    while low < high {
        let mid = (low + high) >> 1u;
        if vehicles[mid].x > x {
            low = mid + 1u;
        } else {
            high = mid;
        }
    }
    return low;
}

/// How far it is from a place on a lane to what blocks it ahead of there; FREE_GAP if nothing does within sight.
fn blocked(key: u32, x: i32) -> i32 {
    if (gate[key] & MARK_STANDS) == 0u {
        return FREE_GAP;
    }
    var row = behind(key, x);
    while row > lane_start[key] {
        row -= 1u;
        let gap = max(rear_of(row) - x, 0);
        if gap > PASS_SIGHT {
            return FREE_GAP;
        }
        if (vehicles[row].traits & FLAG_STANDS) != 0u {
            return gap;
        }
    }
    return FREE_GAP;
}

/// Is the own lane blocked ahead, and the lane beside free for farther? Then one may leave the lane that one needs, to come back behind it.
fn around(own: u32, beside: u32) -> bool {
    let gap = blocked(base + own, me.x);
    if gap == FREE_GAP {
        return false;
    }
    return blocked(base + beside, me.x) > gap + PASS_ROOM;
}

/// Is the lane that a driver wants to come into blocked ahead? Then he waits with it until he has passed.
fn passes(own: u32, need: i32) -> bool {
    let beside = select(lanes[own].right, lanes[own].left, need > 0);
    if need == 0 || beside == NONE {
        return false;
    }
    return blocked(base + beside, me.x) < FREE_GAP;
}

/// How far vehicle `row` is from DROP_ZONE if it has to leave lane `own`, which ends for all; 0 on other lanes. Where a lane goes on for some, who
/// lines up in it before his time is in their way.
fn before_drop(own: u32, row: u32) -> i32 {
    if lanes[own].conn_count != 0u || (vehicles[row].next & WAY_MASK) != WAY_NONE {
        return 0;
    }
    return lanes[own].length - vehicles[row].x - setback(own, vehicles[row].key, i32(vehicles[row].next >> 24u) - 128) - DROP_ZONE;
}

/// Leaves a gap for somebody ahead beside me who has to come into my lane. Where his lane ends also while he is still alongside and moves:
/// later both would stand, and each start from rest.
fn cooperate(bound: Bound, own: u32, v0: i32) -> Bound {
    var b = bound;
    let far = COURTESY_SIGHT + (((me.v >> 8u) * (me.v >> 8u)) >> 8u); // v^2 / (2 b) with b = 2 m/s2
    let nearest = max(COURTESY_GAP, reach_of(me.traits, 0));
    for (var side = 0u; side < 2u; side++) {
        let beside = select(lanes[own].left, lanes[own].right, side == 0u);
        let mark = select(MARK_WANT_RIGHT, MARK_WANT_LEFT, side == 0u);
        let flag = select(FLAG_WANT_RIGHT, FLAG_WANT_LEFT, side == 0u);
        if beside == NONE {
            continue;
        }
        if (gate[base + beside] & mark) == 0u {
            continue;
        }
        let first = lane_start[base + beside];
        var row = behind(base + beside, me.x);
        for (var n = 0u; n < COURTESY_LOOK; n++) {
            if row <= first {
                break;
            }
            row -= 1u;
            let gap = rear_of(row) - me.x;
            if gap > far {
                break;
            }
            let early = before_drop(beside, row);
            if (vehicles[row].traits & flag) != 0u && (gap > nearest || (early > 0 && vehicles[row].v >= STANDING)) {
                let open = gap - nearest + (max(early, 0) >> DROP_SLOPE);
                b.a = min(b.a, max(accel(me.traits, me.v, vehicles[row].v, open, v0), -COURTESY_BRAKING));
                break;
            }
        }
    }
    return b;
}

/// Does somebody on the far side of lane `there` show that he has to come into the gap before `row`?
fn rival(there: u32, row: u32, left_side: bool) -> bool {
    let far = select(lanes[there].right, lanes[there].left, left_side);
    let mark = select(MARK_WANT_LEFT, MARK_WANT_RIGHT, left_side);
    let flag = select(FLAG_WANT_LEFT, FLAG_WANT_RIGHT, left_side);
    if far == NONE {
        return false;
    }
    if (gate[base + far] & mark) == 0u {
        return false;
    }
    // The gap ends at the leader, whose place is not in it, and begins at the follower, whose place is.
    var at = lane_start[base + far];
    if row > lane_start[base + there] {
        at = behind(base + far, vehicles[row - 1u].x - 1);
    }
    var least = -2147483648;
    if row < lane_start[base + there + 1u] {
        least = vehicles[row].x;
    }
    let end = lane_start[base + far + 1u];
    while at < end {
        if vehicles[at].x < least {
            break;
        }
        if (vehicles[at].traits & flag) != 0u {
            return true;
        }
        at += 1u;
    }
    return false;
}

/// The gap before a follower when he sees for the first time who changed into it: a step later.
fn seen(space: i32, theirs: i32, mine: i32) -> i32 {
    return space - (max(theirs - mine, 0) >> (6u + params.k));
}

/// Would a follower with this gap brake harder than `safe` in the next step, because he drives no further than to where his leader was before it?
fn startled(gap: i32, v: i32, lead_v: i32, safe: i32) -> bool {
    let next = max(min(gap + ((lead_v - v) >> (6u + params.k)), FREE_GAP), 0);
    return v > CRAWL && (next << (6u + params.k)) < v - (safe << (6u - params.k));
}

/// As the last vehicle of a lane: can the first vehicles of the lanes before it live with me?
fn entrants_spare(there: u32, my_rear: i32, v: i32, safe: i32) -> bool {
    let origins = lanes[there].origins;
    for (var j = 0u; j < pool[origins]; j++) {
        let source = pool[origins + 1u + j * 2u];
        let offset = pool[origins + 2u + j * 2u];
        let first = lane_start[base + source];
        if offset == BESIDE || first == lane_start[base + source + 1u] {
            continue;
        }
        let foe = vehicles[first];
        let space = lanes[source].length - foe.x + i32(offset) + my_rear;
        if space < reach_of(foe.traits, foe.v) || startled(space, foe.v, v, safe) {
            return false;
        }
        if foe.v > CRAWL {
            if accel(foe.traits, foe.v, v, seen(space, foe.v, v), wanted_speed(foe.traits, there)) < -safe {
                return false;
            }
        }
    }
    return true;
}

/// What the change is worth to the vehicle behind me: its acceleration now and after.
fn relief(own: u32, my_rear: i32) -> vec2i {
    if row_of_me + 1u >= lane_start[me.lane + 1u] {
        return vec2i(0, 0);
    }
    let after = vehicles[row_of_me + 1u];
    let after_v0 = wanted_speed(after.traits, own);
    let old = accel(after.traits, after.v, me.v, my_rear - after.x, after_v0);
    if row_of_me > lane_start[me.lane] {
        let gap = rear_of(row_of_me - 1u) - after.x;
        return vec2i(old, accel(after.traits, after.v, vehicles[row_of_me - 1u].v, gap, after_v0));
    }
    return vec2i(old, accel(after.traits, after.v, FREE_SPEED, FREE_GAP, after_v0));
}

/// Who has to leave a lane that ends falls in behind the vehicle ahead on the lane beside, while that moves; beside a queue that stands he drives
/// on to the end.
fn line_up(bound: Bound, own: u32, v0: i32, need: i32) -> Bound {
    var b = bound;
    let beside = select(lanes[own].right, lanes[own].left, need > 0);
    if beside == NONE || (me.next & WAY_MASK) != WAY_NONE || lanes[own].conn_count != 0u {
        return b;
    }
    let row = behind(base + beside, me.x);
    if row > lane_start[base + beside] {
        if vehicles[row - 1u].v < STANDING {
            return b;
        }
        let open = rear_of(row - 1u) - me.x + (max(before_drop(own, row_of_me), 0) >> DROP_SLOPE);
        b.a = min(b.a, max(accel(me.traits, me.v, vehicles[row - 1u].v, open, v0), -COURTESY_BRAKING));
    }
    return b;
}

/// Does the driver want to change, and is it safe? Both leaders count from then on; whether he fits, `resolve` sees.
fn change(b: Bound, own: u32, need: i32, a_lead: i32) -> Wish {
    let no = Wish(b, 0u);
    let even = (tick & 1u) == 0u;
    let left_side = select(need > 0, even, need == 0);
    let there = select(lanes[own].right, lanes[own].left, left_side);
    let allowed = select(LANE_CHANGE_RIGHT, LANE_CHANGE_LEFT, left_side);
    let mandatory = need != 0;
    let shown = (me.traits & select(FLAG_WANT_RIGHT, FLAG_WANT_LEFT, left_side)) != 0u;
    let turn_for_it = (((tick >> 1u) + me.key) & 3u) == 0u;
    let may = (mandatory && (shown || left_side == even)) || (need == 0 && turn_for_it);
    if there == NONE || (lanes[own].flags & allowed) == 0u || ((me.clock >> 16u) & 255u) != 0u || !may {
        return no;
    }
    let c = class_of(me.traits);
    let end = min(lanes[own].length, lanes[there].length) - me.x;
    let my_rear = me.x - c.length;
    if (lanes[there].uses & c.uses) == 0u || end < 0 {
        return no;
    }
    let code = turn_code(me.cursor);
    if !mandatory && code != ROUTE_END {
        if connectors(turn_entry(there, code)) == 0u {
            if !around(own, there) {
                return no;
            }
        }
    }
    let key = base + there;
    let v0 = wanted_speed(me.traits, there);
    let row = behind(key, me.x);
    let safe = select(GENTLE, safe_braking(end / max(abs(need), 1)), mandatory);
    let urgent = mandatory && end < abs(need) * (URGENT_DISTANCE + URGENT_S * (me.v >> 6u));
    var gap = FREE_GAP;
    var lead_v = FREE_SPEED;
    var lead_rear = FREE_GAP;
    if row > lane_start[key] {
        lead_rear = rear_of(row - 1u);
        lead_v = vehicles[row - 1u].v;
        gap = lead_rear - me.x;
    }
    let mine = accel(me.traits, me.v, lead_v, gap, v0);
    if !(shown && left_side == even) {
        if rival(there, row, left_side) {
            return no;
        }
    }
    // At a crawl the room decides: what the law asks of a standing vehicle is no braking.
    if gap < (c.s0 >> 1u) || (mine < -safe && me.v > CRAWL) || startled(gap, me.v, lead_v, safe) {
        return no;
    }
    var theirs = 0;
    var theirs_new = 0;
    if row < lane_start[key + 1u] {
        let foe = vehicles[row];
        let fc = class_of(foe.traits);
        let space = my_rear - foe.x;
        let foe_v0 = wanted_speed(foe.traits, there);
        let later = seen(space, foe.v, me.v);
        if later < select(fc.s0 >> 1u, TIGHT_GAP, mandatory) || (!urgent && space < reach_of(foe.traits, foe.v)) {
            return no;
        }
        theirs_new = accel(foe.traits, foe.v, me.v, later, foe_v0);
        if (theirs_new < -safe && foe.v > CRAWL) || startled(space, foe.v, me.v, safe) {
            return no;
        }
        theirs = accel(foe.traits, foe.v, lead_v, min(lead_rear - foe.x, FREE_GAP), foe_v0);
    } else if !entrants_spare(there, my_rear, me.v, safe) {
        return no;
    }
    if !mandatory {
        let old = relief(own, my_rear);
        if incentive(a_lead, mine, theirs, theirs_new, old.x, old.y, c.politeness8) <= CHANGE_THRESHOLD {
            return no;
        }
        // Nobody leaves the lane he will need for a gain of seconds.
        if (lanes[own].flags & LANE_CHOICE) != 0u {
            if lane_cost(there, me.cursor, me.key, c.uses) > lane_cost(own, me.cursor, me.key, c.uses) {
                if !around(own, there) {
                    return no;
                }
            }
        }
    }
    let brake = select(max(mine, -safe), mine, me.v > CRAWL);
    return Wish(Bound(min(b.a, brake), b.room), select(2u, 1u, left_side));
}
