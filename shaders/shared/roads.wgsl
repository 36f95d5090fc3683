// What several stages ask of the tables. Twin: src/stages/roads.rs. Needs params, lanes, pool; lanes are named by their index in one world.

/// How many links ahead a driver plans his lane: enough for half of a roundabout that is cut into links of a metre.
const LINKS_AHEAD: u32 = 12u;
/// ... if those links together are shorter than this [Q10 m]: 600 m.
const PLAN_DISTANCE: i32 = 614400;
/// Who stays in a roundabout for so long behind its next link has time to come from the inner lane to the exit [Q10 m]: 40 m.
const INNER_DISTANCE: i32 = 40960;
/// Lanes to each side that he looks at for one that serves his turn.
const ADMITTED_LANES: i32 = 8;
/// Lanes to each side that he looks at for the turns after it.
const PLAN_LANES: i32 = 3;
/// Nobody looks further [Q10 m]: 300 m.
const MOST_SIGHT: i32 = 307200;

/// Class of a vehicle.
fn class_of(traits: u32) -> Class {
    return params.classes[traits & 63u];
}

/// Turn code at a cursor; ROUTE_END at the last link.
fn turn_code(cursor: u32) -> u32 {
    return (pool[params.routes + (cursor >> 3u)] >> ((cursor & 7u) * 4u)) & 15u;
}

/// Word of (lane, turn): first connector, connectors, changes + 128.
fn turn_entry(lane: u32, code: u32) -> u32 {
    if code >= pool[lanes[lane].turns] {
        return 128u << 16u;
    }
    return pool[lanes[lane].turns + 1u + code];
}

/// Connectors of a turn word.
fn connectors(entry: u32) -> u32 {
    return (entry >> 8u) & 255u;
}

/// Lane changes of a turn word, + = left.
fn changes(entry: u32) -> i32 {
    return i32(entry >> 16u) - 128;
}

/// The connector that a vehicle takes at the end of `lane`; WAY_END where its route ends, WAY_NONE if its turn is not served there. Of several,
/// the one that needs the fewest changes for the turn after; among those, dealt out by key.
fn way_of(lane: u32, cursor: u32, key: u32, uses: u32) -> u32 {
    let code = turn_code(cursor);
    if code == ROUTE_END {
        return WAY_END;
    }
    let entry = turn_entry(lane, code);
    let count = connectors(entry);
    let first = lanes[lane].conn_start + (entry & 255u);
    if count == 1u {
        return select(WAY_NONE, first, (lanes[first].uses & uses) != 0u);
    }
    let next = turn_code(cursor + 1u);
    var best = WAY_NONE;
    var best_score = NONE;
    for (var j = 0u; j < count; j++) {
        if (lanes[first + j].uses & uses) == 0u {
            continue;
        }
        let exit = lanes[first + j].exit;
        var needed = 0u;
        if next != ROUTE_END {
            let beyond = turn_entry(exit, next);
            if connectors(beyond) == 0u {
                needed = u32(abs(changes(beyond)));
            }
        }
        let score = (needed << 8u) | ((j + (key & 255u)) % count);
        if score < best_score {
            best_score = score;
            best = first + j;
        }
    }
    return best;
}

/// Lane changes that the next turn needs, + = left.
fn changes_needed(lane: u32, cursor: u32) -> i32 {
    let code = turn_code(cursor);
    if code == ROUTE_END {
        return 0;
    }
    let entry = turn_entry(lane, code);
    if connectors(entry) != 0u {
        return 0;
    }
    return changes(entry);
}

/// The connector that a driver takes who turns from the wrong lane, NONE if there is none: that of the lane he should be in.
fn cut_of(lane: u32, v: Vehicle) -> u32 {
    let code = turn_code(v.cursor);
    if (v.traits & FLAG_CUT) == 0u || code == ROUTE_END {
        return NONE;
    }
    let need = i32(v.next >> 24u) - 128;
    let steps = u32(abs(need));
    if steps == 0u || steps > CUT_LANES {
        return NONE;
    }
    var at = lane;
    for (var step = 0u; step < steps; step++) {
        at = select(lanes[at].right, lanes[at].left, need > 0);
        if at == NONE {
            return NONE;
        }
    }
    let way = way_of(at, v.cursor, v.key, params.classes[v.traits & 63u].uses);
    return select(NONE, way, way < WAY_END);
}

