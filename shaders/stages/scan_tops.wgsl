// scan_tops
