// exchange: whose first vehicles take each other's place. One invocation a key; from the plans of `decide` alone. Twin: src/stages/exchange.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lanes: array<Lane>;
@group(0) @binding(2) var<storage, read> vehicles: array<Vehicle>;
@group(0) @binding(3) var<storage, read> lane_start: array<u32>;
@group(0) @binding(4) var<storage, read> gate: array<u32>;
@group(0) @binding(5) var<storage, read> plan: array<Vehicle>;
@group(0) @binding(6) var<storage, read_write> swaps: array<Swap>;

override GROUP: u32 = 64;

/// Does this vehicle stand, stay, and for longer than a minute?
fn stuck(key: u32, row: u32) -> bool {
    return plan[row].lane == key && plan[row].v == 0 && vehicles[row].v == 0 && ((plan[row].clock >> INTENT_SHIFT) & 3u) == 0u
        && (plan[row].clock & 0xffffu) > params.courtesy_ticks;
}

/// Would `guest` fit in the place of the first vehicle of a lane, before whoever follows there?
fn fits(key: u32, row: u32, guest: u32) -> bool {
    let length = params.classes[plan[guest].traits & 63u].length;
    let rear = plan[row].x - length;
    if row + 1u == lane_start[key + 1u] {
        return rear >= 0 || length <= params.classes[plan[row].traits & 63u].length;
    }
    return plan[row + 1u].lane != key || plan[row + 1u].x <= rear;
}

/// Are the first vehicle of `key`, which wants left, and that of `beside`, which wants right, a closed cycle?
fn closed_pair(key: u32, beside: u32) -> bool {
    let row = lane_start[key];
    let other = lane_start[beside];
    // Both have shown it before: each half of the pair is found from the same words.
    if (gate[key] & MARK_WANT_LEFT) == 0u || (gate[beside] & MARK_WANT_RIGHT) == 0u || row == lane_start[key + 1u] || other == lane_start[beside + 1u] {
        return false;
    }
    if (plan[row].traits & FLAG_WANT_LEFT) == 0u || (plan[other].traits & FLAG_WANT_RIGHT) == 0u {
        return false;
    }
    return stuck(key, row) && stuck(beside, other) && fits(key, row, other) && fits(beside, other, row);
}

@compute @workgroup_size(GROUP)
fn exchange(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let key = id.x + id.y * groups.x * GROUP;
    if key >= params.worlds * params.lanes {
        return;
    }
    let own = key % params.lanes;
    let base = key - own;
    let left = lanes[own].left;
    let right = lanes[own].right;
    var swap = Swap(NONE, 0);
    if (lanes[own].flags & LANE_CONNECTOR) == 0u {
        if left != NONE {
            if closed_pair(key, base + left) {
                swap = Swap(base + left, plan[lane_start[base + left]].x);
            }
        }
        if swap.lane == NONE && right != NONE {
            if lanes[right].left == own {
                if closed_pair(base + right, key) {
                    swap = Swap(base + right, plan[lane_start[base + right]].x);
                }
            }
        }
    }
    swaps[key] = swap;
}
