// finish: the next tick becomes this one; every promise of the dynamics is looked after. One invocation a key. Twin: src/stages/finish.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lanes: array<Lane>;
@group(0) @binding(2) var<storage, read> lane_next: array<u32>;
@group(0) @binding(3) var<storage, read> vehicles: array<Vehicle>;
@group(0) @binding(4) var<storage, read_write> lane_start: array<u32>;
@group(0) @binding(5) var<storage, read_write> gate: array<u32>;
@group(0) @binding(6) var<storage, read_write> counters: array<atomic<u32>>;

override GROUP: u32 = 64;

/// `bit` if any is set.
fn mark(wants: u32, bit: u32) -> u32 {
    return select(0u, bit, wants != 0u);
}

/// `bit` if it is wrong.
fn fault(wrong: bool, bit: u32) -> u32 {
    return select(0u, bit, wrong);
}

/// The promises that the vehicles of a lane break.
fn faults(key: u32) -> u32 {
    let first = lane_next[key];
    var bits = 0u;
    for (var row = first; row < lane_next[key + 1u]; row++) {
        let x = vehicles[row].x;
        if x == NOWHERE {
            bits |= FAULT_LOST;
            continue;
        }
        bits |= fault(x < 0, FAULT_PLACE) | fault(vehicles[row].trip >= params.vehicles, FAULT_TRIP);
        if row == first {
            bits |= fault(x > lanes[key % params.lanes].length + (params.vcap >> (6u + params.k)), FAULT_PLACE);
        } else {
            let lead = vehicles[row - 1u].x;
            let rear = lead - params.classes[vehicles[row - 1u].traits & 63u].length;
            bits |= fault(lead < x, FAULT_ORDER) | fault(lead >= x && rear >= 0 && rear < x, FAULT_OVERLAP);
        }
    }
    return bits;
}

@compute @workgroup_size(GROUP)
fn finish(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let key = id.x + id.y * groups.x * GROUP;
    let keys = params.worlds * params.lanes;
    if key == 0u {
        lane_start[keys] = lane_next[keys];
        atomicAdd(&counters[0], 1u);
    }
    if key >= keys {
        return;
    }
    lane_start[key] = lane_next[key];
    let wrong = faults(key);
    if wrong != 0u {
        raise(key, wrong);
    }
    if (lanes[key % params.lanes].flags & LANE_CONNECTOR) != 0u {
        return;
    }
    var wants = 0u;
    for (var row = lane_next[key]; row < lane_next[key + 1u]; row++) {
        wants |= vehicles[row].traits;
    }
    let shown = mark(wants & FLAG_WANT_LEFT, MARK_WANT_LEFT) | mark(wants & FLAG_WANT_RIGHT, MARK_WANT_RIGHT);
    gate[key] = shown | mark(wants & FLAG_CUT, MARK_CUT) | mark(wants & FLAG_STANDS, MARK_STANDS);
}
