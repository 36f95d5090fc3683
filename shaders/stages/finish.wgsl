// finish: the next tick becomes this one. One invocation a key. Twin: src/stages/finish.rs.
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
    if (lanes[key % params.lanes].flags & LANE_CONNECTOR) != 0u {
        return;
    }
    var wants = 0u;
    for (var row = lane_next[key]; row < lane_next[key + 1u]; row++) {
        wants |= vehicles[row].traits;
    }
    gate[key] = mark(wants & FLAG_WANT_LEFT, MARK_WANT_LEFT) | mark(wants & FLAG_WANT_RIGHT, MARK_WANT_RIGHT) | mark(wants & FLAG_CUT, MARK_CUT);
}
