// scan_sums: the sum of each block of keys, one group a block. Twin: src/stages/scan_sums.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> flow: array<u32>;
@group(0) @binding(2) var<storage, read_write> block_sums: array<u32>;

override GROUP: u32 = 64;
/// Keys of a block.
const BLOCK: u32 = 1024u;
/// Sums of the invocations; room for the largest group.
var<workgroup> partial: array<u32, 256>;

@compute @workgroup_size(GROUP)
fn scan_sums(
    @builtin(workgroup_id) group: vec3u,
    @builtin(num_workgroups) groups: vec3u,
    @builtin(local_invocation_index) thread: u32,
) {
    let keys = params.worlds * params.lanes;
    let block = group.x + group.y * groups.x;
    if block * BLOCK >= keys {
        return;
    }
    var sum = 0u;
    for (var i = thread; i < BLOCK; i += GROUP) {
        let key = block * BLOCK + i;
        if key < keys {
            sum += flow[key];
        }
    }
    partial[thread] = sum;
    workgroupBarrier();
    if thread == 0u {
        var total = 0u;
        for (var i = 0u; i < GROUP; i++) {
            total += partial[i];
        }
        block_sums[block] = total;
    }
}
