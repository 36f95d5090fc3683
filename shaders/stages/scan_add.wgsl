// scan_add
