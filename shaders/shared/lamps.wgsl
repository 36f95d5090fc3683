// What signals show, for stages that bind `phases`. Twin: src/stages/lamps.rs.

/// What the signal of a connector shows; off where there is none.
fn aspect(world: u32, connector: u32) -> u32 {
    let signal = lanes[connector].signal;
    if signal == NONE {
        return ASPECT_OFF;
    }
    let controller = signal >> 8u;
    let position = signal & 255u;
    let head = pool[params.controllers_at + controller];
    let phase = phases[(world * params.controllers + controller) * 4u];
    let word = pool[head + 3u] + phase * pool[head + 2u] + 4u + (position >> 3u);
    return (pool[word] >> ((position & 7u) * 4u)) & 15u;
}

/// Must everybody wait who is not on it yet?
fn shows_red(shown: u32) -> bool {
    return shown == ASPECT_RED || shown == ASPECT_RED_AMBER;
}
