// What all draw shaders know of the picture. Twin: src/view/gpu.rs, `Frame`.
struct Frame {
    centre: vec2<f32>,       // middle of the picture [m from the origin of the scene]
    half: vec2<f32>,         // half of the picture [px]
    px_per_m: f32,           // scale
    part: f32,               // where between two states the picture is, 0 to 1
    dots: u32,               // 1: vehicles are dots with trails
    trail_s: f32,            // length of trails [s]
    stands_at: u32,          // trips from here on are what blocks a lane
    stand_colour: u32,       // its colour
    side: f32,               // 1 where one drives on the right, -1 on the left
    dot_colour: u32,         // of a vehicle that is a dot
}

const FIXED: u32 = 0xffffffffu;

fn unpack(word: u32) -> vec4<f32> {
    return vec4<f32>(vec4<u32>(word & 255u, (word >> 8u) & 255u, (word >> 16u) & 255u, word >> 24u)) / 255.0;
}

// Metres to clip space: north is up.
fn to_clip(frame: Frame, place: vec2<f32>) -> vec4<f32> {
    let at = (place - frame.centre) * frame.px_per_m / frame.half;
    return vec4<f32>(at, 0.0, 1.0);
}
