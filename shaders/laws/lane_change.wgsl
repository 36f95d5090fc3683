// Lane changing. MOBIL: Kesting, Treiber, Helbing 2007, doi:10.3141/1999-10.

/// Deceleration that a change may impose [m/s2, Q10]: 2, then 3, then 4.5 as the distance left for each change falls below 120 m and 40 m.
fn safe_braking(left10: i32) -> i32 {
    return select(select(2048, 3072, left10 < 122880), 4608, left10 < 40960);
}

/// Incentive [Q10 m/s2]: own gain plus politeness p8 times that of the new and the old follower.
fn incentive(mine: i32, mine_new: i32, behind: i32, behind_new: i32, old: i32, old_new: i32, p8: i32) -> i32 {
    return mine_new - mine + ((p8 * (behind_new - behind + old_new - old) + 128) >> 8);
}

/// Where a driver who has to go right waits for a gap, before the end of his lane [Q10 m]: 14..29 m by key. Who has to go left waits at the
/// end, so that two who want each other's lane do not stand side by side for ever.
fn wall_setback(key: u32) -> i32 {
    return 14336 + (i32(key & 15) << 10);
}
