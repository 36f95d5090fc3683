// signals: the phase of every controller in this tick. One invocation a controller and world. Twin: src/stages/signals.rs.
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> clock: vec4u; // x: tick
@group(0) @binding(2) var<storage, read> lanes: array<Lane>;
@group(0) @binding(3) var<storage, read> pool: array<u32>;
@group(0) @binding(4) var<storage, read> vehicles: array<Vehicle>;
@group(0) @binding(5) var<storage, read> lane_start: array<u32>;
@group(0) @binding(6) var<storage, read_write> phases: array<u32>;

override GROUP: u32 = 64;

/// How far before the line a vehicle extends the green [Q10 m]: 35 m.
const DETECTION: i32 = 35840;

/// A word of a phase; `head` is the controller's header in the pool.
fn phase_word(head: u32, phase: u32, word: u32) -> u32 {
    return pool[pool[head + 3u] + phase * pool[head + 2u] + word];
}

fn aspect(head: u32, phase: u32, position: u32) -> u32 {
    return (phase_word(head, phase, 4u + (position >> 3u)) >> ((position & 7u) * 4u)) & 15u;
}

fn shows_green(shown: u32) -> bool {
    return shown == ASPECT_GREEN || shown == ASPECT_PERMISSIVE;
}

/// Is anybody near a line that shows green?
fn called(head: u32, base: u32, phase: u32) -> bool {
    for (var link = 0u; link < pool[head + 5u]; link++) {
        let at = pool[head + 4u] + link * 2u;
        if !shows_green(aspect(head, phase, pool[at])) {
            continue;
        }
        let feeder = lanes[pool[at + 1u]].feeder;
        let first = lane_start[base + feeder];
        if first < lane_start[base + feeder + 1u] {
            if lanes[feeder].length - vehicles[first].x < DETECTION {
                return true;
            }
        }
    }
    return false;
}

fn vehicles_on(key: u32) -> i32 {
    return i32(lane_start[key + 1u] - lane_start[key]);
}

fn pressure(head: u32, base: u32, phase: u32) -> i32 {
    var sum = 0;
    for (var link = 0u; link < pool[head + 5u]; link++) {
        let at = pool[head + 4u] + link * 2u;
        if shows_green(aspect(head, phase, pool[at])) {
            let connector = pool[at + 1u];
            sum += max(vehicles_on(base + lanes[connector].feeder) - vehicles_on(base + lanes[connector].exit), 0);
        }
    }
    return sum;
}

/// The green phase of largest pressure; the present one wins ties, then the first.
fn best_phase(head: u32, base: u32, present: u32) -> u32 {
    var best = present;
    var most = pressure(head, base, present);
    for (var phase = 0u; phase < pool[head + 1u]; phase++) {
        if phase_word(head, phase, 3u) == 1u {
            let here = pressure(head, base, phase);
            if here > most {
                most = here;
                best = phase;
            }
        }
    }
    return best;
}

@compute @workgroup_size(GROUP)
fn signals(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
    let i = id.x + id.y * groups.x * GROUP;
    if i >= params.worlds * params.controllers || clock.x == 0u {
        return;
    }
    let base = (i / params.controllers) * params.lanes;
    let head = pool[params.controllers_at + i % params.controllers];
    let phase = phases[i * 4u];
    let elapsed = phases[i * 4u + 1u] + 1u;
    let green = phase_word(head, phase, 3u) == 1u;
    let policy = pool[head];
    var over = elapsed >= phase_word(head, phase, 0u);
    var goal = phases[i * 4u + 2u];
    if green && policy == POLICY_ACTUATED {
        over = elapsed >= phase_word(head, phase, 1u) && (elapsed >= phase_word(head, phase, 2u) || !called(head, base, phase));
    }
    if green && policy == POLICY_MAX_PRESSURE {
        goal = best_phase(head, base, phase);
        over = elapsed >= phase_word(head, phase, 1u) && goal != phase;
    }
    if !over {
        phases[i * 4u + 1u] = elapsed;
        phases[i * 4u + 2u] = goal;
        return;
    }
    var next = (phase + 1u) % pool[head + 1u];
    if policy == POLICY_MAX_PRESSURE && goal != NONE && phase_word(head, next, 3u) == 1u {
        next = goal;
    }
    phases[i * 4u] = next;
    phases[i * 4u + 1u] = 0u;
    phases[i * 4u + 2u] = goal;
}
