// scan_add: where each lane's vehicles will begin, one group a block; empties `flow` for the next step. Twin: src/stages/scan_add.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> block_sums: array<u32>;
@group(0) @binding(2) var<storage, read_write> lane_next: array<u32>;
@group(0) @binding(3) var<storage, read_write> flow: array<u32>;

override GROUP: u32 = 64;
/// Keys of a block.
const BLOCK: u32 = 1024u;
/// Sums of the invocations, then what comes before each; room for the largest group.
var<workgroup> partial: array<u32, 256>;

@compute @workgroup_size(GROUP)
fn scan_add(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) thread: u32,
) {
    let keys = params.worlds * params.lanes;
    let block = group.x + group.y * groups.x;
    if block * BLOCK >= keys {
        return;
    }
    let share = BLOCK / GROUP;
    let first = min(block * BLOCK + thread * share, keys);
    let end = min(first + share, keys);
    var sum = 0u;
    for (var key = first; key < end; key++) {
        sum += flow[key];
    }
    partial[thread] = sum;
    workgroupBarrier();
    if thread == 0u {
        var before = block_sums[block];
        for (var i = 0u; i < GROUP; i++) {
            let own = partial[i];
            partial[i] = before;
            before += own;
        }
    }
    workgroupBarrier();
    var running = partial[thread];
    for (var key = first; key < end; key++) {
        lane_next[key] = running;
        running += flow[key];
        flow[key] = 0u;
    }
    if first < end && end == keys {
        lane_next[keys] = running;
    }
}