/// How bad it is to stay on `lane` [16 a lane change, plus 12 less the links until there]: the changes of the first turn that is not served,
/// within the distance that drivers plan. 0 = fine. The exit of a roundabout counts from near by: its inner lane is for who drives past the
/// next one.
fn lane_cost(lane: u32, cursor: u32, key: u32, uses: u32) -> u32 {
    var here = lane;
    var at = cursor;
    var way = 0;
    for (var depth = 0u; depth < LINKS_AHEAD; depth++) {
        let code = turn_code(at);
        if code == ROUTE_END {
            return 0u;
        }
        let entry = turn_entry(here, code);
        if connectors(entry) == 0u {
            if depth > 1u && way > INNER_DISTANCE && (lanes[here].flags & LANE_ROUNDABOUT) != 0u {
                return 0u;
            }
            return u32(abs(changes(entry))) * 16u + LINKS_AHEAD - depth;
        }
        let goal = way_of(here, at, key, uses);
        if goal >= WAY_END {
            return 0u;
        }
        here = lanes[goal].exit;
        way += lanes[here].length;
        if way > PLAN_DISTANCE {
            return 0u;
        }
        at += 1u;
    }
    return 0u;
}

/// The lane `delta` changes to the left of `own` on its link that this class may use; NONE if there is none.
fn lane_beside(own: u32, delta: i32, uses: u32) -> u32 {
    let other = i32(own) + delta;
    if other < 0 || other >= i32(params.lanes) {
        return NONE;
    }
    let there = u32(other);
    let same_link = (lanes[there].flags & LANE_CONNECTOR) == 0u && lanes[there].place == lanes[own].place;
    return select(NONE, there, same_link && (lanes[there].uses & uses) != 0u);
}

/// Lane changes to the nearest lane whose next turn admits this class of vehicle; those that the turn needs where there is none.
fn changes_admitted(own: u32, cursor: u32, key: u32, uses: u32) -> i32 {
    for (var step = 1; step <= ADMITTED_LANES; step++) {
        for (var side = 0u; side < 2u; side++) {
            let delta = select(step, -step, side == 0u);
            let there = lane_beside(own, delta, uses);
            if there != NONE {
                if way_of(there, cursor, key, uses) < WAY_END {
                    return delta;
                }
            }
        }
    }
    return changes_needed(own, cursor);
}

/// Lane changes with an eye on the turns after the next: to that of the lanes which serve the next turn, the nearest, that needs no (or fewer)
/// changes on short links behind it.
fn changes_planned(own: u32, cursor: u32, key: u32, uses: u32) -> i32 {
    var least = lane_cost(own, cursor, key, uses);
    var best = 0;
    if least == 0u {
        return 0;
    }
    for (var step = 1; step <= PLAN_LANES; step++) {
        for (var side = 0u; side < 2u; side++) {
            let delta = select(step, -step, side == 1u);
            let there = lane_beside(own, delta, uses);
            if there == NONE {
                continue;
            }
            if changes_needed(there, cursor) != 0 {
                continue;
            }
            let cost = lane_cost(there, cursor, key, uses);
            if cost < least {
                least = cost;
                best = delta;
            }
        }
    }
    return best;
}

/// Word `next` of a vehicle that comes onto lane or connector `own`.
fn outlook(own: u32, cursor: u32, key: u32, uses: u32) -> u32 {
    let at = select(own, lanes[own].exit, (lanes[own].flags & LANE_CONNECTOR) != 0u);
    let way = way_of(at, cursor, key, uses);
    if way == WAY_END {
        return WAY_END | (128u << 24u);
    }
    if way == WAY_NONE {
        return way | (u32(changes_admitted(at, cursor, key, uses) + 128) << 24u);
    }
    if (lanes[at].flags & LANE_CHOICE) == 0u {
        return way | (128u << 24u);
    }
    return way | (u32(changes_planned(at, cursor, key, uses) + 128) << 24u);
}

/// Desired speed of a driver on a lane [m/s, Q10].
fn wanted_speed(traits: u32, lane: u32) -> i32 {
    return free_speed(lanes[lane].limit10, i32(traits >> 16u), params.classes[traits & 63u].vmax10);
}

/// Acceleration [m/s2, Q10] behind something `gap` ahead that drives `vl`.
fn accel(traits: u32, v: i32, vl: i32, gap: i32, v0: i32) -> i32 {
    let c = class_of(traits);
    if c.model == 0u {
        return idm(v, vl, gap, v0, c.a10, c.b10, c.c10, c.t8, c.s0, c.r12);
    }
    return krauss_accel(v, vl, gap, v0, c.a10, c.b10, c.b8, c.tau8, c.s0, params.k);
}

/// How far a vehicle may come in one step whatever happens [Q10 m].
fn reach_of(traits: u32, v: i32) -> i32 {
    let c = class_of(traits);
    return reach(v, c.a10 << min(c.model, 1u), params.k);
}

/// Length of a vehicle.
fn long(traits: u32) -> i32 {
    return params.classes[traits & 63u].length;
}

/// How far a vehicle looks ahead [Q10 m].
fn sight(traits: u32, v: i32) -> i32 {
    let c = class_of(traits);
    return min(look_ahead(v, c.bc10, c.t8, c.s0), MOST_SIGHT);
}
