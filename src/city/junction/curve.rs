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

/// Square of the distance from a point to a polyline.
#[must_use]
pub fn distance_sq(point: Point, line: &[Point]) -> f64 {
    line.windows(2).fold(f64::INFINITY, |best, pair| {
        let (step, to) = (vector(pair[0], pair[1]), vector(pair[0], point));
        let span = dot(step, step);
        let t = if span > 0.0 { (dot(to, step) / span).clamp(0.0, 1.0) } else { 0.0 };
        let off = vector(along(pair[0], step, t), point);
        best.min(dot(off, off))
    })
}

/// First and last position on `line` that lie within `near_m` of `other`; `None` when nowhere. `last_run`: only the run that ends at the end.
#[must_use]
pub fn shared_m(line: &[Point], other: &[Point], near_m: f64, last_run: bool) -> Option<[f64; 2]> {
    let length = length_m(line);
    let steps = (length / 0.5).ceil().max(1.0);
    let near_sq = near_m * near_m;
    let (mut found, mut step) = (None, 0.0);
    while step <= steps {
        let at_m = length * step / steps;
        if distance_sq(point_at(line, at_m), other) < near_sq {
            found = found.map_or(Some([at_m, at_m]), |span: [f64; 2]| Some([span[0], at_m]));
        } else if last_run {
            found = None;
        }
        step += 1.0;
    }
    found
}
