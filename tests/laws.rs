//! Laws: published vectors and rings, on the CPU and on the GPU, and random rows of both.

use forecity::laws::{self, advance, idm, isqrt, krauss, noisy};
use forecity::random::{mulhi, pcg, pcg4d};

/// a10, b10, c10, t8, s0, r12.
type Driver = (i32, i32, i32, i32, i32, u32);
const P: Driver = (1433, 9216, 306, 307, 2048, 12288);
const D: Driver = (1638, 9216, 286, 256, 2048, 5017);
const T: Driver = (1024, 9216, 418, 410, 4096, 12288);
const X: Driver = (4096, 12288, 1024, 1023, 8192, 12288);

/// Set, v, vl, gap, v0, acceleration.
#[rustfmt::skip]
const FOLLOWING: [(Driver, i32, i32, i32, i32, i32); 26] = [
    (P, 0, 4_194_304, 1_024_000, 14233, 1433), (P, 0, 0, 2048, 14233, 0), (P, 0, 0, 2047, 14233, -1),
    (P, 910_912, 910_912, 20480, 14233, -1248), (P, 910_912, 910_912, 1_024_000, 14233, 0), (P, 655_360, 0, 51200, 14233, -54),
    (P, 655_360, 0, 20480, 14233, -5848), (P, 983_040, 917_504, 15360, 14233, -4324), (P, 327_680, 983_040, 6144, 14233, 1250),
    (P, 1_310_720, 1_310_720, 40960, 14233, -5315), (P, 655_361, 655_359, 12345, 14233, -881), (P, 524_288, 0, -5000, 14233, -9216),
    (P, 1, 0, 2049, 14233, 1), (D, 0, 0, 1_047_552, 14224, 1638), (D, 910_336, 4_194_304, 1_047_552, 8530, -2049),
    (D, 910_336, 910_336, 18432, 14224, -1276), (D, 436_907, 393_216, 9999, 14224, -137), (D, 2_184_533, 0, 307_200, 34133, -2174),
    (D, 2_184_533, 2_184_533, 2_000_000_000, 34133, -2), (T, 65536, 65536, 4300, 8530, -798), (T, 900_000, 123_456, 70000, 22733, -998),
    (P, 3_932_160, 0, 921_600, 65536, -2013), (P, 3_932_160, 2_621_440, 1_047_552, 65536, 70),
    (X, 4_194_304, 4_194_304, 1_047_552, 65536, -272), (X, 2_097_152, 4_194_304, 50000, 40960, 2308),
    (X, 655_360, 655_360, 102_400, 40960, 3138),
];

/// v, a10, k, distance, new speed.
#[rustfmt::skip]
const MOTION: [(i32, i32, u32, i32, i32); 12] = [
    (0, 1433, 1, 179, 45856), (910_912, -9216, 1, 5965, 616_000), (655_360, -2000, 0, 9240, 527_360), (100_000, -9216, 1, 132, 0),
    (40000, -300, 0, 475, 20800), (65535, -1024, 0, 511, 0), (65536, -1024, 0, 512, 0), (32768, -1024, 1, 128, 0), (1, -1, 4, 0, 0),
    (4_194_304, 4096, 4, 4104, 4_210_688), (0, -9216, 0, 0, 0), (589_823, -9216, 0, 4607, 0),
];

/// vl, gap, b8, tau8, safe speed.
const KRAUSS: [(i32, i32, u32, u32, i32); 6] = [
    (0, 51200, 1152, 256, 4399),
    (910_912, 20480, 1152, 256, 3925),
    (910_912, 0, 1152, 256, 2587),
    (0, 1_047_552, 2304, 256, 32511),
    (4_194_304, 1_047_552, 2304, 512, 34075),
    (655_360, 10240, 512, 256, 2560),
];

/// a, v, word, acceleration with noise of sigma 128, comfortable 2048, 1433, 9216.
const NOISE: [(i32, i32, u32, i32); 6] = [
    (100, 655_360, 0, -28),
    (100, 655_360, 0xffff_ffff, 227),
    (100, 655_360, 0x8000_0000, 100),
    (1400, 655_360, 0xffff_ffff, 1433),
    (100, 32767, 0, 100),
    (-2048, 655_360, 0, -2048),
];

#[rustfmt::skip]
const ROOTS: [(u32, u32); 10] = [
    (0, 0), (3, 1), (4, 2), (99, 9), (65535, 255), (65536, 256), (2_147_483_647, 46340), (4_294_836_224, 65534), (4_294_836_225, 65535),
    (4_294_967_295, 65535),
];

