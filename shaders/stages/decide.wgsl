// decide: speed, distance, lane crossings and the wish to change lanes of every vehicle. One invocation a vehicle. What lies ahead is in
// decide/ahead.wgsl, the wish to change in decide/change.wgsl; both are appended to this text. Twin: src/stages/decide.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lanes: array<Lane>;
@group(0) @binding(2) var<storage, read> pool: array<u32>;
@group(0) @binding(3) var<storage, read> trips: array<Trip>;
@group(0) @binding(4) var<storage, read> vehicles: array<Vehicle>;
@group(0) @binding(5) var<storage, read> lane_start: array<u32>;
@group(0) @binding(6) var<storage, read> gate: array<u32>;
@group(0) @binding(7) var<storage, read_write> plan: array<Vehicle>;
@group(0) @binding(8) var<storage, read_write> counters: array<atomic<u32>>;

override GROUP: u32 = 64;

/// Lane ends that a vehicle may cross in one step; origins are compiled for as many.
const MOST_HOPS: u32 = 4u;
/// Below this a vehicle stands: 0.1 m/s [Q16].
const STANDING: i32 = 6554;
/// A halt begins when the vehicle stands within this distance [Q10 m]: 3 m.
const HALT_REACH: i32 = 3072;
/// Others are asked to let one in from so far before the end of the lane, for each change [Q10 m]: 100 m.
const WANT_DISTANCE: i32 = 102400;
/// Who has stood for so long drops plans for the turns after the next [s]: 30.
const PLAN_PATIENCE_S: u32 = 30u;

/// Tightest constraint so far.
struct Bound { a: i32, room: i32 }

/// The tick, and the vehicle of this invocation: its row, its state, the first key of its world.
var<private> tick: u32;
var<private> row_of_me: u32;
var<private> me: Vehicle;
var<private> base: u32;

fn tally(counter: u32) {
    atomicAdd(&counters[COUNTERS * (1u + base / params.lanes) + counter], 1u);
}

/// Rear bumper of the vehicle in a row.
fn rear_of(row: u32) -> i32 {
    return vehicles[row].x - long(vehicles[row].traits);
}

/// Lane changes that a driver wants now. What his next turn needs he wants always. What he plans for the turns after it he thinks of every two
/// seconds, and in between holds on to what he shows; who stands for long takes the lane he is in: plans do not block a street.
fn wanted_changes() -> i32 {
    let need = i32(me.next >> 24u) - 128;
    if need == 0 || (me.next & WAY_MASK) == WAY_NONE {
        return need;
    }
    if (me.clock & 0xffffu) > (PLAN_PATIENCE_S << params.k) {
        return 0;
    }
    if ((tick + me.key) & ((2u << params.k) - 1u)) == 0u {
        return need;
    }
    let shown = select(0, -1, (me.traits & FLAG_WANT_RIGHT) != 0u);
    return select(shown, 1, (me.traits & FLAG_WANT_LEFT) != 0u);
}

/// One more thing ahead.
fn follow(b: Bound, v0: i32, gap: i32, vl: i32) -> Bound {
    return Bound(min(b.a, accel(me.traits, me.v, vl, gap, v0)), min(b.room, gap));
}

/// A planned halt on this link: (position or -1 = none or -2 = passed, lane changes to its lane).
fn planned_halt(own: u32) -> vec2i {
    let list = trips[me.trip].halts;
    let index = me.halt & 255u;
    if index >= pool[list] {
        return vec2i(-1, 0);
    }
    let at = list + 1u + index * 4u;
    let there = pool[at];
    if (lanes[own].flags & LANE_CONNECTOR) != 0u || lanes[there].place != lanes[own].place {
        return vec2i(-1, 0);
    }
    let x = min(i32(pool[at + 1u]), lanes[own].length);
    let patience = (me.clock & 0xffffu) > params.courtesy_ticks && there != own;
    if me.x > x + LINE_GAP || patience {
        return vec2i(-2, 0);
    }
    return vec2i(x, i32(there) - i32(own));
}

