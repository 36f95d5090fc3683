// scan_sums