#[rustfmt::skip]
const PCG: [(u32, u32); 6] = [
    (0, 129_708_002), (1, 2_831_084_092), (2, 2_055_130_248), (42, 1_223_963_391), (85, 3_264_886_349), (u32::MAX, 3_861_530_882),
];

/// Seed, key, tick, purpose; x, y, z, w.
#[rustfmt::skip]
const PCG4D: [([u32; 4], [u32; 4]); 9] = [
    ([0, 0, 0, 0], [0x0f02_f72b, 0x2d56_aa3f, 0x32b0_f68b, 0xd325_9bcf]),
    ([1, 0, 0, 1], [0x8770_0b89, 0xf9f5_64f2, 0x9196_6d7b, 0x2022_bb1b]),
    ([1, 1, 0, 1], [0xb0a5_bedd, 0xfa3b_e18b, 0x039e_0574, 0x96e3_862a]),
    ([1, 0, 1, 1], [0x437d_6535, 0xb742_371d, 0x116f_8431, 0x1506_df93]),
    ([1, 0, 0, 2], [0x41e2_6d15, 0x42e7_5e15, 0xcf62_8d80, 0x4d9b_c933]),
    ([2, 0, 0, 1], [0x8bba_1387, 0x7c65_a6b2, 0xd12e_9ccb, 0x989c_f22b]),
    ([1, 80543, 7199, 1], [0x7dc9_dc74, 0xa39d_b8a8, 0x0762_66f0, 0x25ea_f148]),
    ([3_735_928_559, 123_456, 3600, 5], [0x1f61_1208, 0x8873_23c7, 0xa376_cfd3, 0xc4bb_321c]),
    ([u32::MAX; 4], [0x974e_4fdc, 0xc015_1c72, 0x9f95_c8f5, 0xa1bb_03b3]),
];

/// Words of a row for the kernel below: number of the law, then its arguments.
const ROW: usize = 12;

fn bits(x: i32) -> u32 {
    forecity::random::prelude::u32(x)
}

fn row(law: u32, arguments: &[u32]) -> [u32; ROW] {
    let mut row = [0; ROW];
    row[0] = law;
    row[1..=arguments.len()].copy_from_slice(arguments);
    row
}

fn of_driver((a10, b10, c10, t8, s0, r12): Driver, v: i32, vl: i32, gap: i32, v0: i32) -> [u32; ROW] {
    let mut all = row(0, &[v, vl, gap, v0, a10, b10, c10, t8, s0].map(bits));
    all[10] = r12;
    all
}

/// All published vectors as rows with what they must give.
fn vectors() -> Vec<([u32; ROW], [u32; 4])> {
    let mut all = Vec::new();
    let one = |x: u32| [x, 0, 0, 0];
    all.extend(FOLLOWING.iter().map(|&(set, v, vl, gap, v0, a)| (of_driver(set, v, vl, gap, v0), one(bits(a)))));
    all.extend(MOTION.iter().map(|&(v, a, k, dx, vn)| (row(1, &[bits(v), bits(a), k]), [bits(dx), bits(vn), 0, 0])));
    all.extend(KRAUSS.iter().map(|&(vl, gap, b8, tau8, v)| (row(2, &[bits(vl), bits(gap), b8, tau8]), one(bits(v)))));
    all.extend(NOISE.iter().map(|&(a, v, word, out)| (row(3, &[bits(a), bits(v), word]), one(bits(out)))));
    all.extend(ROOTS.iter().map(|&(x, root)| (row(4, &[x]), one(root))));
    all.extend(PCG.iter().map(|&(x, out)| (row(5, &[x]), one(out))));
    all.extend(PCG4D.iter().map(|(arguments, out)| (row(6, arguments), *out)));
    all.push((row(7, &[0xdead_beef, 0xcafe_babe]), one(0xb092_ab7b)));
    all.push((row(7, &[u32::MAX, u32::MAX]), one(0xffff_fffe)));
    all
}

/// What the CPU says to a row.
fn on_cpu(row: &[u32; ROW]) -> [u32; 4] {
    let i = |at: usize| forecity::random::prelude::i32(row[at]);
    let one = |x: i32| [bits(x), 0, 0, 0];
    match row[0] {
        0 => one(idm(i(1), i(2), i(3), i(4), i(5), i(6), i(7), i(8), i(9), row[10])),
        1 => {
            let step = advance(i(1), i(2), row[3]);
            [bits(step.x), bits(step.y), 0, 0]
        }
        2 => one(krauss(i(1), i(2), row[3], row[4])),
        3 => one(noisy(i(1), i(2), row[3], 128, 2048, 1433, 9216)),
        4 => [isqrt(row[1]), 0, 0, 0],
        5 => [pcg(row[1]), 0, 0, 0],
        6 => {
            let word = pcg4d(row[1], row[2], row[3], row[4]);
            [word.x, word.y, word.z, word.w]
        }
        7 => [mulhi(row[1], row[2]), 0, 0, 0],
        8 => [laws::arrival_slot(i(1), i(2), i(3), i(4)), 0, 0, 0],
        9 => one(laws::slow_down(i(1), i(2), i(3), i(4))),
        10 => [laws::mask_low(row[1], row[2]), laws::mask_high(row[1], row[2]), 0, 0],
        _ => one(laws::look_ahead(i(1), i(2), i(3), i(4))),
    }
}

