//! Polylines: length, parallel, cut, the curve through a junction, nearness. No angles.

/// A point \[m\].
pub type Point = [f64; 2];

/// From `a` to `b`.
#[must_use]
pub fn vector(a: Point, b: Point) -> Point {
    [b[0] - a[0], b[1] - a[1]]
}
/// Length of a vector.
#[must_use]
pub fn norm(v: Point) -> f64 {
    (v[0] * v[0] + v[1] * v[1]).sqrt()
}
/// The same direction, length 1; east for nothing.
#[must_use]
pub fn unit(v: Point) -> Point {
    let length = norm(v);
    if length > 1e-9 { [v[0] / length, v[1] / length] } else { [1.0, 0.0] }
}
/// Positive when `b` points to the left of `a`.
#[must_use]
pub fn cross(a: Point, b: Point) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}
/// Positive when both point the same way.
#[must_use]
pub fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}
/// `a + t b`.
#[must_use]
pub fn along(a: Point, b: Point, t: f64) -> Point {
    [a[0] + t * b[0], a[1] + t * b[1]]
}

/// Length of a polyline \[m\].
#[must_use]
pub fn length_m(line: &[Point]) -> f64 {
    line.windows(2).map(|pair| norm(vector(pair[0], pair[1]))).sum()
}

/// Direction at its start.
#[must_use]
pub fn start_direction(line: &[Point]) -> Point {
    line.windows(2).map(|pair| vector(pair[0], pair[1])).find(|v| norm(*v) > 1e-6).map_or([1.0, 0.0], unit)
}

/// Direction at its end.
#[must_use]
pub fn end_direction(line: &[Point]) -> Point {
    line.windows(2).rev().map(|pair| vector(pair[0], pair[1])).find(|v| norm(*v) > 1e-6).map_or([1.0, 0.0], unit)
}

/// The parallel line `right_m` to the right (negative: left).
#[must_use]
pub fn parallel(line: &[Point], right_m: f64) -> Vec<Point> {
    let normals: Vec<_> = line.windows(2).map(|pair| unit(vector(pair[0], pair[1]))).map(|d| [d[1], -d[0]]).collect();
    let at = |vertex: usize| {
        let (before, behind) = (normals[vertex.saturating_sub(1).min(normals.len() - 1)], normals[vertex.min(normals.len() - 1)]);
        let middle = unit([before[0] + behind[0], before[1] + behind[1]]);
        along(line[vertex], middle, right_m / dot(middle, behind).max(0.5))
    };
    if normals.is_empty() { line.to_vec() } else { (0..line.len()).map(at).collect() }
}

/// The point at so many metres from the start.
#[must_use]
pub fn point_at(line: &[Point], at_m: f64) -> Point {
    let mut left_m = at_m;
    for pair in line.windows(2) {
        let step = vector(pair[0], pair[1]);
        let length = norm(step);
        if left_m <= length {
            return along(pair[0], step, if length > 0.0 { left_m.max(0.0) / length } else { 0.0 });
        }
        left_m -= length;
    }
    line.last().copied().unwrap_or_default()
}

/// The part between `from_m` and `to_m`; at least two points.
#[must_use]
pub fn cut(line: &[Point], from_m: f64, to_m: f64) -> Vec<Point> {
    let mut part = vec![point_at(line, from_m)];
    let mut at_m = 0.0;
    for pair in line.windows(2) {
        at_m += norm(vector(pair[0], pair[1]));
        if at_m > from_m + 1e-6 && at_m < to_m - 1e-6 {
            part.push(pair[1]);
        }
    }
    part.push(point_at(line, to_m));
    part
}

