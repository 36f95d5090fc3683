// detect: what the detectors of a lane count that are not its last one. One invocation a detector and world. Twin: src/stages/detect.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lanes: array<Lane>;
@group(0) @binding(2) var<storage, read> pool: array<u32>;
@group(0) @binding(3) var<storage, read> vehicles: array<Vehicle>;
@group(0) @binding(4) var<storage, read> plan: array<Vehicle>;
@group(0) @binding(5) var<storage, read> lane_start: array<u32>;
@group(0) @binding(6) var<storage, read> flow: array<u32>;
@group(0) @binding(7) var<storage, read_write> loops: array<Loop>;

override GROUP: u32 = 64;

/// `flow` of a lane, from this bit on: who drives through all of it within the step.
const PASSED: u32 = 1048576u;

@compute @workgroup_size(GROUP)
fn detect(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * GROUP;
    if i >= params.worlds * params.loops {
        return;
    }
    let at = params.loops_at + 2u * (i % params.loops);
    let own = pool[at];
    let place = i32(pool[at + 1u]);
    let key = i / params.loops * params.lanes + own;
    let passed = flow[key] / PASSED;
    var sum = loops[i];
    sum.count += passed;
    sum.speed_q8 += passed * u32(lanes[own].limit10 >> 2u);
    for (var row = lane_start[key]; row < lane_start[key + 1u]; row++) {
        let x = vehicles[row].x;
        let goal = plan[row].lane;
        let beside = lanes[own].left == goal % params.lanes || lanes[own].right == goal % params.lanes;
        let forward = goal != key && goal != NONE && !beside;
        if x < place && (forward || plan[row].x >= place) {
            sum.count += 1u;
            sum.speed_q8 += u32(plan[row].v >> 8u);
        } else if x >= place && x - params.classes[vehicles[row].traits & 63u].length < place {
            sum.occupied += 1u;
        }
    }
    loops[i] = sum;
}