/// Standing at a halt.
fn dwell(v: Vehicle) -> Vehicle {
    var next = v;
    let left = ((next.halt >> 8u) & 0xffffu) - 1u;
    next.halt = (next.halt & 0xff0000ffu) | (left << 8u);
    if left == 0u {
        next.halt += 1u;
    }
    next.v = 0;
    next.clock &= 0xffff0000u;
    return next;
}

fn with_noise(a: i32) -> i32 {
    let c = class_of(me.traits);
    if c.sigma10 == 0 {
        return a;
    }
    let seed = pool[params.seeds + base / params.lanes];
    let word = pcg4d(seed, me.key, tick, PURPOSE_NOISE).w;
    if c.model == 0u {
        return noisy(a, me.v, word, c.sigma10, c.bc10, c.a10, c.b10);
    }
    return dawdle(a, word, c.sigma10, c.b10);
}

/// Waiting time, stops, the begin of a planned halt.
fn waits(v: Vehicle, v_old: i32) -> Vehicle {
    var next = v;
    if next.v >= STANDING {
        next.clock &= 0xffff0000u;
        return next;
    }
    if (next.traits & FLAG_HALTS) != 0u {
        let list = trips[next.trip].halts;
        let index = next.halt & 255u;
        if index < pool[list] {
            let at = list + 1u + index * 4u;
            let ahead_of_it = i32(pool[at + 1u]) - next.x;
            if pool[at] == next.lane % params.lanes && ahead_of_it < HALT_REACH && ahead_of_it > -HALT_REACH {
                let until = select(0u, pool[at + 3u] - min(tick, pool[at + 3u]), pool[at + 3u] > 0u);
                next.halt = (next.halt & 0xff0000ffu) | (min(max(pool[at + 2u], until), 65535u) << 8u);
                next.v = 0;
                return next;
            }
        }
    }
    next.clock = (next.clock & 0xffff0000u) | min((next.clock & 0xffffu) + 1u, 65535u);
    next.stopped = (next.stopped & 0xffc00000u) | min((next.stopped & 0x3fffffu) + 1u, 0x3fffffu);
    if v_old >= STANDING {
        next.stopped = (next.stopped & 0x3fffffu) | (min((next.stopped >> 22u) + 1u, 1023u) << 22u);
    }
    return next;
}

/// Moves: ballistic step, hard clamps, lane ends, arrival, counters of the vehicle.
fn move_on(b: Bound, v: Vehicle, wrong_turn: u32) -> Vehicle {
    var next = v;
    let c = class_of(next.traits);
    let v_old = next.v;
    let start = next.lane - base;
    let a = clamp(b.a, -c.b10, c.a10);
    var step = advance(v_old, a, params.k);
    if c.model != 0u {
        step = advance_krauss(v_old, a, params.k);
    }
    var dx = step.x;
    var speed = min(step.y, params.vcap);
    let room = max(b.room, 0);
    if dx > room {
        dx = room;
        speed = min(speed, dx << (6u + params.k));
        if v_old - speed > (c.b10 << (6u - params.k)) + 64 {
            tally(COUNTER_CLAMPS);
        }
    }
    next.odo += u32(dx);
    next.free_ms += quot_round(u32(dx * 1000), u32(wanted_speed(next.traits, start)));
    next.x += dx;
    next.v = speed;
    let waited = next.clock & 0xffffu;
    next = waits(next, v_old);
    var at = start;
    var way = next.next & WAY_MASK; // of the first lane
    var known = true;
    for (var hop = 0u; hop <= MOST_HOPS; hop++) {
        let length = lanes[at].length;
        let on_lane = (lanes[at].flags & LANE_CONNECTOR) == 0u;
        if on_lane && !known {
            way = way_of(at, next.cursor, next.key, c.uses);
        }
        known = known && !on_lane;
        if on_lane && way == WAY_END {
            let arrive = trips[next.trip].arrive;
            if next.x >= select(min(arrive, length), length, arrive < 0) {
                next.lane = NONE;
                return next;
            }
            break;
        }
        if next.x <= length {
            break;
        }
        var goal = lanes[at].exit;
        if on_lane {
            goal = select(NONE, way, way < WAY_END);
            if goal == NONE && hop == 0u {
                goal = wrong_turn;
                if goal != NONE {
                    next.halt |= FORCED_CUT;
                    tally(COUNTER_MISSED);
                    event(RUNG_MISSED, waited, next.trip, base + start);
                }
            }
        }
        if hop == MOST_HOPS || goal == NONE {
            next.x = length;
            tally(COUNTER_HOPS);
            break;
        }
        if on_lane {
            next.cursor += 1u;
        }
        next.x -= length;
        at = goal;
    }
    if at != start {
        next.clock &= ~(3u << INTENT_SHIFT);
    }
    next.lane = base + at;
    return next;
}

