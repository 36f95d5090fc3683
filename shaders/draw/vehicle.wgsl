// Vehicles, straight from the rows of the simulation: bodies seen from near, dots with trails from farther away. Each stands between where it was
// in the state before and where it is now. After shaders/shared/records.wgsl and frame.wgsl.
struct Piece {
    first: u32,
    count: u32,
    limit: f32,      // [m/s]
}

struct Body {
    length: f32,     // [m]
    width: f32,      // [m]
    colour: u32,     // 0: as fast as it is
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> vehicles: array<Vehicle>;
@group(0) @binding(2) var<storage, read> before: array<vec2<u32>>;    // lane and x, lane NONE: was not there
@group(0) @binding(3) var<storage, read> pieces: array<Piece>;
@group(0) @binding(4) var<storage, read> points: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> bodies: array<Body>;
@group(0) @binding(6) var<storage, read> ramp: array<u32>;

const NOT_THERE: u32 = 0xffffffffu;
const TAIL_PX: f32 = 2.6;      // width of a dot
const LEAST_PX: f32 = 2.2;     // no body is narrower
const HALVINGS: u32 = 14u;     // lines of up to 16,384 points
const Q10: f32 = 1024.0;
const Q16: f32 = 65536.0;

// Where one is who has driven so far on a lane; before its start or behind its end in a straight line on.
fn place_on(lane: u32, x: f32) -> vec2<f32> {
    let piece = pieces[lane];
    var low = piece.first;
    var high = piece.first + piece.count - 1u;
    // As many halvings for all, without a branch: some software drivers lose their way in a loop that neighbours leave at different times.
    for (var turn: u32 = 0u; turn < HALVINGS; turn = turn + 1u) {
        let middle = (low + high) / 2u;
        let beyond = points[middle].z <= x;
        low = select(low, middle, beyond);
        high = select(middle, high, beyond || middle == low);
    }
    let a = points[low];
    let b = points[low + 1u];
    let part = (x - a.z) / max(b.z - a.z, 0.001);
    return mix(a.xy, b.xy, part);
}

struct Out {
    @builtin(position) clip: vec4<f32>,
    @location(0) place: vec2<f32>,                      // along and across from the rear [px]
    @location(1) @interpolate(flat) shape: vec4<f32>,   // length, half of the width, roundness [px]; 1: a trail that fades
    @location(2) @interpolate(flat) colour: vec4<f32>,
}

@vertex
fn vertex(@builtin(vertex_index) corner: u32, @builtin(instance_index) row: u32) -> Out {
    let v = vehicles[row];
    let lanes = arrayLength(&pieces);
    let lane = v.lane % lanes;
    let body = bodies[v.traits & 63u];
    let was = before[row];
    let x = f32(v.x) / Q10;
    let speed = f32(v.v) / Q16;
    var front = place_on(lane, x);
    let dots = frame.dots == 1u;
    let back = select(body.length, max(speed * frame.trail_s, 0.01), dots);
    var rear = place_on(lane, x - back);
    if was.x != NOT_THERE {
        let there = was.x % lanes;
        let was_x = f32(bitcast<i32>(was.y)) / Q10;
        if there == lane {
            let between = mix(was_x, x, frame.part);
            front = place_on(lane, between);
            rear = place_on(lane, between - back);
        } else {
            front = mix(place_on(there, was_x), front, frame.part);
            rear = mix(place_on(there, was_x - back), rear, frame.part);
        }
    }
    let a = rear * frame.px_per_m;
    let b = front * frame.px_per_m;
    var along = vec2<f32>(1.0, 0.0);
    if length(b - a) > 0.0001 {
        along = normalize(b - a);
    }
    var span = length(b - a);
    var half = max(body.width * frame.px_per_m, LEAST_PX) * 0.5;
    var round = half * 0.45;
    var start = a;
    if dots {
        half = TAIL_PX * 0.5;
        round = half;
    } else {
        span = max(body.length * frame.px_per_m, LEAST_PX * 1.4);
        start = b - along * span;
    }
    let reach = 1.5 + select(0.0, half, dots);
    let side = vec2<f32>(select(-1.0, 1.0, (corner & 1u) == 1u), select(-1.0, 1.0, (corner & 2u) == 2u));
    let at_x = select(-reach, span + reach, side.x > 0.0);
    let at_y = side.y * (half + 1.5);
    let at = start + along * at_x + vec2<f32>(-along.y, along.x) * at_y;
    let share = clamp(speed / max(pieces[lane].limit, 0.1), 0.0, 1.0);
    let step = u32(clamp((1.0 - share) * 255.0, 0.0, 255.0));
    var out: Out;
    out.clip = to_clip(frame, at / frame.px_per_m);
    out.place = vec2<f32>(at_x, at_y);
    out.shape = vec4<f32>(span, half, round, select(0.0, 1.0, dots));
    var colour = select(body.colour, ramp[step], body.colour == 0u);
    if dots {
        colour = frame.dot_colour;
    }
    if v.trip >= frame.stands_at {
        colour = frame.stand_colour;
    }
    out.colour = unpack(colour);
    return out;
}

@fragment
fn fragment(in: Out) -> @location(0) vec4<f32> {
    let trail = in.shape.w > 0.5;
    var cover: f32;
    if trail {
        let off = vec2<f32>(in.place.x - clamp(in.place.x, 0.0, in.shape.x), in.place.y);
        cover = clamp(in.shape.y - length(off) + 0.5, 0.0, 1.0);
        // The head is whole, what is behind it fades away.
        let behind = max(in.shape.x - in.shape.y - in.place.x, 0.0) / max(in.shape.x, 1.0);
        if behind > 0.0 {
            cover = cover * 0.55 * (1.0 - clamp(behind, 0.0, 1.0));
        }
    } else {
        let middle = vec2<f32>(in.place.x - in.shape.x * 0.5, in.place.y);
        let inner = vec2<f32>(in.shape.x * 0.5, in.shape.y) - vec2<f32>(in.shape.z);
        let off = abs(middle) - inner;
        let far = length(max(off, vec2<f32>(0.0))) + min(max(off.x, off.y), 0.0) - in.shape.z;
        cover = clamp(0.5 - far, 0.0, 1.0);
    }
    if cover <= 0.0 {
        discard;
    }
    var colour = in.colour.rgb;
    // A windscreen tells front from rear.
    if !trail && in.shape.y > 3.0 {
        let from_front = (in.shape.x - in.place.x) / in.shape.x;
        if from_front > 0.22 && from_front < 0.36 && abs(in.place.y) < in.shape.y * 0.78 {
            colour = colour * 0.35;
        }
    }
    let alpha = cover * in.colour.a;
    return vec4<f32>(colour * alpha, alpha);
}
