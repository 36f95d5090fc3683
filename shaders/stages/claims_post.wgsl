// claims_post: who comes to each stop line, and in which quarter of a second. One invocation a key; connectors alone have work to do.
// Twin: src/stages/claims_post.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lanes: array<Lane>;
@group(0) @binding(2) var<storage, read> pool: array<u32>;
@group(0) @binding(3) var<storage, read> vehicles: array<Vehicle>;
@group(0) @binding(4) var<storage, read> lane_start: array<u32>;
@group(0) @binding(5) var<storage, read> gate: array<u32>;
@group(0) @binding(6) var<storage, read> phases: array<u32>;
@group(0) @binding(7) var<storage, read_write> claims: array<Claim>;

override GROUP: u32 = 64;

/// Near the line: from here a driver at a yield or stop sign sees the other road [Q10 m]: 3 m, by its follow-up times of 3.3 and 3.5 s.
const NEAR: i32 = 3072;
/// Close to it: from here a driver who has to yield and needs not stop takes a gap as he drives; before, only an empty road [Q10 m]: 10 m, by the
/// follow-up time of a left turn off a major road, 2.2 s (HCM 6, T16 of `tests/theory`).
const CLOSE: i32 = 10240;
/// Standing at it [Q10 m]: 4 m.
const AT_LINE: i32 = 4096;
/// Standing [Q16 m/s]: 0.1.
const STANDING: i32 = 6554;
/// Braking that nobody plans [Q10 m/s2]: 4.
const HARD_BRAKING: i32 = 4096;
/// Patience before a standing driver stops waiting for others who stand [s]: 10.
const PATIENT_S: u32 = 10u;
/// ... and before he does so where the rules let nobody go [s]: 3.
const STANDOFF_S: u32 = 3u;

/// What the first vehicle of a claim says about itself.
fn head_of(v: Vehicle, left: i32, slot: u32) -> u32 {
    let wait = v.clock & 0xffffu;
    var head = CLAIM_ANY | slot | (min(u32(long(v.traits) >> 6u), 4095u) << 8u);
    if left <= NEAR {
        head |= CLAIM_NEAR;
    }
    if left <= CLOSE {
        head |= CLAIM_CLOSE;
    }
    if wait > params.courtesy_ticks {
        head |= CLAIM_WAITED;
    }
    if must_overrun(v.v, left, HARD_BRAKING) {
        head |= CLAIM_COMMITTED;
    }
    if v.v < STANDING && left <= AT_LINE {
        head |= CLAIM_STOPPED;
    }
    if wait > (PATIENT_S << params.k) {
        head |= CLAIM_PATIENT;
    }
    if wait > (STANDOFF_S << params.k) {
        head |= CLAIM_STANDOFF;
    }
    return head;
}

/// Adds a vehicle to the claim of its connector; behind the first only if the `whole` platoon counts.
fn post(before: Claim, v: Vehicle, left: i32, source: u32, whole: bool) -> Claim {
    var claim = before;
    if claim.head != 0u && !whole {
        return claim;
    }
    let slot = arrival_slot(left, v.v, params.classes[v.traits & 63u].a10, wanted_speed(v.traits, source));
    claim.low |= mask_low(slot, slot);
    claim.high |= mask_high(slot, slot);
    if claim.head == 0u {
        claim.head = head_of(v, left, slot);
        claim.order = ((65535u - (v.clock & 0xffffu)) << 16u) | (v.key >> 16u);
    }
    return claim;
}

@compute @workgroup_size(GROUP)
fn claims_post(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let key = id.x + id.y * groups.x * GROUP;
    if key >= params.worlds * params.lanes {
        return;
    }
    let own = key % params.lanes;
    let base = key - own;
    if (lanes[own].flags & LANE_CONNECTOR) == 0u {
        return;
    }
    var claim = Claim(0u, 0u, 0u, 0u);
    let source = lanes[own].feeder;
    let whole = (lanes[own].flags & LANE_WATCHED) != 0u;
    if lanes[own].conflicts != NONE && !shows_red(aspect(base / params.lanes, own)) {
        // Who turns from the wrong lane comes first: the lane's own vehicles wait for it.
        for (var side = 0u; side < 2u; side++) {
            var beside = select(lanes[source].right, lanes[source].left, side == 0u);
            for (var step = 0u; step < CUT_LANES; step++) {
                if beside == NONE {
                    break;
                }
                if (gate[base + beside] & MARK_CUT) != 0u {
                    let v = vehicles[lane_start[base + beside]];
                    if cut_of(beside, v) == own {
                        claim = post(claim, v, lanes[beside].length - v.x, beside, whole);
                    }
                }
                beside = select(lanes[beside].right, lanes[beside].left, side == 0u);
            }
        }
        for (var row = lane_start[base + source]; row < lane_start[base + source + 1u]; row++) {
            let v = vehicles[row];
            let left = lanes[source].length - v.x;
            if left > params.claim_distance {
                break;
            }
            let way = v.next & WAY_MASK;
            if way == own {
                claim = post(claim, v, left, source, whole);
            }
            // Who stands at the line and may not go holds up everybody behind: nobody needs to yield to them.
            if v.v < STANDING && left <= AT_LINE && way < WAY_END {
                if (gate[base + way] & 3u) == GATE_CLOSED {
                    break;
                }
            }
        }
    }
    claims[key] = claim;
}