#[test]
fn published_vectors_hold_on_the_cpu() {
    for (row, expected) in vectors() {
        assert_eq!(on_cpu(&row), expected, "{row:?}");
    }
}

/// A circle of drivers of set P; `engine.md` 17 says how it is made. Digest and the first and last vehicle.
fn ring(n: u32, steps: u32, k: u32) -> ([u32; 4], [i32; 4]) {
    let whole = i32::try_from(n * 25600).expect("a ring that fits");
    let signed = |x: u32| i32::try_from(x).expect("a small number");
    let mut x: Vec<i32> = (0..n).map(|i| signed(25600 * i + (pcg(i) & 8191))).collect();
    let mut v: Vec<i32> = (0..n).map(|i| signed(pcg(i ^ 0x55) % 655_360)).collect();
    let count = n as usize;
    for tick in 0..steps {
        let (old_x, old_v) = (x.clone(), v.clone());
        for i in 0..count {
            let lead = (i + 1) % count;
            let way = old_x[lead] - old_x[i];
            let gap = if way <= 0 { way + whole } else { way } - 5120;
            let (a10, b10, c10, t8, s0, r12) = P;
            let a = idm(old_v[i], old_v[lead], gap, 14233, a10, b10, c10, t8, s0, r12);
            let a = noisy(a, old_v[i], pcg4d(1, i as u32, tick, 1).w, 128, 2048, a10, b10);
            let step = advance(old_v[i], a, k);
            x[i] = old_x[i] + step.x;
            if x[i] >= whole {
                x[i] -= whole;
            }
            v[i] = step.y;
        }
    }
    let mut digest = [0_u32; 4];
    for i in 0..count {
        for word in [pcg4d(bits(x[i]), i as u32, 0, 0), pcg4d(bits(v[i]), i as u32, 1, 0)] {
            digest = [
                digest[0].wrapping_add(word.x),
                digest[1].wrapping_add(word.y),
                digest[2].wrapping_add(word.z),
                digest[3].wrapping_add(word.w),
            ];
        }
    }
    (digest, [x[0], v[0], x[count - 1], v[count - 1]])
}

#[test]
fn rings_give_the_published_digests() {
    let small = ring(64, 100, 1);
    assert_eq!(small, ([0x1c21_0af0, 0xf97a_5647, 0xecc5_8b6e, 0x5460_17b5], [531_669, 726_541, 506_320, 727_255]));
    let large = ring(4096, 2000, 1);
    assert_eq!(large, ([0x8131_6497, 0x9372_9ba1, 0xafd3_331a, 0x6c5a_e0ce], [11_354_894, 729_517, 11_329_224, 728_797]));
    let slow = ring(4096, 2000, 0);
    assert_eq!(slow, ([0x5a29_fcd6, 0xf2af_129e, 0x31ea_f133, 0x607f_093e], [22_750_090, 732_365, 22_724_595, 723_997]));
}

#[cfg(feature = "gpu")]
mod device {
    use super::*;
    use forecity::backend::testing::{evaluate, gpu};

    /// One invocation a row: 12 words in, 4 words out.
    const KERNEL: &str = "
        @group(0) @binding(0) var<storage, read> rows: array<array<u32, 12>>;
        @group(0) @binding(1) var<storage, read_write> found: array<vec4u>;