/// A smooth way from one line's end to another's start: a cubic with handles of 0.39 chords (a quarter circle within 0.1 %).
#[must_use]
pub fn through(start: Point, direction: Point, end: Point, end_direction: Point) -> Vec<Point> {
    let chord = vector(start, end);
    let reach = norm(chord);
    if reach < 0.1 {
        let far = along(start, direction, 0.1);
        return vec![start, far];
    }
    if dot(direction, unit(chord)) > 0.999 && dot(end_direction, unit(chord)) > 0.999 {
        return vec![start, end];
    }
    let (first, second) = (along(start, direction, 0.39 * reach), along(end, end_direction, -0.39 * reach));
    let bezier = |step: u32| {
        let t = f64::from(step) / 8.0;
        let u = 1.0 - t;
        let weights = [u * u * u, 3.0 * u * u * t, 3.0 * u * t * t, t * t * t];
        let sum = |axis: usize| weights[0] * start[axis] + weights[1] * first[axis] + weights[2] * second[axis] + weights[3] * end[axis];
        [sum(0), sum(1)]
    };
    (0..=8).map(bezier).collect()
}

/// Square of the distance from a point to a straight piece.
fn off_sq(point: Point, start: Point, step: Point, span: f64) -> f64 {
    let to = vector(start, point);
    let t = if span > 0.0 { (dot(to, step) / span).clamp(0.0, 1.0) } else { 0.0 };
    let off = vector(along(start, step, t), point);
    dot(off, off)
}

/// Lower left and upper right corner of some points.
#[must_use]
pub fn bounds(points: &[Point]) -> [Point; 2] {
    points.iter().fold([[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]], |[low, high], p| {
        [[low[0].min(p[0]), low[1].min(p[1])], [high[0].max(p[0]), high[1].max(p[1])]]
    })
}

/// More than any rounding of a distance \[m\].
const ROUNDING_M: f64 = 0.001;

/// A line prepared to be compared with many others.
#[derive(Clone, Debug, Default)]
pub struct Track {
    /// Start, step, square of its length, corners of each piece.
    pieces: Vec<(Point, Point, f64, [Point; 2])>,
    around: [Point; 2],
    /// Points of the line about every half metre, with their position \[m\].
    marks: Vec<(f64, Point)>,
}

impl Track {
    /// Prepares a line.
    #[must_use]
    pub fn of(line: &[Point]) -> Track {
        let piece = |pair: &[Point]| {
            let step = vector(pair[0], pair[1]);
            (pair[0], step, dot(step, step), bounds(pair))
        };
        let length_m = length_m(line);
        let steps = (length_m / 0.5).ceil().max(1.0);
        let (mut marks, mut step) = (Vec::new(), 0.0);
        while step <= steps {
            let at_m = length_m * step / steps;
            marks.push((at_m, point_at(line, at_m)));
            step += 1.0;
        }
        Track { pieces: line.windows(2).map(piece).collect(), around: bounds(line), marks }
    }

    /// Farther apart everywhere than `near_m`, as two boxes say.
    #[must_use]
    pub fn apart(&self, other: &Track, near_m: f64) -> bool {
        let (a, b) = (self.around, other.around);
        (0..2).any(|axis| a[0][axis] > b[1][axis] + near_m || b[0][axis] > a[1][axis] + near_m)
    }

    /// Does a point lie within `near_m`? Boxes say of most that they do not, sooner than distances.
    fn near(&self, at: Point, near_m: f64) -> bool {
        let reach_m = near_m + ROUNDING_M;
        let beyond = |[low, high]: [Point; 2]| (0..2).any(|axis| at[axis] < low[axis] - reach_m || at[axis] > high[axis] + reach_m);
        let near_sq = near_m * near_m;
        !beyond(self.around)
            && self.pieces.iter().any(|(start, step, span, around)| !beyond(*around) && off_sq(at, *start, *step, *span) < near_sq)
    }

    /// First and last position that lie within `near_m` of `other`; `None` when nowhere. `last_run`: only the run that ends at the end.
    #[must_use]
    pub fn shared_m(&self, other: &Track, near_m: f64, last_run: bool) -> Option<[f64; 2]> {
        let mut found = None;
        for &(at_m, at) in &self.marks {
            if other.near(at, near_m) {
                found = found.map_or(Some([at_m, at_m]), |span: [f64; 2]| Some([span[0], at_m]));
            } else if last_run {
                found = None;
            }
        }
        found
    }
}
