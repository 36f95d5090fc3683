// scan_tops: the running sum of the blocks, one group. Twin: src/stages/scan_tops.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> block_sums: array<u32>;

override GROUP: u32 = 64;
/// Keys of a block.
const BLOCK: u32 = 1024u;
/// Sums of the invocations, then what comes before each; room for the largest group.
var<workgroup> partial: array<u32, 256>;

@compute @workgroup_size(GROUP)
fn scan_tops(@builtin(local_invocation_index) thread: u32) {
    // One more than the blocks: the last entry is the number of vehicles.
    let blocks = (params.worlds * params.lanes + BLOCK - 1u) / BLOCK;
    let share = (blocks + GROUP) / GROUP;
    let first = min(thread * share, blocks + 1u);
    let end = min(first + share, blocks + 1u);
    var sum = 0u;
    for (var i = first; i < end; i++) {
        sum += block_sums[i];
    }
    partial[thread] = sum;
    workgroupBarrier();
    if thread == 0u {
        var before = 0u;
        for (var i = 0u; i < GROUP; i++) {
            let own = partial[i];
            partial[i] = before;
            before += own;
        }
    }
    workgroupBarrier();
    var running = partial[thread];
    for (var i = first; i < end; i++) {
        let own = block_sums[i];
        block_sums[i] = running;
        running += own;
    }
}