        @compute @workgroup_size(64)
        fn main(@builtin(global_invocation_id) id: vec3u) {
            if id.x >= arrayLength(&rows) { return; }
            let r = rows[id.x];
            var out = vec4u();
            switch r[0] {
                case 0u: {
                    let a = idm(i32(r[1]), i32(r[2]), i32(r[3]), i32(r[4]), i32(r[5]), i32(r[6]), i32(r[7]), i32(r[8]), i32(r[9]), r[10]);
                    out.x = u32(a);
                }
                case 1u: {
                    let step = advance(i32(r[1]), i32(r[2]), r[3]);
                    out.x = u32(step.x);
                    out.y = u32(step.y);
                }
                case 2u: { out.x = u32(krauss(i32(r[1]), i32(r[2]), r[3], r[4])); }
                case 3u: { out.x = u32(noisy(i32(r[1]), i32(r[2]), r[3], 128, 2048, 1433, 9216)); }
                case 4u: { out.x = isqrt(r[1]); }
                case 5u: { out.x = pcg(r[1]); }
                case 6u: { out = pcg4d(r[1], r[2], r[3], r[4]); }
                case 7u: { out.x = mulhi(r[1], r[2]); }
                case 8u: { out.x = arrival_slot(i32(r[1]), i32(r[2]), i32(r[3]), i32(r[4])); }
                case 9u: { out.x = u32(slow_down(i32(r[1]), i32(r[2]), i32(r[3]), i32(r[4]))); }
                case 10u: { out = vec4u(mask_low(r[1], r[2]), mask_high(r[1], r[2]), 0u, 0u); }
                default: { out.x = u32(look_ahead(i32(r[1]), i32(r[2]), i32(r[3]), i32(r[4]))); }
            }
            found[id.x] = out;
        }";

    fn on_gpu(rows: &[[u32; ROW]]) -> Option<Vec<[u32; 4]>> {
        let opened = gpu()?;
        let words = u32::try_from(rows.len() * 4).expect("few rows");
        let found = evaluate(opened, &[laws::WGSL, KERNEL].join("\n"), rows.as_flattened(), words);
        Some(found.chunks_exact(4).map(|row| row.try_into().expect("four words")).collect())
    }

    #[test]
    fn published_vectors_hold_on_the_gpu() {
        let (rows, expected): (Vec<_>, Vec<_>) = vectors().into_iter().unzip();
        let Some(found) = on_gpu(&rows) else { return };
        for ((row, expected), found) in rows.iter().zip(&expected).zip(&found) {
            assert_eq!(found, expected, "{row:?}");
        }
    }

    /// Rows over the whole range that `city::check` admits, many of them at its ends.
    fn random_row(n: u32) -> [u32; ROW] {
        let draw = |which: u32, low: u32, high: u32| {
            let word = pcg4d(9, n, which, 98).w;
            match word & 15 {
                0 => low,
                1 => high,
                _ => low + mulhi(word, high - low + 1),
            }
        };
        const FAST: u32 = 64 << 16;
        match n % 12 {
            0 => {
                let [v, vl, v0] = [draw(1, 0, FAST), draw(2, 0, FAST), draw(4, 1, 65536)];
                let gap = bits(forecity::random::prelude::i32(draw(3, 0, 2_000_000)) - 20_000);
                let driver = [draw(5, 256, 4096), draw(6, 256, 12288), draw(7, 0, 1024), draw(8, 1, 1023), draw(9, 512, 8192)];
                row(0, &[v, vl, gap, v0, driver[0], driver[1], driver[2], driver[3], driver[4], draw(10, 4097, 12288)])
            }
            1 => row(1, &[draw(1, 0, FAST), bits(forecity::random::prelude::i32(draw(2, 0, 16384)) - 12288), draw(3, 0, 3)]),
            2 => row(2, &[draw(1, 0, FAST), draw(2, 0, 1_047_552), draw(3, 64, 2304), draw(4, 32, 512)]),
            3 => row(3, &[bits(forecity::random::prelude::i32(draw(1, 0, 10_000)) - 9000), draw(2, 0, FAST), pcg(n)]),
            4 => row(4, &[pcg(n)]),
            5 => row(5, &[n]),
            6 => row(6, &[pcg(n), n, pcg(n ^ 1), 3]),
            7 => row(7, &[pcg(n), pcg(n ^ 2)]),
            8 => row(8, &[draw(1, 0, 307_200), draw(2, 0, FAST), draw(3, 256, 4096), draw(4, 1, 65536)]),
            9 => row(9, &[draw(1, 0, FAST), draw(2, 0, FAST), draw(3, 0, 1_047_552), draw(4, 256, 9216)]),
            10 => {
                let low = draw(1, 0, 63);
                row(10, &[low, draw(2, low, 63)])
            }
            _ => row(11, &[draw(1, 0, FAST), draw(2, 256, 9216), draw(3, 1, 1023), draw(4, 512, 8192)]),
        }
    }

    #[test]
    fn random_rows_are_equal_on_both() {
        let rows: Vec<[u32; ROW]> = (0..120_000).map(random_row).collect();
        let Some(found) = on_gpu(&rows) else { return };
        for (row, found) in rows.iter().zip(&found) {
            assert_eq!(*found, on_cpu(row), "{row:?}");
        }
    }
}
