// Pieces of lines with round ends, wide in metres, never narrower than a number of pixels: then they fade.
struct Segment {
    start: vec2<f32>,
    end: vec2<f32>,
    half_width: f32,
    least_px: f32,
    value: u32,
    colour: u32,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> segments: array<Segment>;
// Of each value its colour and how wide its line is in px besides its metres: see src/view/gpu.rs.
@group(0) @binding(2) var<storage, read> styles: array<vec2<u32>>;

struct Out {
    @builtin(position) clip: vec4<f32>,
    @location(0) place: vec2<f32>,                       // along and across from the start [px]
    @location(1) @interpolate(flat) shape: vec3<f32>,    // length, half of the width [px], opacity
    @location(2) @interpolate(flat) colour: vec4<f32>,
}

@vertex
fn vertex(@builtin(vertex_index) corner: u32, @builtin(instance_index) row: u32) -> Out {
    let s = segments[row];
    var colour = unpack(s.colour);
    var least = s.least_px;
    if s.value != FIXED {
        let style = styles[s.value];
        colour = unpack(style.x);
        least = max(least, bitcast<f32>(style.y));
    }
    let a = s.start * frame.px_per_m;
    let b = s.end * frame.px_per_m;
    let span = length(b - a);
    var along = vec2<f32>(1.0, 0.0);
    if span > 0.0 {
        along = (b - a) / span;
    }
    let wanted = s.half_width * frame.px_per_m;
    let floor_px = max(least, 1.0) * 0.5;
    let half = max(wanted, floor_px);
    var fade = 1.0;
    if wanted < floor_px && s.least_px == 0.0 {
        fade = wanted / floor_px;
    }
    // What is drawn wider than it is grows to the side of its traffic, or the two directions of a street would cover each other.
    var aside = 0.0;
    if s.value != FIXED {
        aside = max(half - wanted, 0.0) * frame.side;
    }
    let reach = half + 1.0;
    let side = vec2<f32>(select(-1.0, 1.0, (corner & 1u) == 1u), select(-1.0, 1.0, (corner & 2u) == 2u));
    let x = select(-reach, span + reach, side.x > 0.0);
    let y = side.y * reach;
    let at = a + along * x + vec2<f32>(-along.y, along.x) * (y - aside);
    var out: Out;
    out.clip = to_clip(frame, at / frame.px_per_m);
    out.place = vec2<f32>(x, y);
    out.shape = vec3<f32>(span, half, fade);
    out.colour = colour;
    return out;
}

@fragment
fn fragment(in: Out) -> @location(0) vec4<f32> {
    let off = vec2<f32>(in.place.x - clamp(in.place.x, 0.0, in.shape.x), in.place.y);
    let cover = clamp(in.shape.y - length(off) + 0.5, 0.0, 1.0);
    let alpha = in.colour.a * in.shape.z * cover;
    if alpha <= 0.0 {
        discard;
    }
    return vec4<f32>(in.colour.rgb * alpha, alpha);
}
