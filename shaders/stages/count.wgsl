// count: how many vehicles each lane will hold, what passed on it, who arrived. One invocation a key. Twin: src/stages/count.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> clock: vec4u; // x: tick
@group(0) @binding(2) var<storage, read> lanes: array<Lane>;
@group(0) @binding(3) var<storage, read> vehicles: array<Vehicle>;
@group(0) @binding(4) var<storage, read> plan: array<Vehicle>;
@group(0) @binding(5) var<storage, read> lane_start: array<u32>;
@group(0) @binding(6) var<storage, read> entries: array<Entry>;
@group(0) @binding(7) var<storage, read_write> logs: array<Log>;
@group(0) @binding(8) var<storage, read_write> sums: array<Sums>;
@group(0) @binding(9) var<storage, read_write> flow: array<atomic<u32>>;

override GROUP: u32 = 64;

/// `flow` of a lane, 10 bits each: who comes from beside, who comes from another link, ...
const FROM_OUTSIDE: u32 = 1024u;
/// ... and who drives through all of a short lane within the step.
const PASSED: u32 = 1048576u;
/// No detector: everybody is beyond it with his whole length [Q10 m].
const NO_PLACE: i32 = -1000000000;
/// Standing [Q16 m/s]: 0.1.
const STANDING: i32 = 6554;

fn arrival(row: u32, own: u32) {
    let v = plan[row];
    logs[v.trip].arrive = clock.x + 1u;
    logs[v.trip].arrive_lane = own;
    logs[v.trip].arrive_x = v.x;
    logs[v.trip].arrive_v = v.v;
    logs[v.trip].odo = v.odo;
    logs[v.trip].free_ms = v.free_ms;
    logs[v.trip].stopped = v.stopped;
    logs[v.trip].halt = v.halt;
}

fn departure(mine: Entry, own: u32) {
    logs[mine.trip].depart = clock.x + 1u;
    logs[mine.trip].depart_lane = own;
    logs[mine.trip].depart_x = mine.x;
    logs[mine.trip].depart_v = mine.v;
}

@compute @workgroup_size(GROUP)
fn count(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let key = id.x + id.y * groups.x * GROUP;
    if key >= params.worlds * params.lanes {
        return;
    }
    let own = key % params.lanes;
    let coming = atomicLoad(&flow[key]);
    let outside = coming / FROM_OUTSIDE % FROM_OUTSIDE;
    let passed = coming / PASSED;
    var n = coming % FROM_OUTSIDE + outside;
    var s = sums[key];
    s.entered += outside + passed;
    s.left += passed;
    var place = NO_PLACE;
    if (lanes[own].flags & LANE_CONNECTOR) == 0u && lanes[own].signal != NONE {
        place = i32(lanes[own].signal);
        s.detected += passed;
        s.detected_q8 += passed * u32(lanes[own].limit10 >> 2u);
    }
    for (var row = lane_start[key]; row < lane_start[key + 1u]; row++) {
        let length = params.classes[vehicles[row].traits & 63u].length;
        s.present += 1u;
        s.driven_q4 += (plan[row].odo >> 6u) - (vehicles[row].odo >> 6u);
        s.length_q4 += u32(length >> 6u);
        if plan[row].v < STANDING {
            s.stopped += 1u;
            s.queue_max = max(s.queue_max, lanes[own].length - (vehicles[row].x - length));
        }
        let goal = plan[row].lane;
        let beside = lanes[own].left == goal % params.lanes || lanes[own].right == goal % params.lanes;
        let forward = goal != key && goal != NONE && !beside;
        let x = vehicles[row].x;
        if x < place && (forward || plan[row].x >= place) {
            s.detected += 1u;
            s.detected_q8 += u32(plan[row].v >> 8u);
        } else if x >= place && x - length < place {
            s.occupied += 1u;
        }
        if goal == key {
            n += 1u;
        } else if goal == NONE {
            s.arrived += 1u;
            arrival(row, own);
        } else if forward {
            s.left += 1u;
        }
    }
    let mine = entries[key];
    if mine.trip != NONE {
        n += 1u;
        s.departed += 1u;
        departure(mine, own);
    }
    sums[key] = s;
    atomicStore(&flow[key], n);
}