/// One tick less of cooldown; no intent.
fn cool(clock: u32) -> u32 {
    let cooldown = (clock >> 16u) & 255u;
    return (clock & 0xffffu) | ((max(cooldown, 1u) - 1u) << 16u);
}

@compute @workgroup_size(GROUP)
fn decide(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * GROUP;
    if i >= lane_start[params.worlds * params.lanes] {
        return;
    }
    tick = atomicLoad(&counters[0]);
    row_of_me = i;
    me = vehicles[i];
    base = me.lane - me.lane % params.lanes;
    let own = me.lane - base;
    let v0 = wanted_speed(me.traits, own);
    var b = Bound(accel(me.traits, me.v, FREE_SPEED, FREE_GAP, v0), NO_BOUND);
    let has_lead = i > lane_start[me.lane];
    if has_lead {
        b = follow(b, v0, rear_of(i - 1u) - me.x, vehicles[i - 1u].v);
    }
    let a_lead = b.a;
    var next = me;
    next.clock = cool(me.clock);
    next.traits = me.traits & ~(FLAG_WANT_LEFT | FLAG_WANT_RIGHT | FLAG_CUT);
    var need = 0;
    var halting = false;
    if (me.traits & FLAG_HALTS) != 0u {
        if ((me.halt >> 8u) & 0xffffu) > 0u {
            plan[i] = dwell(next);
            return;
        }
        let halt = planned_halt(own);
        if halt.x > -1 {
            let gap = halt.x - me.x;
            b = follow(b, v0, gap + params.classes[me.traits & 63u].s0, 0);
            b.room = min(b.room, max(gap, 0));
            need = halt.y;
            halting = true;
        } else if halt.x == -2 {
            next.halt = (me.halt & 0xffffff00u) | ((me.halt & 255u) + 1u);
            tally(COUNTER_MISSED_HALTS);
        }
    }
    let on_lane = (lanes[own].flags & LANE_CONNECTOR) == 0u;
    if on_lane && !halting {
        need = wanted_changes();
        if passes(own, need) {
            need = 0;
        }
    }
    b = ahead(b, own, v0, has_lead, need);
    b.a = with_noise(b.a);
    if on_lane {
        if need != 0 && lanes[own].length - me.x < abs(need) * WANT_DISTANCE {
            next.traits |= select(FLAG_WANT_RIGHT, FLAG_WANT_LEFT, need > 0);
        }
        if !has_lead && !halting {
            if stuck(own) {
                next.traits |= FLAG_CUT;
            }
        }
        b = cooperate(b, own, v0);
        if (next.traits & (FLAG_WANT_LEFT | FLAG_WANT_RIGHT)) != 0u {
            b = line_up(b, own, v0, need);
        }
        let wish = change(b, own, need, a_lead);
        b = wish.bound;
        next.clock |= wish.intent << INTENT_SHIFT;
    }
    var wrong_turn = NONE;
    if on_lane && !has_lead {
        wrong_turn = cut(own);
    }
    plan[i] = move_on(b, next, wrong_turn);
}
