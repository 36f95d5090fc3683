// resolve: of the vehicles of one lane that want the same gap, the front-most takes it. One invocation a vehicle; each writes `lane`, `x` and
// `halt` of its own plan and reads `clock` and `odo` of others, which nobody writes here. Twin: src/stages/resolve.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lanes: array<Lane>;
@group(0) @binding(2) var<storage, read> pool: array<u32>;
@group(0) @binding(3) var<storage, read> vehicles: array<Vehicle>;
@group(0) @binding(4) var<storage, read> lane_start: array<u32>;
@group(0) @binding(5) var<storage, read> swaps: array<Swap>;
@group(0) @binding(6) var<storage, read_write> plan: array<Vehicle>;
@group(0) @binding(7) var<storage, read_write> flow: array<atomic<u32>>;
@group(0) @binding(8) var<storage, read_write> counters: array<atomic<u32>>;

override GROUP: u32 = 64;

/// `flow` of a lane, 10 bits each: who comes from beside, who comes from another link, ...
const FROM_OUTSIDE: u32 = 1024u;
/// ... and who drives through all of a short lane within the step.
const PASSED: u32 = 1048576u;
/// Lanes that a vehicle may pass in one step.
const MOST_PASSED: u32 = 4u;

fn intent_of(row: u32) -> u32 {
    return (plan[row].clock >> INTENT_SHIFT) & 3u;
}

/// How far a vehicle drives in this step.
fn way_driven(row: u32) -> i32 {
    return i32(plan[row].odo - vehicles[row].odo);
}

/// The lane that vehicle `row` of a lane changes to, NONE if a rival ahead takes the gap or it would not fit.
fn goal_of(row: u32, key: u32, intent: u32) -> u32 {
    let own = key % params.lanes;
    let goal = key - own + select(lanes[own].right, lanes[own].left, intent == 1u);
    let x = vehicles[row].x;
    // The gap's leader: the last vehicle of the goal that is ahead of me.
    let start = lane_start[goal];
    var low = start;
    var high = lane_start[goal + 1u];
    while low < high {
        let mid = (low + high) >> 1u;
        if vehicles[mid].x > x {
            low = mid + 1u;
        } else {
            high = mid;
        }
    }
    for (var ahead = row; ahead > lane_start[key]; ahead--) {
        if low > start {
            if vehicles[ahead - 1u].x >= vehicles[low - 1u].x {
                break;
            }
        }
        if intent_of(ahead - 1u) == intent {
            return NONE;
        }
    }
    let place = x + way_driven(row);
    if low > start {
        let lead = vehicles[low - 1u];
        if lead.x - params.classes[lead.traits & 63u].length + way_driven(low - 1u) < place {
            return NONE;
        }
    }
    if low < lane_start[goal + 1u] {
        if vehicles[low].x + way_driven(low) > place - params.classes[vehicles[row].traits & 63u].length {
            return NONE;
        }
    }
    return goal;
}

/// Counts the lanes between the old and the new one.
fn count_passed(key: u32, goal: u32, old: Vehicle) {
    let base = key - key % params.lanes;
    var at = key - base;
    var cursor = old.cursor;
    for (var n = 0u; n < MOST_PASSED; n++) {
        var next = lanes[at].exit;
        if (lanes[at].flags & LANE_CONNECTOR) == 0u {
            next = way_of(at, cursor, old.key, params.classes[old.traits & 63u].uses);
            cursor += 1u;
        }
        if next >= WAY_END || base + next == goal {
            return;
        }
        atomicAdd(&flow[base + next], PASSED);
        at = next;
    }
}

@compute @workgroup_size(GROUP)
fn resolve(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * GROUP;
    if i >= lane_start[params.worlds * params.lanes] {
        return;
    }
    let key = vehicles[i].lane;
    let own = key % params.lanes;
    var goal = plan[i].lane;
    let intent = intent_of(i);
    if intent != 0u {
        let side = goal_of(i, key, intent);
        if side != NONE {
            goal = side;
        }
    }
    if i == lane_start[key] {
        let swap = swaps[key];
        if swap.lane != NONE {
            goal = swap.lane;
            plan[i].x = swap.x;
            plan[i].halt |= FORCED_ROTATE;
            atomicAdd(&counters[COUNTERS * (1u + key / params.lanes) + COUNTER_ROTATED], 1u);
            event(RUNG_ROTATE, plan[i].clock & 0xffffu, plan[i].trip, key);
        }
    }
    plan[i].lane = goal;
    if goal != key && goal != NONE {
        let there = goal % params.lanes;
        let beside = lanes[own].left == there || lanes[own].right == there;
        if beside && lanes[own].place == lanes[there].place {
            atomicAdd(&flow[goal], 1u);
        } else {
            atomicAdd(&flow[goal], FROM_OUTSIDE);
            count_passed(key, goal, vehicles[i]);
        }
    }
}
